// Go takes a function without a body, such as those that addresses.go links, only beside an assembly file.

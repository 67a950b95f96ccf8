"""C structures that users see, a module a group of headers."""

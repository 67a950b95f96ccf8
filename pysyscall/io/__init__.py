"""File descriptors of any kind: input and output, waiting, control."""

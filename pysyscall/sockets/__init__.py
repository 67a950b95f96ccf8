"""Sockets: creation, addresses, options and messages."""

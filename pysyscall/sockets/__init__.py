"""Sockets: made, addressed, set up, and what goes through them."""

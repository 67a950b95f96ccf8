"""Packet sockets: their options, filters and rings."""

"""Terminals: settings and window sizes."""

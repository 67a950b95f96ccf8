"""Terminals: their settings and sizes."""

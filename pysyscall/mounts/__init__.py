"""Mounts, and what a process takes for its root."""

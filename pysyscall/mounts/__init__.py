"""Mounts, and the root directory of a process."""

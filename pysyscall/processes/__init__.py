"""Processes: namespaces and signals."""

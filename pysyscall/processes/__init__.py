"""Processes: starting, waiting and tracing; ids, limits, signals and namespaces."""

"""Clocks, times and sleeping."""

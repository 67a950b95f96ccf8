"""Benchmarks: the same work by pysyscall, by CPython's own modules, by Go and by C, side by side in one run."""

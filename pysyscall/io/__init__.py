"""Descriptors of any kind: moved through, waited for, controlled."""

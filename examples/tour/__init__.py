"""The tour: it runs all programs in a private network."""

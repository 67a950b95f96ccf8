"""The tour: every program at work in a private network."""

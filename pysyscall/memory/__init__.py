"""Memory: mapping, advice, protection and locking."""

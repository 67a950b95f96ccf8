"""The system: error numbers and texts."""

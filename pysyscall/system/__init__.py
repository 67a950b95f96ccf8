"""The system: machine names and load, error numbers, texts, administration."""

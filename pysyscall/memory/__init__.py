"""Memory: mapped, advised, protected and locked."""

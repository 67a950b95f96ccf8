"""What all subjects stand on; nothing here is public."""

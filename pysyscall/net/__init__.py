"""What Go's programs take from package net."""

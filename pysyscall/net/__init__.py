"""What Go programs use of package net: addresses, name resolution, interfaces."""

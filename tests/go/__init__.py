"""Go as the authority: its own syscall package lists its names and answers for its behaviour; our twins talk to it."""

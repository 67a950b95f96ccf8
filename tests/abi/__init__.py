"""The C headers as the authority: what generates the constants, and what holds every declaration against a C compiler."""

"""The C headers as the authority: they give the constants, and a C compiler holds each declaration against them."""

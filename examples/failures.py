"""How the article's programs say that a system call failed."""


def failure(error: OSError) -> str:
    """ "bind failed: Address already in use", from "bind: Address already in use"."""
    call, _, reason = str(error.strerror).partition(": ")
    return f"{call} failed: {reason}"

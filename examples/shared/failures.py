"""How the article's programs say that a system call failed."""

from pysyscall import AddrinfoError, Errno  # at once: there may be no descriptor left to load them with


def failure(error: OSError) -> str:
    """ "bind failed: address already in use": the call, and the reason in Go's spelling."""
    call, _, reason = str(error.strerror).partition(": ")
    # What getaddrinfo says has numbers of its own.
    known = error.errno and not isinstance(error, AddrinfoError)
    return f"{call} failed: {Errno(error.errno).error() if known and error.errno else reason}"

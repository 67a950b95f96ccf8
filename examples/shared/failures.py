"""Error messages of the article's programs."""

from pysyscall import AddrinfoError, Errno  # imported here: later there may be no descriptor left to load them


def failure(error: OSError) -> str:
    """Return the message for a failed call, in Go's spelling: "bind failed: address already in use"."""
    call, _, reason = str(error.strerror).partition(": ")
    # getaddrinfo has error numbers of its own.
    known = error.errno and not isinstance(error, AddrinfoError)
    return f"{call} failed: {Errno(error.errno).error() if known and error.errno else reason}"

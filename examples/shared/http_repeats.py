"""Requests that have come before, as most do, answered by their very bytes.

Nothing is taken for a request here but what Connection has read as one, and answered, in the same second. What it would
do is done in one function for all that are ready, because most of the time goes into calling; and they are all read
before the first is answered, because a call after one of its own kind is faster than after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

import pysyscall as syscall

from .http_connection import ROOM, Connection
from .http_pages import Pages

# What is left to do for a connection; as Connection.proceed.
Step: TypeAlias = Callable[[float], int]


def answer_repeats(
    ready: Iterable[int], connections: Mapping[int, Connection], pages: Pages, idle_until: float
) -> Iterator[tuple[int, Step | None]]:
    """Answer what is known of what has come; yield what else is to be done, and the descriptors of no connection."""
    read, write, find, known = syscall.read, syscall.write, connections.get, pages.known.get
    repeated = []
    for fd in ready:
        connection = find(fd)
        if connection is None:
            yield fd, None
        elif connection.idle:
            try:
                received: bytes = ROOM[: read(fd, ROOM)]  # type: ignore[assignment]  # whatever typeshed says
            except OSError as error:
                yield fd, partial(connection.fail, error)
                continue
            if answer := known(received):
                repeated.append((fd, connection, answer))
            else:
                yield fd, partial(connection.take, received)
        else:
            yield fd, connection.proceed
    for fd, connection, (sent, logged, closing) in repeated:
        if logged:
            pages.log.write(logged)
        try:
            n = write(fd, sent)
        except OSError:
            n = 0  # what it is will be seen
        if n == len(sent) and connection.interest and not closing:
            connection.deadline = idle_until
        else:
            yield fd, partial(connection.send, sent[n:], closing)

"""Requests that have come before, as most do, answered by their very bytes.

Nothing is taken for a request here but what Connection has read as one, and answered, in the same second. What it would
do is done in one function for all that are ready, because most of the time goes into calling.
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
    for fd in ready:
        connection = find(fd)
        if connection is None:
            yield fd, None
            continue
        if not connection.idle:
            yield fd, connection.proceed
            continue
        try:
            received: bytes = ROOM[: read(fd, ROOM)]  # type: ignore[assignment]  # whatever typeshed says
        except OSError as error:
            yield fd, partial(connection.fail, error)
            continue
        answer = known(received)
        if answer is None:
            yield fd, partial(connection.take, received)
            continue
        sent, logged, closing = answer
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

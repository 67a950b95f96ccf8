"""Fast answers to repeated requests, which are looked up by their exact bytes.

Only requests that a Connection has parsed and answered in the same second are in the table. One function serves all
ready connections, because most of the time goes into function calls. It reads from all of them before it writes the
first answer, because a system call is faster after one of its own kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

import pysyscall as syscall

from .http_connection import ROOM, Connection
from .http_pages import Pages

# How a connection proceeds: as Connection.proceed.
Step: TypeAlias = Callable[[float], int]


def answer_repeats(
    ready: Iterable[int], connections: Mapping[int, Connection], pages: Pages, idle_until: float
) -> Iterator[tuple[int, Step | None]]:
    """Answer repeated requests. Yield each other connection with its next step, and other descriptors with None."""
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
            n = 0  # Connection.send gets the error again
        if n == len(sent) and connection.interest and not closing:
            connection.deadline = idle_until
        else:
            yield fd, partial(connection.send, sent[n:], closing)

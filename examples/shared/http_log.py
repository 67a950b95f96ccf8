"""The log of http_server, in the format of Go's log.Print."""

from __future__ import annotations

import time
from contextlib import suppress

from .printable import printable
from .program import write_some


class Log:
    """Prints lines to descriptor 2, each with date and time; prints nothing if it is quiet."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._second = 0
        self._date = ""

    def __call__(self, *values: object) -> None:
        if not self._quiet:
            self.write(self.lines("".join(map(str, values))))

    def lines(self, *texts: str) -> bytes:
        """Return the lines with the current date and time."""
        if self._quiet:
            return b""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, time.strftime("%Y/%m/%d %H:%M:%S ", time.localtime(second))
        return "".join([f"{self._date}{printable(text)}\n" for text in texts]).encode()

    def write(self, lines: bytes) -> None:
        with suppress(OSError):  # the server continues if its log cannot be written
            while lines:
                lines = lines[write_some(2, lines) :]

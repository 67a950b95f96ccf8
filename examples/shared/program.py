"""How every program here runs: its three standard descriptors, its output, and its end."""

import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import pysyscall as syscall

from .failures import failure
from .printable import printable
from .stopping import Terminated, ignore_stop_signals, stop_once
from .waiting import wait_until_writable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

    from pysyscall.base.buffers import ReadableBuffer


def run(main: Callable[[], int], *, needs_output: bool = True) -> NoReturn:
    """Run a program; main's result is its exit status.

    Where standard output cannot be written to, the program ends with status 1 and says why, but is silent where only
    its reader has gone; a server, with needs_output=False, goes on. Ctrl-C ends it with status 130, and SIGTERM with
    143, if main has no better end for KeyboardInterrupt.
    """
    hold_standard_descriptors()
    os.environ["PYTHON_COLORS"] = "0"  # no control characters of Python's own, which would be escaped
    sys.stdout, sys.stderr = _text_stream(1, needs_output), _text_stream(2, False)
    stop_once()
    status: int | str
    try:
        try:
            status = main()
        finally:
            sys.stdout.flush()
    except Terminated:
        status = 128 + signal.SIGTERM
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except OutputFailed as lost:
        status = 1 if lost.error.errno == syscall.EPIPE else failure(lost.error)
    finally:
        with suppress(KeyboardInterrupt):  # which has come too late, and keeps the next from coming
            ignore_stop_signals()
    sys.exit(status)


def hold_standard_descriptors() -> None:
    """Open what was closed of descriptors 0 to 2: no socket may have a number that output is written to.

    Descriptors 0 and 1 the wrong way round, so that who needs them still fails.
    """
    for fd, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, flags)  # the lowest number that is free
            os.set_inheritable(fd, True)


def print_bytes(words: str, data: bytes) -> None:
    """Print a line of words, and bytes that came from the network: as they are, but harmless on a terminal."""
    if sys.stdout.isatty():
        print(words + printable(data.decode(errors="surrogateescape")), flush=True)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(words.encode() + data + b"\n")
        sys.stdout.buffer.flush()


def write_some(fd: int, data: "ReadableBuffer") -> int:
    """write(2): how much of the data could be written, of a non-blocking descriptor too once it has room."""
    while True:
        try:
            return syscall.write(fd, data)
        except BlockingIOError:
            wait_until_writable(fd)


class OutputFailed(Exception):
    """Standard output cannot be written to. No OSError, so that nobody takes it for the failure of another call."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _Descriptor(io.RawIOBase):
    """A standard descriptor to write to. One that a program needs raises OutputFailed, once."""

    def __init__(self, fd: int, needed: bool) -> None:
        self._fd = fd
        self._needed = needed
        self._lost = False

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def writable(self) -> bool:
        return True

    def write(self, data: "Buffer", /) -> int:
        view = memoryview(data)
        if not self._lost:
            try:
                return write_some(self._fd, view)
            except OSError as error:
                if self._needed:
                    self._lost = True  # Python tries to write the rest once more at its end
                    raise OutputFailed(error) from error
        return view.nbytes


class _Text(io.TextIOWrapper):
    """Lines of text without control characters, whoever's names and words are in them."""

    def write(self, text: str, /) -> int:
        if not text.rstrip("\n").isprintable():
            text = "\n".join(map(printable, text.split("\n")))
        return super().write(text)


def _text_stream(fd: int, needed: bool) -> _Text:
    encoding = getattr((sys.__stdout__, sys.__stderr__)[fd - 1], "encoding", "utf-8")
    raw = _Descriptor(fd, needed)
    at_once = fd == 2 or raw.isatty()
    return _Text(io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=at_once)

"""What all programs need: standard descriptors, output that can fail, and exit statuses."""

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
    """Run a program; main returns its exit status.

    If writing to standard output fails, the program prints the reason and exits with status 1; on a broken pipe it
    prints nothing. With needs_output=False, for servers, it continues. The exit status is 130 after Ctrl-C and 143
    after SIGTERM, unless main handles KeyboardInterrupt.
    """
    hold_standard_descriptors()
    os.environ["PYTHON_COLORS"] = "0"  # Python's colors would be shown as escaped control characters
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
        with suppress(KeyboardInterrupt):  # one that comes while this runs
            ignore_stop_signals()
    sys.exit(status)


def hold_standard_descriptors() -> None:
    """Open those of the descriptors 0 to 2 that are closed, so that no socket gets one of these numbers.

    0 is opened for writing only and 1 for reading only, so that a program that uses them still gets an error.
    """
    for fd, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, flags)  # returns the lowest free number, which is fd
            os.set_inheritable(fd, True)


def print_bytes(words: str, data: bytes) -> None:
    """Print a line: words, then bytes from the network. On a terminal their control characters are escaped."""
    if sys.stdout.isatty():
        print(words + printable(data.decode(errors="surrogateescape")), flush=True)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(words.encode() + data + b"\n")
        sys.stdout.buffer.flush()


def write_some(fd: int, data: "ReadableBuffer") -> int:
    """write(2), also of a non-blocking descriptor: wait until it is writable. Return the number of bytes written."""
    while True:
        try:
            return syscall.write(fd, data)
        except BlockingIOError:
            wait_until_writable(fd)


class OutputFailed(Exception):
    """Writing to standard output failed. Not an OSError, so that no handler takes it for another call's error."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _Descriptor(io.RawIOBase):
    """Standard output or error. If the program needs it, a failed write raises OutputFailed, once.

    A signal handler may raise between write(2) and the return of its result. The buffer then still holds the data, and
    passes it again, at the latest at exit: it must not be written twice.
    """

    def __init__(self, fd: int, needed: bool) -> None:
        self._data = b""  # what is being written
        self._written: list[int] = []  # how much of it was, until that is returned
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
        if not self._written or self._data != data:
            self._data = bytes(data)
            self._written.clear()
            self._write()
        n = self._written[0]
        del self._written[:]
        return n

    def _write(self) -> None:
        while not self._lost:
            try:
                self._written.extend(map(os.write, (self._fd,), (self._data,)))  # in one step: no handler runs inside
                return
            except BlockingIOError:
                wait_until_writable(self._fd)
            except OSError as error:
                if not self._needed:
                    break
                self._lost = True  # Python tries to write the rest again at exit
                raise OutputFailed(OSError(error.errno, f"write: {error.strerror}")) from error
        self._written.append(len(self._data))


class _Text(io.TextIOWrapper):
    """A text stream that escapes control characters, as texts from the network or file names may hold some."""

    def write(self, text: str, /) -> int:
        if not text.rstrip("\n").isprintable():
            text = "\n".join(map(printable, text.split("\n")))
        return super().write(text)


def _text_stream(fd: int, needed: bool) -> _Text:
    encoding = getattr((sys.__stdout__, sys.__stderr__)[fd - 1], "encoding", "utf-8")
    raw = _Descriptor(fd, needed)
    at_once = fd == 2 or raw.isatty()
    return _Text(io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=at_once)

"""A terminal's settings and size."""

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Iterator

import pytest

import pysyscall as syscall

from ..texts import failed


@pytest.fixture
def terminal() -> Iterator[int]:
    controller, terminal = pty.openpty()
    yield terminal
    os.close(controller)
    os.close(terminal)


def test_the_settings_are_pythons(terminal: int) -> None:
    ours, theirs = syscall.ioctl_get_termios(terminal, syscall.TCGETS), termios.tcgetattr(terminal)
    assert [ours.iflag, ours.oflag, ours.lflag] == [*theirs[:2], theirs[3]]
    # From glibc 2.42 on, its speeds are numbers of their own, and it adds that of the input to the flags; on ppc64le
    # its TCGETS is a number of its own too, for which its ioctl calls tcgetattr.
    kernels = struct.unpack_from("4I", fcntl.ioctl(terminal, syscall.TCGETS, bytes(64)))
    assert (ours.iflag, ours.oflag, ours.cflag, ours.lflag) == kernels
    if hasattr(syscall.Termios, "ispeed"):  # mips has no speeds beside the flags
        assert ours.ispeed == ours.ospeed == syscall.B38400
    assert ours.cflag & syscall.CBAUD == syscall.B38400
    for name in ("VINTR", "VEOF", "VSUSP", "VSTART", "VERASE"):
        assert ours.cc[getattr(syscall, name)] == theirs[6][getattr(termios, name)][0]


@pytest.mark.parametrize("request_", [syscall.TCSETS, syscall.TCSETSW, syscall.TCSETSF])
def test_what_is_set_is_there(terminal: int, request_: int) -> None:
    made = syscall.ioctl_get_termios(terminal, syscall.TCGETS)
    made.lflag &= ~(syscall.ICANON | syscall.ECHO)
    made.cc = made.cc[: syscall.VMIN] + b"\7" + made.cc[syscall.VMIN + 1 :]
    syscall.ioctl_set_termios(terminal, request_, made)
    assert syscall.ioctl_get_termios(terminal, syscall.TCGETS) == made
    theirs = termios.tcgetattr(terminal)
    assert not theirs[3] & (termios.ICANON | termios.ECHO)
    assert theirs[6][termios.VMIN] in (7, b"\7")


def test_the_size(terminal: int) -> None:
    syscall.ioctl_set_winsize(terminal, syscall.TIOCSWINSZ, syscall.Winsize(25, 80, 640, 400))
    assert syscall.ioctl_get_winsize(terminal, syscall.TIOCGWINSZ) == syscall.Winsize(25, 80, 640, 400)
    assert os.get_terminal_size(terminal) == (80, 25)


def test_what_is_no_terminal(pipe: tuple[int, int]) -> None:
    for call in (
        lambda: syscall.ioctl_get_termios(pipe[0], syscall.TCGETS),
        lambda: syscall.ioctl_set_termios(pipe[0], syscall.TCSETS, syscall.Termios()),
        lambda: syscall.ioctl_get_winsize(pipe[0], syscall.TIOCGWINSZ),
        lambda: syscall.ioctl_set_winsize(pipe[0], syscall.TIOCSWINSZ, syscall.Winsize()),
    ):
        with pytest.raises(OSError, match=failed("ioctl", syscall.ENOTTY)):
            call()


def test_wrong_types(terminal: int) -> None:
    with pytest.raises(TypeError, match="value must be a Termios, not Winsize"):
        syscall.ioctl_set_termios(terminal, syscall.TCSETS, syscall.Winsize())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="value must be a Winsize, not tuple"):
        syscall.ioctl_set_winsize(terminal, syscall.TIOCSWINSZ, (1, 2))  # type: ignore[arg-type]

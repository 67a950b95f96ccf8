"""inotify: told of what happens to files and in directories. inotify(7)."""

from os import fsdecode
from struct import Struct as Codec

from ..base.arguments import StrOrBytesPath, c_path, descriptor, flag_bits, i32, u32
from ..base.buffers import ReadableBuffer
from ..base.errors import check, kept, retry, system_error
from ..constants import EINVAL, IN_Q_OVERFLOW
from . import libc

_head = Codec("=iIII")


class NamedInotifyEvent:
    """What happened: watch descriptor, mask, cookie, and the name of what it happened to in a watched directory.

    mask holds IN_CREATE and so on, with IN_ISDIR for a directory. name is "" where the watched file itself is meant.
    The two halves of a rename have one cookie. `overflow`: events were lost, and wd is -1.
    """

    __slots__ = ("cookie", "mask", "name", "wd")
    __match_args__ = ("wd", "mask", "cookie", "name")

    def __init__(self, wd: int, mask: int, cookie: int, name: str) -> None:
        self.wd = wd
        self.mask = mask
        self.cookie = cookie
        self.name = name

    @property
    def overflow(self) -> bool:
        """Whether the queue was full, and events were lost: look at everything anew."""
        return bool(self.mask & IN_Q_OVERFLOW)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedInotifyEvent):
            return NotImplemented
        return (self.wd, self.mask, self.cookie, self.name) == (other.wd, other.mask, other.cookie, other.name)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __repr__(self) -> str:
        return f"NamedInotifyEvent(wd={self.wd}, mask={self.mask:#x}, cookie={self.cookie}, name={self.name!r})"


def inotify_init() -> int:
    """inotify_init(2): make an inotify instance, inherited by the programs that this process starts. Go InotifyInit."""
    return check("inotify_init", kept.value, libc.inotify_init1(0))


def inotify_init1(flags: int) -> int:
    """inotify_init1(2): as inotify_init, with IN_CLOEXEC and IN_NONBLOCK. Go InotifyInit1.

    EMFILE: this user has max_user_instances of them.
    """
    return check("inotify_init1", kept.value, libc.inotify_init1(i32("flags", flags)))


def inotify_add_watch(fd: int, pathname: "StrOrBytesPath", mask: int) -> int:
    """inotify_add_watch(2): watch a file or directory for the events in mask; the watch descriptor. Go InotifyAddWatch.

    A file that is watched already keeps its descriptor, and gets the new mask. ENOSPC: this user has max_user_watches
    of them.
    """
    fd, path, mask = descriptor("fd", fd), c_path("pathname", pathname), u32("mask", mask)
    before = kept.value
    while (wd := libc.inotify_add_watch(fd, path, mask)) == -1:
        retry("inotify_add_watch", before)
    return wd


def inotify_rm_watch(fd: int, watchdesc: int) -> int:
    """inotify_rm_watch(2): end a watch; 0. An IN_IGNORED event follows. EINVAL: no such watch. Go InotifyRmWatch."""
    return check(
        "inotify_rm_watch", kept.value, libc.inotify_rm_watch(descriptor("fd", fd), flag_bits("watchdesc", watchdesc))
    )


def parse_inotify_events(buf: "ReadableBuffer") -> "list[NamedInotifyEvent]":
    """The events that read filled a buffer with, `buf[:n]`. Names are shown by os.fsdecode. OSError(EINVAL): one is
    cut.
    """
    raw = memoryview(buf).tobytes()
    events, start = [], 0
    while start < len(raw):
        if len(raw) - start < _head.size:
            raise system_error("parse_inotify_events", EINVAL)
        wd, mask, cookie, length = _head.unpack_from(raw, start)
        start += _head.size
        if length > len(raw) - start:
            raise system_error("parse_inotify_events", EINVAL)
        events.append(NamedInotifyEvent(wd, mask, cookie, fsdecode(raw[start : start + length].split(b"\0", 1)[0])))
        start += length
    return events

"""inotify: events on files and in directories. inotify(7)."""

from os import fsdecode
from struct import Struct as Codec

from ..base.arguments import StrOrBytesPath, c_path, descriptor, flag_bits, i32, u32
from ..base.buffers import ReadableBuffer
from ..base.errors import check, kept, retry, system_error
from ..constants import EINVAL, IN_Q_OVERFLOW
from . import libc

_head = Codec("=iIII")


class NamedInotifyEvent:
    """An inotify event: watch descriptor, mask, cookie, and the name of the file in the watched directory.

    mask holds IN_CREATE and so on, with IN_ISDIR for a directory. name is "" for an event on the watched file itself.
    The two events of a rename have the same cookie. In an overflow event wd is -1.
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
        """Whether the event queue was full and events were lost: rescan what is watched."""
        return bool(self.mask & IN_Q_OVERFLOW)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedInotifyEvent):
            return NotImplemented
        return (self.wd, self.mask, self.cookie, self.name) == (other.wd, other.mask, other.cookie, other.name)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __repr__(self) -> str:
        return f"NamedInotifyEvent(wd={self.wd}, mask={self.mask:#x}, cookie={self.cookie}, name={self.name!r})"


def inotify_init() -> int:
    """inotify_init(2): create an inotify instance and return its file descriptor. Go InotifyInit.

    The descriptor is not close-on-exec: inotify_init1 takes flags.
    """
    return check("inotify_init", kept.value, libc.inotify_init1(0))


def inotify_init1(flags: int) -> int:
    """inotify_init1(2): as inotify_init, with the flags IN_CLOEXEC and IN_NONBLOCK. Go InotifyInit1.

    EMFILE: the user's limit max_user_instances, or the process's limit of descriptors.
    """
    return check("inotify_init1", kept.value, libc.inotify_init1(i32("flags", flags)))


def inotify_add_watch(fd: int, pathname: "StrOrBytesPath", mask: int) -> int:
    """inotify_add_watch(2): watch a file or directory for the events in mask. Go InotifyAddWatch.

    Returns the watch descriptor. A file that is already watched keeps its watch descriptor and gets the new mask.
    ENOSPC: the user's limit max_user_watches.
    """
    fd, path, mask = descriptor("fd", fd), c_path("pathname", pathname), u32("mask", mask)
    before = kept.value
    while (wd := libc.inotify_add_watch(fd, path, mask)) == -1:
        retry("inotify_add_watch", before)
    return wd


def inotify_rm_watch(fd: int, watchdesc: int) -> int:
    """inotify_rm_watch(2): remove a watch and return 0. An IN_IGNORED event follows. Go InotifyRmWatch.

    EINVAL: no such watch.
    """
    return check(
        "inotify_rm_watch", kept.value, libc.inotify_rm_watch(descriptor("fd", fd), flag_bits("watchdesc", watchdesc))
    )


def parse_inotify_events(buf: "ReadableBuffer") -> "list[NamedInotifyEvent]":
    """Parse the inotify(7) events that read stored in a buffer, `buf[:n]`.

    Names are decoded by os.fsdecode. OSError(EINVAL): an event is truncated.
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

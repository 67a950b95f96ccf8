"""<fcntl.h>, <dirent.h>, <sys/inotify.h>, <sys/stat.h>, <sys/vfs.h>: what the kernel tells of files."""

from ..base.layout import I16, I32, I64, U8, U16, U32, U64, Char0, Char6, Char256, I32x2, Struct, ULong


class Dirent(Struct):
    """struct dirent64: a record that getdents fills in, `reclen` bytes long. Go Dirent.

    `type` is DT_REG, DT_DIR and so on, or DT_UNKNOWN; `off` is where the next record is to be sought. parse_dirent
    takes the names.
    """

    __slots__ = ()
    ino: U64
    off: I64
    reclen: U16
    type: U8
    name: Char256


class Flock_t(Struct):
    """struct flock: a lock on a range of a file; offsets of 64 bits on every ABI. Go Flock_t.

    `type` is F_RDLCK, F_WRLCK or F_UNLCK; `len` 0 is up to the end. `pid` is who has a lock that F_GETLK found.
    """

    __slots__ = ()
    type: I16
    whence: I16
    start: I64
    len: I64
    pid: I32


class InotifyEvent(Struct):
    """struct inotify_event: opens every event, `len` bytes of its name follow. Go InotifyEvent."""

    __slots__ = ()
    wd: I32
    mask: U32
    cookie: U32
    len: U32
    name: Char0


class Fsid(Struct):
    """fsid_t: what tells file systems apart. Go Fsid."""

    __slots__ = ()
    val: I32x2


class Ustat_t(Struct):
    """struct ustat: how much of a file system is free. Go Ustat_t."""

    __slots__ = ()
    tfree: I32
    tinode: ULong
    fname: Char6
    fpack: Char6

"""<sys/inotify.h>, <linux/types.h>, <linux/fcntl.h>, <linux/stat.h>, <asm/stat.h>, <asm/statfs.h>: what the
kernel reports about files.
"""

import ctypes

from ..base.abi import ABI, ABIS_32_BIT, ABIS_MIPS
from ..base.layout import I16, I32, I64, U8, U16, U32, U64, Struct, ULong
from ..clocks.structs import Timespec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_int32, c_int64
    from typing import TypeAlias

    Char0: TypeAlias = bytes
    Char6: TypeAlias = bytes
    Char256: TypeAlias = bytes
    I32x2: TypeAlias = Array[c_int32]

    Dev: TypeAlias = int
    Nlink: TypeAlias = int
    Blksize: TypeAlias = int
    Word: TypeAlias = int
    Pad: TypeAlias = Array[c_int64]
    Rest: TypeAlias = Array[c_int64]
    Spare: TypeAlias = Array[c_int64]
    U64x12: TypeAlias = Array[c_int64]
else:
    _IS_MIPS = ABI in ABIS_MIPS
    _IS_32_BIT = ABI in ABIS_32_BIT
    Dev = U32 if _IS_MIPS else U64
    Nlink = U64 if ABI in ("x86_64", "ppc64le", "s390x") else U32
    Blksize = I64 if ABI in ("x86_64", "ppc64le", "s390x") else U32 if ABI == "mips64el" else I32
    # The padding after a device number, and at the end of struct stat.
    Pad = U32 * 3 if _IS_MIPS else U32 if _IS_32_BIT else U64
    Rest = U32 * 14 if ABI == "mipsel" else I64 * 3 if ABI in ("x86_64", "ppc64le", "s390x") else I32 * 2
    Word = U32 if ABI == "s390x" else I32 if _IS_32_BIT else I64
    Spare = Word * (5 if _IS_MIPS or ABI == "s390x" else 4)
    U64x12 = U64 * 12
    Char0 = ctypes.c_char * 0
    Char6 = ctypes.c_char * 6
    Char256 = ctypes.c_char * 256
    I32x2 = I32 * 2


class Dirent(Struct):
    """The kernel's struct linux_dirent64: a record that getdents stores, `reclen` bytes long. Go Dirent.

    `type` is DT_REG, DT_DIR and so on, or DT_UNKNOWN. `off` is the file offset of the next record, for seek.
    parse_dirent returns the names.
    """

    __slots__ = ()
    ino: U64
    off: I64
    reclen: U16
    type: U8
    name: Char256


class Flock_t(Struct):
    """the kernel's struct flock64 (l_): a lock on a range of a file, with 64-bit offsets on every ABI. Go Flock_t.

    `type` is F_RDLCK, F_WRLCK or F_UNLCK. `len` 0 is up to the end of the file. `pid` is the process that holds the
    lock that F_GETLK found.
    """

    __slots__ = ()
    type: I16
    whence: I16
    start: I64
    len: I64
    pid: I32


class InotifyEvent(Struct):
    """struct inotify_event: the header of an event, followed by `len` bytes of name. Go InotifyEvent."""

    __slots__ = ()
    wd: I32
    mask: U32
    cookie: U32
    len: U32
    name: Char0


class Fsid(Struct):
    """the kernel's __kernel_fsid_t: the id of a file system. Go Fsid."""

    __slots__ = ()
    val: I32x2


class Stat_t(Struct):
    """the kernel's struct stat (st_): the status of a file. Go Stat_t.

    `mode` holds the file type, S_IFREG and so on, and the permissions. `blocks` counts blocks of 512 bytes. os.major
    and os.minor split `dev` and `rdev`. On 32-bit ABIs seconds have 32 bits, as in Go; those of statx have 64.
    """

    __slots__ = ()
    dev: Dev
    _pad_dev: Pad
    _ino: U32
    ino: U64
    nlink: Nlink
    mode: U32
    uid: U32
    gid: U32
    _pad: U32
    rdev: Dev
    _pad_rdev: Pad
    size: I64
    blksize: Blksize
    _pad_blksize: I32
    blocks: I64
    atim: Timespec
    mtim: Timespec
    ctim: Timespec
    _unused: Rest
    _order_ = {  # noqa: RUF012
        **dict.fromkeys(
            ("x86_64", "ppc64le"),
            "dev ino nlink mode uid gid _pad rdev size blksize blocks atim mtim ctim _unused",
        ),
        "s390x": "dev ino nlink mode uid gid _pad rdev size atim mtim ctim blksize blocks _unused",
        **dict.fromkeys(
            ("aarch64", "riscv64", "loongarch64"),
            "dev ino mode nlink uid gid rdev _pad_rdev size blksize _pad_blksize blocks atim mtim ctim _unused",
        ),
        **dict.fromkeys(
            ("i386", "arm"),
            "dev _pad_dev _ino mode nlink uid gid rdev _pad_rdev size blksize blocks atim mtim ctim ino",
        ),
        "mips64el": (
            "dev _pad_dev ino mode nlink uid gid rdev _pad_rdev size atim mtim ctim blksize _pad_blksize blocks"
        ),
        "mipsel": (
            "dev _pad_dev ino mode nlink uid gid rdev _pad_rdev size atim mtim ctim blksize _pad_blksize blocks _unused"
        ),
    }


class StatxTimestamp(Struct):
    """the kernel's struct statx_timestamp (tv_): 64-bit seconds since 1970 and nanoseconds. Go
    unix.StatxTimestamp.
    """

    __slots__ = ()
    sec: I64
    nsec: U32
    _reserved: I32

    def nano(self) -> int:
        """The time in nanoseconds."""
        return self.sec * 1_000_000_000 + self.nsec


class Statx_t(Struct):
    """the kernel's struct statx (stx_): the status of a file, laid out alike on every ABI. Go unix.Statx_t.

    `mask` says which fields are filled in, STATX_BTIME and so on. `btime` is the creation time.
    """

    __slots__ = ()
    mask: U32
    blksize: U32
    attributes: U64
    nlink: U32
    uid: U32
    gid: U32
    mode: U16
    _pad: U16
    ino: U64
    size: U64
    blocks: U64
    attributes_mask: U64
    atime: StatxTimestamp
    btime: StatxTimestamp
    ctime: StatxTimestamp
    mtime: StatxTimestamp
    rdev_major: U32
    rdev_minor: U32
    dev_major: U32
    dev_minor: U32
    mnt_id: U64
    dio_mem_align: U32
    dio_offset_align: U32
    _spare: U64x12


class Statfs_t(Struct):
    """the kernel's struct statfs64 (f_): the status of a file system. Go Statfs_t.

    `type` is the file system's magic number. Blocks have `frsize` bytes; `bavail` of them are free for unprivileged
    users. `flags` are ST_RDONLY and so on.
    """

    __slots__ = ()
    type: Word
    bsize: Word
    blocks: U64
    bfree: U64
    bavail: U64
    files: U64
    ffree: U64
    fsid: Fsid
    namelen: Word
    frsize: Word
    flags: Word
    spare: Spare
    _order_ = dict.fromkeys(
        ("mips64el", "mipsel"),
        "type bsize frsize blocks bfree files ffree bavail fsid namelen flags spare",
    )


class Ustat_t(Struct):
    """struct ustat: the free space of a file system. Go Ustat_t."""

    __slots__ = ()
    tfree: I32
    tinode: ULong
    fname: Char6
    fpack: Char6

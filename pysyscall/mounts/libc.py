"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Int, Pointer, String, ULong, prototype

# sys/mount.h


@prototype
def mount(source: String, target: String, filesystemtype: String, flags: ULong, data: Pointer, /) -> Int: ...


@prototype
def umount2(target: String, flags: Int, /) -> Int: ...


# unistd.h


@prototype
def chroot(path: String, /) -> Int: ...

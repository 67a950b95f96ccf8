"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Int, Long, Pointer, Size, String, ULong, prototype

# unistd.h


# Variadic: each argument has the width of a register.
@prototype
def syscall(number: Long, a1: ULong, a2: ULong, a3: ULong, a4: ULong, a5: ULong, a6: ULong, /) -> Long: ...


@prototype
def sethostname(name: Pointer, len: Size, /) -> Int: ...


@prototype
def setdomainname(name: Pointer, len: Size, /) -> Int: ...


@prototype
def acct(filename: String, /) -> Int: ...


# sys/utsname.h, sys/sysinfo.h, sys/klog.h


@prototype
def uname(buf: Pointer, /) -> Int: ...


@prototype
def sysinfo(info: Pointer, /) -> Int: ...


@prototype
def klogctl(type: Int, bufp: Pointer, len: Int, /) -> Int: ...

"""System calls of this subject that not every libc wraps: called by number, see `base.declaration`."""

from ..base.declaration import Long, String, ULong, by_number


@by_number
def ioperm(from_: ULong, num: ULong, turn_on: Long, /) -> Long: ...


@by_number
def iopl(level: Long, /) -> Long: ...


@by_number
def reboot(magic: Long, magic2: Long, cmd: ULong, arg: String, /) -> Long: ...

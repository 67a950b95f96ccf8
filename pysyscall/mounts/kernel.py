"""The system call of this subject that libc does not wrap: called by number, see `base.declaration`."""

from ..base.declaration import Long, String, by_number


@by_number
def pivot_root(new_root: String, put_old: String, /) -> Long: ...

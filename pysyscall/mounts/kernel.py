"""The kernel's call of this subject that no libc has: by number, see `base.declaration`."""

from ..base.declaration import Long, String, by_number


@by_number
def pivot_root(new_root: String, put_old: String, /) -> Long: ...

"""How a function of C, or a system call, is declared."""

import errno
from collections.abc import Callable
from ctypes import get_errno, set_errno
from typing import Any

import pytest

from pysyscall.base.declaration import Long, by_number, by_number_unconverted


@pytest.mark.parametrize("declare", [by_number, by_number_unconverted])
def test_a_call_that_this_abi_lacks_is_enosys_and_the_kernel_is_not_asked(declare: Callable[[Any], Any]) -> None:
    """arm's kernel kills a process that asks for the number -1."""

    def nonesuch(fd: Long, /) -> Long: ...  # type: ignore[empty-body]

    function = declare(nonesuch)
    assert not hasattr(function, "func")  # it is not libc's syscall with a number
    set_errno(0)
    assert (function(1), get_errno()) == (-1, errno.ENOSYS)

"""Running a function in a forked process."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import pysyscall as syscall


def become(
    function: Callable[..., object], *args: object, when_parent_dies: signal.Signals = signal.SIGKILL
) -> NoReturn:
    """Run function(*args) in the child after a fork, and exit with its status; do not return to the parent's code.

    The process gets the signal when_parent_dies if its parent dies, also after exec.
    """
    status = 1
    try:
        syscall.raw_syscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, when_parent_dies)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        function(*args)
        status = 0
    except SystemExit as leave:
        if isinstance(leave.code, str):
            print(leave.code, file=sys.stderr)
        status = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)

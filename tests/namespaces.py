"""Tests in a private network: each in a child process that enters a fresh one, never in pytest's own process.

@in_namespace                      the whole test; its fixtures and parameters work as ever
@in_namespace(unprivileged=True)   the same as a user who is not root, so in a user namespace
run_in_namespace(function, *args)  one function of a test
"""

import os
import pickle
import select
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar, overload

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from .limits import LINKS

P = ParamSpec("P")
T = TypeVar("T")

NOBODY = 65534


def run_in_namespace(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Run function(*args, **kwargs) in a process that has a fresh network of its own, and pass or fail as it does."""
    _run(partial(function, *args, **kwargs), enter, 60)


def run_as_nobody(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """The same in this network, as a user who is not root."""
    _run(partial(function, *args, **kwargs), drop_root, 60)


def run_in_child(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """The same in this network, as this user: for what changes a process for good."""
    _run(partial(function, *args, **kwargs), lambda: None, 60)


def run_in_user_namespace(flags: int, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """The same as root of a user namespace of its own, and of the namespaces that the flags name."""
    _run(partial(function, *args, **kwargs), partial(enter_user_namespace, flags), 60)


@overload
def in_namespace(test: Callable[P, None], /) -> Callable[P, None]: ...
@overload
def in_namespace(
    *, unprivileged: bool = False, seconds: float = 60
) -> Callable[[Callable[P, None]], Callable[P, None]]: ...
def in_namespace(
    test: Callable[P, None] | None = None, /, *, unprivileged: bool = False, seconds: float = 60
) -> Callable[P, None] | Callable[[Callable[P, None]], Callable[P, None]]:
    """Run the whole test as run_in_namespace runs a function."""

    def decorate(test: Callable[P, None]) -> Callable[P, None]:
        @wraps(test)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
            _run(partial(test, *args, **kwargs), enter_unprivileged if unprivileged else enter, seconds)

        return wrapper

    return decorate if test is None else decorate(test)


def drop_root() -> None:
    """Make this process one of the user nobody, if it is root's."""
    if os.geteuid() != 0:
        return
    for name in dir(syscall):  # nobody may not read the modules where only root may
        getattr(syscall, name)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # The kernel takes /proc/self/uid_map away from a process that has changed its user, until it starts a program.
    syscall.raw_syscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 1)


def enter() -> None:
    """laboratory.enter, or a skip where the machine forbids it."""
    try:
        laboratory.enter()
    except OSError as error:
        reason = str(error.strerror)
        if not reason.startswith(("unshare: ", "/proc/self/")):
            raise
        pytest.skip(f"kernel: {reason}")


def enter_unprivileged() -> None:
    """The same as a user who is not root."""
    drop_root()
    enter()


def in_user_namespace() -> bool:
    """Whether this process's capabilities are those of a user namespace: some calls ask for the machine's."""
    return Path("/proc/self/uid_map").read_text().split() != ["0", "0", str(2**32 - 1)]


def may(capability: int) -> bool:
    """Whether this process has a capability of the machine's own, not only one in a user namespace."""
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> capability & 1) and not in_user_namespace()


def enter_user_namespace(flags: int = 0, *, as_root: bool = True) -> None:
    """Give this process a user namespace of its own, with all capabilities in it, and the namespaces of the flags.

    In it the process is root's, or keeps its user.
    """
    uid, gid = os.geteuid(), os.getegid()
    inner = (0, 0) if as_root else (uid, gid)
    try:
        syscall.unshare(syscall.CLONE_NEWUSER | flags)
    except OSError as error:
        pytest.skip(f"kernel: {error.strerror}")
    for file, line in (("setgroups", "deny"), ("uid_map", f"{inner[0]} {uid} 1"), ("gid_map", f"{inner[1]} {gid} 1")):
        Path("/proc/self", file).write_text(line)


def forbid_networks() -> None:
    """Have the kernel refuse this process any further network namespace, in a user namespace of its own."""
    enter_user_namespace()
    Path("/proc/sys/user/max_net_namespaces").write_text("0")


def _run(function: Callable[[], object], prepare: Callable[[], None], seconds: float) -> None:
    report = os.memfd_create("report")
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _child(function, prepare, report)
        ended = _wait(pid, seconds)
        with os.fdopen(os.dup(report), "rb") as f:
            f.seek(0)
            outcome, text = pickle.load(f) if ended and os.fstat(report).st_size else ("failed", "")
    finally:
        os.close(report)
    __tracebackhide__ = True
    if outcome == "skipped":
        pytest.skip(text)
    if outcome == "failed":
        died = "died without a word" if ended else f"still ran after {seconds} s"
        pytest.fail(text or f"the test's process {died}", pytrace=False)


def _child(function: Callable[[], object], prepare: Callable[[], None], report: int) -> None:
    """The child's part: never returns."""
    outcome: tuple[str, str] = ("failed", "")
    try:
        os.setsid()  # a process group, for the parent to kill with all that it started
        prepare()
        function()
        outcome = ("passed", "")
    except pytest.skip.Exception as skip:
        outcome = ("skipped", str(skip))
    except OSError as error:
        # To make a link is in the way to most that these tests are of, so none names it as a need.
        lacking = str(error.strerror).startswith("netlink: ") and LINKS.reason()
        outcome = ("skipped", lacking) if lacking else ("failed", traceback.format_exc())
    except BaseException:
        outcome = ("failed", traceback.format_exc())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(report, pickle.dumps(outcome))
        os._exit(0)


def _wait(pid: int, seconds: float) -> bool:
    """Wait for a process, then kill what is left of its group; whether it ended by itself."""
    ended = False
    try:
        pidfd = os.pidfd_open(pid)
        try:
            ended = bool(select.select([pidfd], [], [], seconds)[0])
        finally:
            os.close(pidfd)
    finally:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(pid, signal.SIGKILL)  # it has not come to setsid
        os.waitpid(pid, 0)
    return ended

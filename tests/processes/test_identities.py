"""User and group ids: in children, as all threads of a process change them."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pysyscall as syscall

from .. import limits
from ..limits import needs
from .children import NOBODY, ROOT, in_child


def ids_of_all_threads(change: Callable[[], object]) -> list[list[str]]:
    """The Uid, Gid and Groups lines of each of three threads, after one of them made the change."""
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        change()
        found = []
        for task in sorted(os.listdir("/proc/self/task")):
            lines = Path(f"/proc/self/task/{task}/status").read_text().splitlines()
            found.append([line.split(":")[1].strip() for line in lines if line[:4] in ("Uid:", "Gid:", "Grou")])
        return found
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def alike(lines: list[list[str]]) -> list[list[str]]:
    assert len(lines) == 3
    assert lines[0] == lines[1] == lines[2]
    return [line.split() for line in lines[0]]


def test_what_this_process_is() -> None:
    assert (syscall.getuid(), syscall.geteuid()) == (os.getuid(), os.geteuid())
    assert (syscall.getgid(), syscall.getegid()) == (os.getgid(), os.getegid())
    assert syscall.getgroups() == os.getgroups()


CHANGES: dict[str, tuple[Callable[[], None], list[int], list[int]]] = {
    "setuid": (lambda: syscall.setuid(5), [5, 5, 5, 5], [0, 0, 0, 0]),
    "setgid": (lambda: syscall.setgid(5), [0, 0, 0, 0], [5, 5, 5, 5]),
    "seteuid": (lambda: syscall.seteuid(5), [0, 5, 0, 5], [0, 0, 0, 0]),
    "setegid": (lambda: syscall.setegid(5), [0, 0, 0, 0], [0, 5, 0, 5]),
    "setreuid": (lambda: syscall.setreuid(5, 6), [5, 6, 6, 6], [0, 0, 0, 0]),
    "setregid": (lambda: syscall.setregid(-1, 6), [0, 0, 0, 0], [0, 6, 6, 6]),
    "setresuid": (lambda: syscall.setresuid(5, -1, 7), [5, 0, 7, 0], [0, 0, 0, 0]),
    "setresgid": (lambda: syscall.setresgid(5, 6, 7), [0, 0, 0, 0], [5, 6, 7, 6]),
    "a large number": (lambda: syscall.setresuid(-1, 2**32 - 2, -1), [0, 2**32 - 2, 0, 2**32 - 2], [0, 0, 0, 0]),
}


@needs(limits.THREADS)
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_one_of_all_threads(name: str) -> None:
    change, uids, gids = CHANGES[name]
    if not ROOT:
        with pytest.raises(PermissionError, match=r"set\w+: Operation not permitted"):
            in_child_raising(change)
        return
    found = in_child(lambda: alike(ids_of_all_threads(change)))
    assert [[int(word) for word in line] for line in found[:2]] == [uids, gids]


def in_child_raising(function: Callable[[], object]) -> None:
    """Raise here the OSError that function raises in a child."""

    def caught() -> Any:
        try:
            function()
        except OSError as error:
            return error.errno, error.strerror
        return None

    if told := in_child(caught):
        raise OSError(*told)


def test_a_user_may_become_who_they_are() -> None:
    def change() -> bool:
        uid, gid = os.getuid(), os.getgid()
        syscall.setgid(gid)
        syscall.setresgid(gid, -1, gid)
        syscall.setuid(uid)
        syscall.setreuid(uid, uid)
        syscall.seteuid(uid)
        return (os.getresuid(), os.getresgid()) == ((uid, uid, uid), (gid, gid, gid))

    assert in_child(change)


@needs(limits.THREADS)
def test_groups() -> None:
    def change() -> list[int]:
        alike(ids_of_all_threads(lambda: syscall.setgroups([9, 2**32 - 2, 7])))
        return syscall.getgroups()

    if ROOT:
        assert in_child(change) == [7, 9, 2**32 - 2]

        def leave_all() -> list[int]:
            syscall.setgroups([])
            return syscall.getgroups()

        assert in_child(leave_all) == []
        with pytest.raises(OSError) as caught:
            in_child_raising(lambda: syscall.setgroups([1] * 65537))
        assert caught.value.errno == syscall.EINVAL
    else:
        with pytest.raises(PermissionError, match="setgroups: Operation not permitted"):
            in_child_raising(lambda: syscall.setgroups([1]))


def test_the_ids_that_open_files_are_one_threads() -> None:
    assert in_child(lambda: (syscall.setfsuid(-1), syscall.setfsgid(-1))) == (os.geteuid(), os.getegid())
    if ROOT:

        def change() -> tuple[int, int, list[int]]:
            found: list[int] = []
            changed = threading.Event()

            def look() -> None:
                changed.wait()
                found.append(syscall.setfsuid(-1))

            other = threading.Thread(target=look)
            other.start()
            first = syscall.setfsuid(NOBODY)
            syscall.setfsgid(NOBODY - 1)
            changed.set()
            other.join()
            return first, syscall.setfsuid(-1), found

        assert in_child(change) == (0, NOBODY, [0])
    else:
        for function in (syscall.setfsuid, syscall.setfsgid):
            with pytest.raises(PermissionError, match=r"setfs[ug]id: Operation not permitted"):
                in_child_raising(lambda function=function: function(0))  # type: ignore[misc]


@pytest.mark.parametrize("wrong", [-2, 2**32])
def test_an_id_has_32_bits(wrong: int) -> None:
    for function in (syscall.setuid, syscall.setgid, syscall.seteuid, syscall.setegid, syscall.setfsuid):
        with pytest.raises(OverflowError, match=r"\w+id must be in -1..4294967295"):
            function(wrong)
    with pytest.raises(OverflowError, match="gid must be in"):
        syscall.setgroups([wrong])
    with pytest.raises(TypeError, match="ruid must be an integer"):
        syscall.setresuid("0", 0, 0)  # type: ignore[arg-type]

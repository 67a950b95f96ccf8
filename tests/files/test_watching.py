"""inotify."""

import errno
import os
import struct
from pathlib import Path

import pytest

import pysyscall as syscall
from pysyscall import NamedInotifyEvent

from ..conftest import Keep


@pytest.fixture
def watcher(keep: Keep) -> int:
    return keep(syscall.inotify_init1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK))


def events(fd: int) -> list[NamedInotifyEvent]:
    buf = bytearray(1 << 16)
    return syscall.parse_inotify_events(buf[: syscall.read(fd, buf)])


def test_a_directory_s_events_have_names(tmp_path: Path, watcher: int) -> None:
    mask = syscall.IN_CREATE | syscall.IN_MOVED_FROM | syscall.IN_MOVED_TO | syscall.IN_DELETE
    wd = syscall.inotify_add_watch(watcher, tmp_path, mask)
    (tmp_path / "a").touch()
    (tmp_path / "d").mkdir()
    os.rename(os.fsencode(tmp_path / "a"), os.fsencode(tmp_path) + b"/\xff")
    os.unlink(os.fsencode(tmp_path) + b"/\xff")
    found = events(watcher)
    cookie = found[2].cookie
    assert cookie
    assert found == [
        NamedInotifyEvent(wd, syscall.IN_CREATE, 0, "a"),
        NamedInotifyEvent(wd, syscall.IN_CREATE | syscall.IN_ISDIR, 0, "d"),
        NamedInotifyEvent(wd, syscall.IN_MOVED_FROM, cookie, "a"),
        NamedInotifyEvent(wd, syscall.IN_MOVED_TO, cookie, "\udcff"),
        NamedInotifyEvent(wd, syscall.IN_DELETE, 0, "\udcff"),
    ]
    assert not any(event.overflow for event in found)


def test_a_watch_is_changed_and_ended(tmp_path: Path, watcher: int) -> None:
    path = tmp_path / "file"
    path.touch()
    wd = syscall.inotify_add_watch(watcher, path, syscall.IN_MODIFY)
    assert syscall.inotify_add_watch(watcher, path, syscall.IN_ATTRIB) == wd
    path.write_bytes(b"x")
    path.chmod(0o600)
    assert syscall.inotify_rm_watch(watcher, wd) == 0
    assert [(event.mask, event.name) for event in events(watcher)] == [
        (syscall.IN_ATTRIB, ""),
        (syscall.IN_IGNORED, ""),
    ]
    with pytest.raises(OSError, match="inotify_rm_watch: Invalid argument"):
        syscall.inotify_rm_watch(watcher, wd)


def test_an_overflow_is_told(tmp_path: Path, watcher: int) -> None:
    syscall.inotify_add_watch(watcher, tmp_path, syscall.IN_ATTRIB)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip(f"kernel: {most} events are too many to fill the queue with")
    names = [tmp_path / "a", tmp_path / "b"]  # events that are alike are joined
    for path in names:
        path.touch()
    for i in range(most + 10):
        os.utime(names[i % 2])
    found: list[NamedInotifyEvent] = []
    while True:
        try:
            found += events(watcher)
        except BlockingIOError:
            break
    assert len(found) == most + 1
    assert [event for event in found if event.overflow] == found[-1:]
    assert found[-1].wd == -1


def test_what_cannot_be_watched(tmp_path: Path, watcher: int, pipe: tuple[int, int]) -> None:
    with pytest.raises(FileNotFoundError, match="inotify_add_watch"):
        syscall.inotify_add_watch(watcher, tmp_path / "none", syscall.IN_ALL_EVENTS)
    with pytest.raises(OSError, match="inotify_add_watch: Invalid argument"):
        syscall.inotify_add_watch(pipe[0], tmp_path, syscall.IN_ALL_EVENTS)
    with pytest.raises(OSError, match="inotify_add_watch: Invalid argument"):
        syscall.inotify_add_watch(watcher, tmp_path, 0)
    with pytest.raises(OSError, match="inotify_init1: Invalid argument"):
        syscall.inotify_init1(1)
    with pytest.raises(ValueError, match="pathname must not hold a NUL"):
        syscall.inotify_add_watch(watcher, "\0", 1)
    with pytest.raises(OverflowError, match="mask must be in"):
        syscall.inotify_add_watch(watcher, tmp_path, 2**32)


def test_inotify_init_is_inherited(keep: Keep) -> None:
    assert os.get_inheritable(keep(syscall.inotify_init()))


@pytest.mark.parametrize(
    "raw", [b"x", struct.pack("=iIII", 1, 2, 0, 16) + b"a" * 15, struct.pack("=iIII", 1, 2, 0, 2**32 - 1)]
)
def test_events_that_are_cut_are_refused(raw: bytes) -> None:
    with pytest.raises(OSError, match="parse_inotify_events") as raised:
        syscall.parse_inotify_events(raw)
    assert raised.value.errno == errno.EINVAL


def test_the_layout_of_an_event_is_the_kernel_s() -> None:
    event = syscall.InotifyEvent.from_buffer_copy(struct.pack("=iIII", -1, 2, 3, 4))
    assert (event.wd, event.mask, event.cookie, event.len) == (-1, 2, 3, 4)

"""ls and watch: what they say of a real tree."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import pysyscall as syscall

from ..programs import Program, eventually


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A file of every type that a user can make, with every kind of name."""
    root = tmp_path / "tree"
    root.mkdir()
    (root / "file").write_bytes(b"x" * 1234)
    (root / "file").chmod(0o640)
    (root / "program").touch(mode=0o755)
    (root / "program").chmod(0o4755)
    (root / "empty set-id").touch()
    (root / "empty set-id").chmod(0o6600)
    (root / "directory").mkdir()
    (root / "directory").chmod(0o1777)
    (root / "link").symlink_to("nowhere")
    (root / ".hidden").touch()
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(root / "socket"))
    (root / os.fsdecode(b"\xff\x1b[31m")).touch()
    for path in root.iterdir():
        os.utime(path, (0, 86400 + 3661), follow_symlinks=False)
    return root


def ls(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "examples.ls", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_each_file_has_its_line(tree: Path) -> None:
    done = ls(tree)
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split(" 01:01:01 ")[1]: line for line in done.stdout.splitlines()}
    assert list(lines) == [*sorted(lines.keys() - {r"\xff\x1b[31m"}), r"\xff\x1b[31m"]  # in the order of their bytes
    modes = {name: line[:10] for name, line in lines.items()}
    assert modes == {
        "directory": "drwxrwxrwt",
        "empty set-id": "-rwS--S---" if os.stat(tree / "empty set-id").st_mode & 0o2000 else "-rwS------",
        "fifo": modes["fifo"],
        "file": "-rw-r-----",
        "link -> nowhere": "lrwxrwxrwx",
        "program": "-rwsr-xr-x",
        "socket": modes["socket"],
        r"\xff\x1b[31m": modes[r"\xff\x1b[31m"],
    }
    assert (modes["fifo"][0], modes["socket"][0]) == ("p", "s")
    assert re.fullmatch(rf"-rw-r-----[ +] +1 +{os.getuid()} +\d+ +1234 1970-01-02 01:01:01 file", lines["file"])


def test_hidden_names_files_and_what_is_not_there(tree: Path) -> None:
    assert ".hidden" in ls(tree, "--all").stdout
    assert ".hidden" not in ls(tree).stdout
    done = ls(tree / "none", tree / "file", "/dev/null")
    assert done.returncode == 1
    assert done.stderr == f"{tree}/none: lstat failed: no such file or directory\n"
    assert f"{tree}/file:\n" in done.stdout
    assert re.search(r"^crw-rw-rw- .* 1, 3 .* /dev/null$", done.stdout, re.MULTILINE)


def test_a_name_of_two_lines_is_on_one(tmp_path: Path) -> None:
    name, shown = "one\nprogram\x9b", r"one\x0aprogram\x9b"
    with Program("watch", str(tmp_path)) as program:
        program.wait_for("watching ")
        (tmp_path / name).mkdir()
        assert said(program, 1) == [f"created {tmp_path}/{shown}"]
    assert ls(tmp_path).stdout.rstrip("\n").endswith(f" {shown}")
    assert len(ls(tmp_path).stdout.splitlines()) == 1
    done = ls(tmp_path / name, tmp_path / f"no {name}")
    assert done.stdout == f"{tmp_path}/{shown}:\n{tmp_path}/no {shown}:\n"
    assert done.stderr == f"{tmp_path}/no {shown}: lstat failed: no such file or directory\n"


def test_a_directory_that_is_larger_than_a_buffer(tmp_path: Path) -> None:
    for i in range(1000):
        (tmp_path / f"{i:04}-{'x' * 200}").touch()
    assert len(ls(tmp_path).stdout.splitlines()) == 1000


def said(program: Program, count: int) -> list[str]:
    """The first lines that a program prints, once there are so many."""
    eventually(lambda: program.output().count(b"\n") >= count)
    return program.output().decode().splitlines()


def test_what_happens_in_a_tree_is_told(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "before").mkdir(parents=True)
    (root / "before" / "file").touch()
    with Program("watch", str(root)) as program:
        program.wait_for("watching ")
        (root / "new").touch()
        assert said(program, 2) == [f"created {root}/new", f"changed {root}/new"]
        (root / "before" / "file").unlink()
        (root / "d").mkdir()
        assert said(program, 4)[2:] == [f"deleted {root}/before/file", f"created {root}/d"]
        (root / "d" / "e").mkdir()
        assert said(program, 5)[4:] == [f"created {root}/d/e"]
        (root / "d" / "e" / "deep").touch()
        assert said(program, 7)[5:] == [f"created {root}/d/e/deep", f"changed {root}/d/e/deep"]
        (root / "d").rename(root / "moved")
        lines = said(program, 11)[7:]
        assert lines[0] == f"deleted {root}/d"
        assert set(lines[1:]) == {f"created {root}/moved{rest}" for rest in ("", "/e", "/e/deep")}
        (root / "moved" / "e" / "deep").chmod(0o600)
        assert said(program, 12)[11:] == [f"changed {root}/moved/e/deep"]
        assert program.stop() == 0


def test_a_tree_that_is_made_at_once_is_told_whole(tmp_path: Path) -> None:
    with Program("watch", str(tmp_path)) as program:
        program.wait_for("watching ")
        for i in range(20):
            (tmp_path / f"a{i}" / "b" / "c").mkdir(parents=True)
            (tmp_path / f"a{i}" / "b" / "c" / "file").mkdir()
        created = [line for line in said(program, 80) if line.startswith("created ")]
        assert len(created) == len(set(created)) == 80
        assert program.stop() == 0


def test_lost_events_are_made_up_for(tmp_path: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip(f"kernel: {most} events are too many to fill the queue with")
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    with Program("watch", str(tmp_path)) as program:
        program.wait_for("watching ")
        os.kill(program.pid, signal.SIGSTOP)
        for i in range(most + 10):
            os.utime(tmp_path / "ab"[i % 2])
        (tmp_path / "late").mkdir()
        (tmp_path / "a").unlink()
        os.kill(program.pid, signal.SIGCONT)
        program.wait_for("events were lost")
        lines = said(program, most + 2)
        assert lines[-2:] == [f"deleted {tmp_path}/a", f"created {tmp_path}/late"]
        (tmp_path / "late" / "file").touch()
        assert said(program, most + 4)[-2:] == [f"created {tmp_path}/late/file", f"changed {tmp_path}/late/file"]
        assert program.stop() == 0


def test_a_root_that_goes_ends_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with Program("watch", str(root)) as program:
        program.wait_for("watching ")
        root.rmdir()
        assert program.wait() == 0
        assert program.stderr.endswith("the directory has gone\n")
    with Program("watch", str(root)) as program:
        assert program.wait() == 1
        assert program.stderr == "inotify_add_watch failed: no such file or directory\n"


@pytest.mark.skipif(ctypes.sizeof(syscall.Timespec) == 8, reason="ABI: seconds have 32 bits")
def test_a_time_beyond_the_calendar_is_shown_in_seconds() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:  # in memory a file's time has 64 bits
        shown = {"early": -(2**62), "late": 2**62, "none": 0}
        for name, seconds in shown.items():
            file = Path(place, name)
            file.touch()
            syscall.utimes_nano(file, [syscall.Timespec(seconds)] * 2)
        done = ls(place)
    assert (done.returncode, done.stderr) == (0, "")
    expected = [f"{-(2**62)} early", f"{2**62} late", "1970-01-01 00:00:00 none"]
    assert [re.sub(r".* 0 ", "", line) for line in done.stdout.splitlines()] == expected


def test_a_directory_that_shuts_it_out_does_not_end_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.watch", str(tmp_path)]
    if os.geteuid() == 0:  # without what lets root in everywhere
        command[:0] = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    (tmp_path / "before").mkdir(mode=0)
    with Program("watch", command=command) as program:
        program.wait_for(r"(?s)before: inotify_add_watch failed: permission denied.*watching")
        (tmp_path / "after").mkdir(mode=0)
        program.wait_for("after: inotify_add_watch failed: permission denied")
        (tmp_path / "file").touch()
        program.wait_for("created .*/file", "stdout")
        assert program.stop() == 0

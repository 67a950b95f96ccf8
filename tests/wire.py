"""What the tests of programs that speak to another host over a wire share."""

import ctypes
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from .namespaces import run_as_nobody
from .programs import Program


class Ended(NamedTuple):
    """How a program ended, and what it wrote."""

    status: int
    stdout: str
    stderr: str


def run(name: str, *arguments: str) -> Ended:
    """Run an example to its end."""
    with Program(name, *arguments) as program:
        return Ended(program.wait(), program.output().decode(), program.stderr)


def run_here(main: Callable[[list[str]], int], *arguments: str) -> Ended:
    """Run an example in this process: a user who is not root may not be let to this Python's file."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            status = main(list(arguments))
        except SystemExit as leave:
            print(leave.code, file=stderr)
            status = 1
    return Ended(status, stdout.getvalue(), stderr.getvalue())


def sysctl(name: str, value: object) -> None:
    """Set one of the kernel's parameters, in this process's network."""
    Path("/proc/sys", name).write_text(f"{value}")


def give_up_raw_sockets() -> None:
    """Keep the programs that this process starts from CAP_NET_RAW, root's or not."""
    assert ctypes.CDLL(None, use_errno=True).prctl(syscall.PR_CAPBSET_DROP, syscall.CAP_NET_RAW, 0, 0, 0) == 0


@contextmanager
def host(
    script: Callable[[], Iterator[None]],
    near: Sequence[str] = laboratory.NEAR,
    far: Sequence[str] = laboratory.FAR,
) -> Iterator[None]:
    """laboratory.second_host with a script that has come to its first `yield` when the block begins."""
    told, telling = os.pipe()

    def play() -> None:
        steps = script()
        next(steps)
        os.write(telling, b"\0")
        try:
            for _ in steps:
                pass
        except OSError as error:
            if error.errno not in (syscall.ENXIO, syscall.ENETDOWN):  # the cable goes at the end of the block
                raise
        laboratory.idle()

    try:
        with laboratory.second_host(play, near=near, far=far):
            os.close(telling)
            telling = -1
            assert os.read(told, 1), "the second host has died"
            yield
    finally:
        os.close(told)
        if telling != -1:
            os.close(telling)


def packet_socket(ethertype: int) -> tuple[int, syscall.Interface]:
    """A packet socket on eth0, for packets without Ethernet's header."""
    interface = syscall.interface_by_name("eth0")
    fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, 0)
    syscall.bind(fd, syscall.SockaddrLinklayer(syscall.htons(ethertype), interface.index))
    return fd, interface


def packets(fd: int) -> Iterator[tuple[bytes, syscall.SockaddrLinklayer]]:
    """What a packet socket receives, and from whom; without end."""
    buffer = bytearray(65536)
    while True:
        n, source = syscall.recvfrom(fd, buffer)
        assert isinstance(source, syscall.SockaddrLinklayer)
        yield bytes(buffer[:n]), source


def add_bare_interface() -> str:
    """Make an interface whose packets have no link-layer header, and so may be of any length; its name.

    It is a VXLAN-GPE tunnel to nowhere. A TUN device would need /dev/net/tun, which not every machine gives to a user.
    """
    name, attr = "bare0", syscall.route_attr
    options = (
        attr(syscall.IFLA_VXLAN_GPE, b"")
        + attr(syscall.IFLA_VXLAN_COLLECT_METADATA, b"\1")
        + attr(syscall.IFLA_VXLAN_LEARNING, b"\0")
    )
    kind = attr(syscall.IFLA_INFO_KIND, b"vxlan") + attr(syscall.IFLA_INFO_DATA, options)
    link = attr(syscall.IFLA_IFNAME, name.encode() + b"\0") + attr(syscall.IFLA_LINKINFO, kind)
    try:
        flags = syscall.NLM_F_CREATE | syscall.NLM_F_EXCL
        laboratory.request(syscall.RTM_NEWLINK, flags, bytes(syscall.IfInfomsg()) + link)
    except OSError as error:
        if error.errno != syscall.EOPNOTSUPP:
            raise
        pytest.skip(f"kernel: no vxlan: {error}")
    laboratory.set_up(name)
    return name


def says_that_it_needs_the_capability(program: str, ended: Ended) -> None:
    """The program, by its name in the tour, has ended for want of a packet socket, and says how to get one."""
    assert (ended.status, ended.stdout) == (1, "")
    for words in ("CAP_NET_RAW", "sudo", "setcap", f"python3 -m examples {program}"):
        assert words in ended.stderr
    assert ended.stderr.count("\n") == 1


def tells_a_user_that_it_needs_the_capability(program: str, main: Callable[[list[str]], int]) -> None:
    """The same, run by a user who is not root."""

    def tell() -> None:
        with pytest.raises(SystemExit) as ended:
            main(["--interface", "lo"])
        # A string is printed on stderr, and the status is 1.
        says_that_it_needs_the_capability(program, Ended(1, "", f"{ended.value.code}\n"))

    run_as_nobody(tell)

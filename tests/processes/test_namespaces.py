"""unshare and setns: namespaces of a process's own, and another's."""

import errno
import os

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from ..conftest import Keep
from ..namespaces import in_namespace


def own_network() -> str:
    return os.readlink("/proc/thread-self/ns/net")


@in_namespace
def test_setns_moves_into_a_network_and_back() -> None:
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    laboratory.add_pair("near", "far")
    at_home = own_network()
    with laboratory.second_host() as pid:
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        for nstype in (0, syscall.CLONE_NEWNET):
            syscall.setns(there, nstype)
            assert own_network() == os.readlink(f"/proc/{pid}/ns/net") != at_home
            assert sorted(each.name for each in syscall.interfaces()) == ["eth0", "lo"]
            syscall.setns(home, nstype)
            assert own_network() == at_home
        assert "near" in [each.name for each in syscall.interfaces()]
        with pytest.raises(OSError, match="setns: Invalid argument") as raised:
            syscall.setns(there, syscall.CLONE_NEWUTS)
        assert raised.value.errno == errno.EINVAL
        os.close(there)
    os.close(home)


@in_namespace
def test_setns_takes_a_pidfd() -> None:
    with laboratory.second_host() as pid:
        pidfd = os.pidfd_open(pid)
        syscall.setns(pidfd, syscall.CLONE_NEWNET)
        assert own_network() == os.readlink(f"/proc/{pid}/ns/net")
        os.close(pidfd)


@in_namespace
def test_unshare_gives_a_network_of_its_own() -> None:
    before = own_network()
    syscall.unshare(syscall.CLONE_NEWNET)
    assert own_network() != before
    assert [each.name for each in syscall.interfaces()] == ["lo"]


def test_what_is_no_namespace_is_einval_and_what_is_no_descriptor_ebadf(keep: Keep) -> None:
    fd = keep(os.open(os.devnull, os.O_RDONLY))
    with pytest.raises(OSError, match="setns: Invalid argument"):
        syscall.setns(fd)
    with pytest.raises(OSError, match="setns: Bad file descriptor"):
        syscall.setns(-1)
    for wrong in (2**31, -(2**31) - 1):
        with pytest.raises(OverflowError, match="fd must be in"):
            syscall.setns(wrong)
    with pytest.raises(OverflowError, match="nstype must be in"):
        syscall.setns(0, 2**32)
    with pytest.raises(TypeError, match="fd must be an integer"):
        syscall.setns("0")  # type: ignore[arg-type]

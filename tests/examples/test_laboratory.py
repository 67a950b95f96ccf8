"""The private network: namespaces, veth pairs, addresses, a second host; and the tests' own way into it."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from .. import limits, namespaces
from ..limits import needs
from ..namespaces import forbid_networks, in_namespace, run_as_nobody, run_in_namespace
from ..programs import eventually


def names() -> list[str]:
    return sorted(interface.name for interface in syscall.interfaces())


def make_pair() -> None:
    laboratory.add_pair("a", "b")
    for name in ("a", "b"):
        laboratory.set_up(name)
    for name in ("a", "b"):
        laboratory.wait_for_carrier(name)


def echo_over_udp(address: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 7))
        while True:
            data, sender = s.recvfrom(100)
            s.sendto(data, sender)


def connected(address: str) -> bool:
    """Whether a datagram to that address comes back."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(30)
        s.connect((address, 7))

        def answered() -> bool:
            try:
                s.send(b"hello")
                return s.recv(100) == b"hello"
            except ConnectionRefusedError:  # the other one has not bound its socket yet
                return False

        eventually(answered)
    return True


@in_namespace
def test_a_fresh_network_has_a_loopback_that_works_and_nothing_else() -> None:
    assert names() == ["lo"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


@in_namespace(unprivileged=True)
def test_a_user_gets_one_too_and_is_root_there() -> None:
    assert names() == ["lo"]
    assert (os.geteuid(), os.getegid()) == (0, 0)
    assert Path("/proc/self/uid_map").read_text().split()[1] != "0"
    laboratory.add_pair("a", "b")
    assert names() == ["a", "b", "lo"]


@in_namespace
def test_a_pair_is_joined() -> None:
    make_pair()
    sockets = []
    for name in ("a", "b"):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((name, 3))
        s.settimeout(30)
        sockets.append(s)
    sockets[0].send(b"one way and the other")
    assert sockets[1].recv(100) == b"one way and the other"
    for s in sockets:
        s.close()


@in_namespace
def test_an_interface_takes_its_settings() -> None:
    laboratory.add_pair("a", "b")
    laboratory.set_mtu("a", 1234)
    laboratory.set_hardware_addr("a", bytes.fromhex("020000000001"))
    laboratory.set_up("a")
    a = syscall.interface_by_name("a")
    assert (a.mtu, a.hardware_addr, a.flags & syscall.IFF_UP) == (1234, bytes.fromhex("020000000001"), syscall.IFF_UP)
    laboratory.set_down("a")
    assert not syscall.interface_by_name("a").flags & syscall.IFF_UP
    laboratory.delete("b")
    assert names() == ["lo"]


@in_namespace
def test_the_network_is_as_quiet_as_it_was_made() -> None:
    make_pair()
    addresses = Path("/proc/net/if_inet6").read_text().split("\n") if laboratory.has_ipv6() else []
    assert [line.split()[-1] for line in addresses if line] == ["lo"] * laboratory.has_ipv6()


@in_namespace
def test_addresses_can_be_used_at_once() -> None:
    laboratory.add_pair("a", "b")
    laboratory.add_address("a", "192.0.2.1/24")
    laboratory.add_address("a", "2001:db8::1/64")
    laboratory.set_up("a")
    for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.bind((address, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.connect(("192.0.2.255", 7))
        with pytest.raises(OSError, match="unreachable"):
            s.connect(("192.0.3.1", 7))


@in_namespace
def test_what_the_kernel_refuses_is_raised() -> None:
    with pytest.raises(OSError, match="No such device"):
        laboratory.set_up("eth7")
    laboratory.add_pair("a", "b")
    with pytest.raises(FileExistsError):
        laboratory.add_pair("a", "c")
    laboratory.add_address("a", "192.0.2.1/24")
    with pytest.raises(FileExistsError):
        laboratory.add_address("a", "192.0.2.1/24")
    with pytest.raises(OSError, match="Invalid argument"):
        laboratory.set_mtu("a", 1)
    with pytest.raises(ValueError, match="hello"):
        laboratory.add_address("a", "hello")


@in_namespace
def test_an_end_without_the_other_has_no_carrier() -> None:
    laboratory.add_pair("a", "b")
    laboratory.set_up("a")
    with pytest.raises(TimeoutError, match="a has no carrier"):
        laboratory.wait_for_carrier("a", seconds=0.01)


@pytest.mark.parametrize("address", ["10.77.0.2", "fd77::2"])
@pytest.mark.parametrize("unprivileged", [False, True], ids=["root", "user"])
def test_the_second_host_is_reached(address: str, unprivileged: bool) -> None:
    @in_namespace(unprivileged=unprivileged)
    def reach() -> None:
        before = names()
        for _ in range(3):
            with laboratory.second_host(echo_over_udp, address) as pid:
                assert names() == ["eth0", "lo"]
                assert connected(address)
            assert names() == before
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)

    reach()


@in_namespace
def test_addresses_and_name_of_the_pair_may_be_chosen() -> None:
    with laboratory.second_host(echo_over_udp, "192.0.2.8", near=["192.0.2.7/31"], far=["192.0.2.8/24"], interface="x"):
        assert names() == ["lo", "x"]
    with laboratory.second_host(echo_over_udp, "192.0.2.8", near=["192.0.2.7/24"], far=["192.0.2.8/24"], interface="x"):
        assert connected("192.0.2.8")


@in_namespace
def test_without_ipv6_there_is_ipv4() -> None:
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    assert laboratory.has_ipv6("lo")
    assert not laboratory.has_ipv6()
    with laboratory.second_host(echo_over_udp, "10.77.0.2"):
        assert not laboratory.has_ipv6("eth0")
        assert connected("10.77.0.2")


@in_namespace
def test_the_cable_stays_when_the_second_hosts_process_ends() -> None:
    with laboratory.second_host(os._exit, 3) as pid:
        assert os.waitpid(pid, 0)[1] == 3 << 8
        laboratory.wait_for_carrier("eth0")
    assert names() == ["lo"]


@in_namespace
def test_the_second_host_ends_with_its_functions_status() -> None:
    for function, argument, status in ((sys.exit, 5, 5), (sys.exit, None, 0), (sys.exit, "words", 1), (print, "", 0)):
        with laboratory.second_host(function, argument) as pid:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status


@in_namespace
def test_the_second_hosts_exception_is_shown(tmp_path: Path) -> None:
    def fail() -> None:
        os.dup2(os.open(tmp_path / "stderr", os.O_CREAT | os.O_WRONLY), 2)
        sys.stderr = os.fdopen(2, "w")
        raise LookupError("where is it")

    with laboratory.second_host(fail) as pid:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert "LookupError: where is it" in (tmp_path / "stderr").read_text()


@in_namespace
def test_a_block_that_fails_leaves_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(LookupError), laboratory.second_host() as pid:
        raise LookupError
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert names() == ["lo"]
    assert len(os.listdir("/proc/self/fd")) == before


@in_namespace
def test_a_second_host_that_cannot_be_leaves_nothing() -> None:
    laboratory.add_pair("eth0", "eth1")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileExistsError), laboratory.second_host(near=[]):
        pytest.fail("there were two of the name")
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_this_machines_networks_are_granted_or_refused_with_a_reason() -> None:
    def granted() -> None:
        assert laboratory.refusal() == ""

    def refused() -> None:
        forbid_networks()
        limit = "(the limit is /proc/sys/user/max_*_namespaces)"
        assert laboratory.refusal() == f"unshare: {os.strerror(errno.ENOSPC)} {limit}"
        with pytest.raises(OSError, match="unshare") as error:
            laboratory.enter()
        assert error.value.errno == errno.ENOSPC

    run_in_namespace(granted)
    run_as_nobody(refused)


@needs(limits.USER_NAMESPACE)
def test_a_second_network_that_is_refused_is_said() -> None:
    def refused() -> None:
        laboratory.enter()
        Path("/proc/sys/user/max_net_namespaces").write_text("1")
        with pytest.raises(OSError, match=r"unshare: No space left") as error, laboratory.second_host():
            pytest.fail("it was granted")
        assert error.value.errno == errno.ENOSPC

    run_as_nobody(refused)


ENDINGS = {
    "assert 1 + 1 == 3": "assert (1 + 1) == 3",
    "raise LookupError('where is it')": "LookupError: where is it",
    "import sys; sys.exit(0)": "SystemExit: 0",
    "import os; os._exit(0)": "the test's process died without a word",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)": "the test's process died without a word",
    "import pytest; pytest.skip('no such thing here')": "",
    "pass": "",
}


def test_a_test_in_a_namespace_ends_as_its_body_does(tmp_path: Path) -> None:
    tests = [f"@in_namespace\ndef test_{i}(tmp_path):\n    {body}\n" for i, body in enumerate(ENDINGS)]
    said = _pytest(tmp_path, "\n".join(tests))
    assert "5 failed, 1 passed, 1 skipped in" in said.splitlines()[-1]
    assert ": no such thing here" in said
    for i, words in enumerate(ENDINGS.values()):
        _, heading, section = said.partition(f"_ test_{i} _")
        assert bool(heading) == bool(words)
        assert words in section.partition("\n____")[0]


def test_a_test_in_a_namespace_that_hangs_is_ended_with_all_its_processes(tmp_path: Path) -> None:
    hang = f"subprocess.Popen(['sleep', '600'], stdout=open({str(tmp_path / 'open')!r}, 'w'))"
    said = _pytest(
        tmp_path,
        f"@in_namespace(seconds=1)\ndef test_it():\n    import subprocess, time\n    {hang}\n    time.sleep(600)\n",
    )
    assert "the test's process still ran after 1 s" in said
    eventually(lambda: not _holders(tmp_path / "open"))


def test_where_the_machine_forbids_namespaces_the_test_is_skipped_with_its_words(tmp_path: Path) -> None:
    def forbidden() -> None:
        forbid_networks()
        with pytest.raises(pytest.skip.Exception) as skipped:
            namespaces.enter()
        assert str(skipped.value) == "kernel: unshare: No space left on device"

    run_as_nobody(forbidden)


def _pytest(folder: Path, test: str) -> str:
    """What pytest says of a test that stands in a file of its own."""
    file = folder / "test_it.py"
    file.write_text(f"from tests.namespaces import in_namespace\n\n{test}")
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"--rootdir={folder}", str(file)]
    return subprocess.run(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, capture_output=True, text=True
    ).stdout


def _holders(file: Path) -> list[str]:
    """The processes that have a file open."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if link.readlink() == file:
                found.append(str(link))
        except OSError:
            pass  # gone, or somebody else's
    return found

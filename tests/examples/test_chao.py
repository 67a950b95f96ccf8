"""chao_server and chao_client over a pair of interfaces, a loopback interface, and one without headers."""

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import pysyscall as syscall
from examples import chao_client, chao_server
from examples.shared.chao import ChaoSocket
from examples.tour import laboratory

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace
from ..programs import Program, watching_imports
from ..wire import (
    add_bare_interface,
    give_up_raw_sockets,
    host,
    run,
    says_that_it_needs_the_capability,
    tells_a_user_that_it_needs_the_capability,
)

GREETING = b"Hello, custom chao protocol!"
MAC0, MAC1 = bytes.fromhex("020000000010"), bytes.fromhex("020000000011")
STRANGER = bytes.fromhex("020000000066")
BROADCAST = b"\xff" * 6

FRAMINGS = pytest.mark.parametrize("framing", [[], ["--ethertype"], ["--ethertype", "0x88b6"]], ids=" ".join)


def make_pair() -> None:
    """eth0 and eth1 at the two ends of a cable, both of this host."""
    laboratory.add_pair("eth0", "eth1")
    for name, addr in (("eth0", MAC0), ("eth1", MAC1)):
        laboratory.set_hardware_addr(name, addr)
        laboratory.set_up(name)
    for name in ("eth0", "eth1"):
        laboratory.wait_for_carrier(name)


@contextmanager
def server(*arguments: str) -> Iterator[Program]:
    with Program("chao_server", *arguments) as program:
        program.wait_for("^CHAO server is listening on ")
        yield program


@contextmanager
def wire(interface: str) -> Iterator[socket.socket]:
    """All that an interface receives and sends, and a way to send."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as s:
        s.bind((interface, 3))
        s.settimeout(30)
        yield s


def stopped(program: Program) -> tuple[int, bytes, str]:
    """End a server: its status, its requests, and the last line of its stderr."""
    status = program.stop()
    return status, program.output(), program.stderr.splitlines()[-1]


def ignored(short: int, foreign: int) -> str:
    total = short + foreign
    return f"ignored {total} frame{'s' * (total != 1)}: {short} too short for CHAO, {foreign} of others"


@needs(limits.PACKET_AUXDATA)
@in_namespace
@FRAMINGS
@pytest.mark.parametrize(
    ("serving", "asking"), [("eth0", "eth0"), ("eth1", "eth0"), ("lo", "lo")], ids=["one interface", "a cable", "lo"]
)
def test_the_client_is_answered_once(framing: list[str], serving: str, asking: str) -> None:
    make_pair()
    with server("--interface", serving, *framing) as program:
        ended = run("chao_client", "--interface", asking, "--message", "one two three", *framing)
        assert ended == (0, f"received response: {GREETING.decode()}\n", "")
        assert stopped(program) == (0, b"received request: one two three\n", ignored(0, 0))


@needs(limits.PACKET_AUXDATA)
@in_namespace
@FRAMINGS
def test_it_crosses_to_another_host(framing: list[str]) -> None:
    number = {0: None, 1: 0x88B5, 2: 0x88B6}[len(framing)]

    def serve() -> Iterator[None]:
        with ChaoSocket("eth0", number) as chao:
            never = os.pipe()[0]
            yield
            chao_server.serve(chao, never)

    with host(serve, near=(), far=()):  # with an IPv6 address the kernel tells its groups, when it likes
        assert run("chao_client", *framing) == (0, f"received response: {GREETING.decode()}\n", "")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_the_frames_are_the_originals_to_the_byte() -> None:
    make_pair()
    with wire("eth1") as s, server() as program:
        assert run("chao_client").status == 0
        program.wait_for("received request", "stdout")
        assert [s.recv(2000) for _ in range(2)] == [b"CHAO" + GREETING] * 2


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_with_an_ethertype_the_frames_are_ethernets() -> None:
    make_pair()
    with wire("eth1") as s, server("--ethertype", "--interface", "eth1"):
        for options, destination in ([], BROADCAST), (["--destination", MAC1.hex(":")], MAC1):
            assert run("chao_client", "--ethertype", "--message", "m", *options).status == 0
            assert s.recv(2000) == destination + MAC0 + b"\x88\xb5CHAOm"
            assert s.recv(2000) == MAC0 + MAC1 + b"\x88\xb5CHAO" + GREETING


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_the_server_ignores_and_counts_what_is_not_chao() -> None:
    make_pair()
    with wire("eth1") as s, server("--all-frames") as program:
        s.send(b"CHAP" + GREETING)
        s.send(MAC0 + MAC1 + b"\x88\xb5CHAO" + GREETING)
        s.send(BROADCAST + MAC1 + b"\x08\x06" + bytes(46))
        s.send(b"CHAO" + b"1234567890")
        assert s.recv(2000) == b"CHAO" + GREETING
        assert stopped(program) == (0, b"received request: 1234567890\n", ignored(0, 3))


def queued(program: Program) -> int:
    """The bytes that wait in a program's packet socket."""
    inodes = {what[8:-1] for what in program.descriptors().values() if what.startswith("socket:[")}
    with open("/proc/net/packet") as table:
        rows = [line.split() for line in table][1:]
    return sum(int(row[6]) for row in rows if row[8] in inodes)


@needs(limits.PACKET_AUXDATA)
@in_namespace
@FRAMINGS
def test_the_server_sleeps_through_all_frames_but_its_own(framing: list[str]) -> None:
    make_pair()
    ethertype = b"\x88" + (b"\xb6" if "0x88b6" in framing else b"\xb5")
    own = MAC0 + MAC1 + ethertype + b"CHAO1234567890" if framing else b"CHAO1234567890"
    foreign = [
        b"CHAP" + GREETING,
        BROADCAST + MAC1 + b"\x08\x06" + bytes(46),
        MAC0 + MAC1 + ethertype + b"CHAP1234567890",
        MAC0 + MAC1 + b"\x88\xb7CHAO1234567890",
        MAC0 + MAC1 + ethertype + b"CHA",
    ]
    with wire("eth1") as s, server(*framing) as filtered, server(*framing, "--all-frames") as unfiltered:
        for program in (filtered, unfiltered):
            os.kill(program.pid, signal.SIGSTOP)
        for frame in foreign:
            s.send(frame)
        assert (queued(filtered), queued(unfiltered) > 0) == (0, True)
        s.send(own)
        assert queued(filtered) > 0
        for program in (filtered, unfiltered):
            os.kill(program.pid, signal.SIGCONT)
            program.wait_for("^received request: 1234567890\n", "stdout")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_with_an_ethertype_the_server_ignores_and_counts_what_is_not_its_own() -> None:
    make_pair()
    with wire("eth1") as s, server("--ethertype", "--all-frames") as program:
        s.send(b"CHAO" + GREETING)
        s.send(MAC0 + MAC1 + b"\x88\xb6CHAOanother Ethertype")
        s.send(STRANGER + MAC1 + b"\x88\xb5CHAOfor another host")
        s.send(MAC0 + MAC1 + b"\x88\xb5CHAPanother protocol")
        s.send(MAC0 + MAC1 + b"\x88\xb5CHA")
        s.send(MAC0 + MAC1 + b"\x88\xb5")
        s.send(MAC0 + MAC1 + b"\x88\xb5CHAO")
        assert s.recv(2000) == MAC1 + MAC0 + b"\x88\xb5CHAO" + GREETING
        assert stopped(program) == (0, b"received request: \n", ignored(2, 4))


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_frames_of_under_four_bytes_are_ignored_and_counted() -> None:
    bare = add_bare_interface()
    with wire(bare) as s, server("--interface", bare, "--all-frames") as program:
        for frame in (b"C", b"CH", b"CHA", b"CHAO"):
            s.send(frame)
        assert s.recv(2000) == b"CHAO" + GREETING
        assert stopped(program) == (0, b"received request: \n", ignored(3, 0))


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_what_an_ethernet_card_adds_to_a_short_frame_is_no_part_of_the_message() -> None:
    make_pair()
    with wire("eth1") as s, server() as program:
        s.send((b"CHAO" + GREETING).ljust(60, b"\0"))
        assert s.recv(2000) == b"CHAO" + GREETING
        s.send((b"CHAO" + GREETING).ljust(61, b"\0"))
        assert s.recv(2000) == b"CHAO" + GREETING
        request = b"received request: " + GREETING
        assert stopped(program)[1] == request + b"\n" + request.ljust(len(request) + 29, b"\0") + b"\n"


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_no_frame_is_cut() -> None:
    make_pair()
    for name in ("eth0", "eth1"):
        laboratory.set_mtu(name, 9000)
    message = os.urandom(9000)
    with wire("eth1") as s, server() as program:
        s.send(b"CHAO" + message)
        assert s.recv(2000) == b"CHAO" + GREETING
        assert stopped(program)[1] == b"received request: " + message + b"\n"


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_what_another_interface_receives_before_the_socket_is_bound_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_pair()
    interface_by_name = syscall.interface_by_name

    def slow(name: str) -> syscall.Interface:
        with wire("lo") as s:
            s.send(b"CHAO" + GREETING)
        return interface_by_name(name)

    monkeypatch.setattr(syscall, "interface_by_name", slow)
    with ChaoSocket("eth0", None) as chao, wire("eth1") as s:
        s.send(b"CHAO" + b"1234567890")
        received = [chao.receive() for _ in range(4)]
        assert received[-2:] == [(b"1234567890", b""), None]
        assert received[:2] == [None, None]
        assert (chao.short, chao.foreign) == (0, 0)


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_the_client_ignores_and_counts_what_is_not_the_answer() -> None:
    make_pair()
    with wire("eth1") as s, Program("chao_client", "--timeout", "600") as client:
        assert s.recv(2000) == b"CHAO" + GREETING
        s.send(BROADCAST + MAC1 + b"\x08\x06" + bytes(46))
        s.send(b"CHAPHello, custom chap protocol!")
        s.send(b"CHAO" + b"that is it")
        assert client.wait() == 0
        assert (client.output(), client.stderr) == (b"received response: that is it\n", ignored(0, 2) + "\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_the_client_takes_an_answer_only_from_the_host_it_asked() -> None:
    make_pair()
    destination = ["--destination", MAC1.hex(":")]
    with wire("eth1") as s, Program("chao_client", "--ethertype", *destination, "--timeout", "600") as client:
        assert s.recv(2000) == MAC1 + MAC0 + b"\x88\xb5CHAO" + GREETING
        s.send(MAC0 + STRANGER + b"\x88\xb5CHAOnot I")
        s.send(MAC0 + MAC1 + b"\x88\xb5CHAOI")
        assert client.wait() == 0
        assert (client.output(), client.stderr) == (b"received response: I\n", ignored(0, 1) + "\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
@FRAMINGS
def test_the_client_does_not_wait_for_ever(framing: list[str]) -> None:
    make_pair()
    assert run("chao_client", "--timeout", "0.1", *framing) == (1, "", "no answer on eth0 in 0.1 seconds\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_the_client_does_not_wait_for_ever_on_a_busy_wire() -> None:
    make_pair()
    with wire("eth1") as s, Program("chao_client", "--timeout", "0.5") as client:
        s.recv(2000)
        while client.running():
            s.send(BROADCAST + MAC1 + b"\x08\x06" + bytes(46))
        assert client.wait() == 1
        assert client.stderr.endswith(" of others\nno answer on eth0 in 0.5 seconds\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_two_servers_on_one_wire_do_not_answer_each_other_for_ever() -> None:
    make_pair()
    with server() as near, server("--interface", "eth1") as far:
        with Program("chao_client", "--timeout", "600") as client:
            assert client.wait() == 0
        for program in (near, far):
            program.wait_for("another server answers the answers of this one, which is silent now")
        assert run("chao_client", "--message", "another matter").status == 0
        for program in (near, far):
            assert program.stop() == 0
            # Before the limit the two have gone on answering: each answer of one is a request to the other.
            assert program.output().count(GREETING) == chao_server.Restraint.LIMIT
            assert program.output().count(b"another matter") == 1


def test_restraint_ends_with_a_pause() -> None:
    restraint = chao_server.Restraint()
    allowed = [restraint.allows(GREETING, 100 + i / 1000) for i in range(restraint.LIMIT + 5)]
    assert allowed == [True] * restraint.LIMIT + [False] * 5
    assert restraint.allows(b"other words", 101.1)
    assert not restraint.allows(GREETING, 101.5)
    assert restraint.allows(GREETING, 102.6)


@needs(limits.PACKET_AUXDATA)
@in_namespace
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(number: signal.Signals) -> None:
    make_pair()
    with server() as program:
        assert program.stop(number) == 0
        assert program.output() == b""
        assert program.stderr == f"CHAO server is listening on eth0...\n{ignored(0, 0)}\n"


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_no_descriptor_of_the_server_is_inherited() -> None:
    make_pair()
    with server() as program:
        for fd, what in program.descriptors().items():
            if fd > 2:
                with open(f"/proc/{program.pid}/fdinfo/{fd}") as f:
                    flags = dict(line.split(":", 1) for line in f)["flags"]
                assert int(flags, 8) & os.O_CLOEXEC, what


@in_namespace
@pytest.mark.parametrize("program", ["chao_server", "chao_client"])
def test_without_the_capability_it_says_which_and_how_to_get_it(program: str) -> None:
    give_up_raw_sockets()
    says_that_it_needs_the_capability("chao", run(program))


@pytest.mark.parametrize("main", [chao_server.main, chao_client.main], ids=["chao_server", "chao_client"])
def test_a_user_who_is_not_root_is_told_the_same(main: Callable[[list[str] | None], int]) -> None:
    tells_a_user_that_it_needs_the_capability("chao", main)


@needs(limits.PACKET_AUXDATA)
@in_namespace
@pytest.mark.parametrize("program", ["chao_server", "chao_client"])
def test_an_interface_that_is_not_there_is_said(program: str) -> None:
    laboratory.add_pair("eth0", "eth1")
    ended = run(program, "--interface", "eth7")
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.stderr.startswith("interfaceByName failed: there is no interface eth7, but lo, eth")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_an_interface_that_is_down_is_said() -> None:
    laboratory.add_pair("eth0", "eth1")
    assert run("chao_client") == (1, "", "sendto failed: network is down\n")
    ended = run("chao_server")
    assert ended.status == 1
    assert ended.stderr.endswith("recvmsg failed: network is down\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_an_interface_that_goes_ends_the_server() -> None:
    make_pair()
    with server() as program:
        laboratory.delete("eth0")
        assert program.wait() == 1
        assert program.stderr.endswith("recvmsg failed: network is down\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_server_goes_on_when_its_interface_is_up_again() -> None:
    make_pair()
    with server() as program:
        for times in (1, 2):
            laboratory.set_down("eth0")
            program.wait_for("(?s)" + "the interface is down; .*" * times)
            laboratory.set_up("eth0")
            for name in ("eth0", "eth1"):
                laboratory.wait_for_carrier(name)
            assert run("chao_client", "--interface", "eth1").status == 0
        assert program.stop() == 0
        assert program.stderr.count("down") == 2


@needs(limits.PACKET_AUXDATA)
@in_namespace
@pytest.mark.parametrize("tag", [b"\x81\0", b"\x88\xa8"], ids=["802.1Q", "802.1AD"])
def test_a_message_with_what_looks_like_a_vlan_tag_comes_whole(tag: bytes) -> None:
    make_pair()
    message = b"12345678" + tag + b"ABCD and the rest of it"  # where a frame of Ethernet's has its tag
    with wire("eth1") as s, server("--interface", "eth0") as program:
        s.send(b"CHAO" + message)
        assert s.recv(2000) == b"CHAO" + GREETING
        assert stopped(program)[1] == b"received request: " + message + b"\n"
    with wire("eth1") as s, Program("chao_client", "--timeout", "600") as client:
        assert s.recv(2000) == b"CHAO" + GREETING
        s.send(b"CHAO" + message)
        assert (client.wait(), client.output()) == (0, b"received response: " + message + b"\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_with_an_ethertype_a_frame_of_a_vlan_is_another_networks() -> None:
    make_pair()
    with wire("eth1") as s, server("--ethertype", "--all-frames") as program:
        for vlan, message in ((42, b"in a VLAN"), (5 << 13, b"with a priority alone")):
            s.send(MAC0 + MAC1 + b"\x81\0" + vlan.to_bytes(2, "big") + b"\x88\xb5CHAO" + message)
        s.send(MAC0 + MAC1 + b"\x81\0")
        assert s.recv(2000) == MAC1 + MAC0 + b"\x88\xb5CHAO" + GREETING
        assert stopped(program)[:2] == (0, b"received request: with a priority alone\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_message_that_is_too_long_is_said() -> None:
    make_pair()
    assert run("chao_client", "--message", "m" * 2000) == (1, "", "sendto failed: message too long\n")


@in_namespace
def test_the_kernel_sends_no_frame_as_short_as_the_client_refuses() -> None:
    make_pair()
    with wire("eth0") as s, pytest.raises(OSError, match="Invalid argument") as refused:
        s.send(b"CHAO" + b"123456789")
    assert refused.value.errno == errno.EINVAL
    ended = run("chao_client", "--message", "123456789")
    assert ended.status == 2
    assert "a message of under 10 bytes needs --ethertype" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--destination", "02:00:00:00:00:01"], "--destination needs --ethertype"),
        (["--ethertype", "--destination", "02:00"], "'02:00' is not six bytes"),
        (["--ethertype", "--destination", "localhost"], "invalid hardware_addr value"),
        (["--ethertype", "1500"], "'1500' is not between 0x600 and 0xffff"),
        (["--ethertype", "0x10000"], "'0x10000' is not between 0x600 and 0xffff"),
        (["--timeout", "nan"], "'nan' is not between 0 and 86400 seconds"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str], complaint: str) -> None:
    ended = run("chao_client", *arguments)
    assert ended.status == 2
    assert complaint in ended.stderr


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_neither_loads_the_socket_module() -> None:
    make_pair()
    with watching_imports("chao_server") as program:
        program.wait_for("listening")
        with watching_imports("chao_client") as client:
            assert (client.wait(), client.stderr) == (0, "loaded: []\n")
        assert program.stop() == 0
        assert program.stderr.endswith("loaded: []\n")

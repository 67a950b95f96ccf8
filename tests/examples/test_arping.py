"""arping against the kernel's own answers, and against hosts that answer falsely."""

import re
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.arping import ArpPacket, main
from examples.tour import laboratory

from ..namespaces import in_namespace
from ..programs import Program, watching_imports
from ..wire import Ended, give_up_raw_sockets, host, packet_socket, packets, run, run_here

MAC = bytes.fromhex("020000000002")
IMPOSTER = bytes.fromhex("02000000000A")
FAR = bytes((10, 77, 0, 2))
STRANGER = bytes((10, 77, 0, 66))

ANSWER = "Unicast reply from 10.77.0.2 [02:00:00:00:00:02]  N.NNNms"
FALSE_ANSWER = "Unicast reply from 10.77.0.2 [02:00:00:00:00:0A]  N.NNNms"


def kernel() -> Iterator[None]:
    """A host whose kernel answers."""
    laboratory.set_hardware_addr("eth0", MAC)
    yield


def lines(stdout: str) -> list[str]:
    return re.sub(r"\d+\.\d{3}ms", "N.NNNms", stdout).splitlines()


def run_until(pattern: str, *arguments: str) -> Ended:
    """Run arping until its output has this, which may take its time, and end it with Ctrl-C."""
    with Program("arping", "--timeout", "600", *arguments) as program:
        program.wait_for(pattern, "stdout")
        return Ended(program.stop(signal.SIGINT), program.output().decode(), program.stderr)


@in_namespace
def test_the_kernel_at_the_other_end_answers() -> None:
    with host(kernel):
        ended = run_until("reply", "10.77.0.2")
    assert lines(ended.stdout) == [
        "ARPING 10.77.0.2 from 10.77.0.1 eth0",
        ANSWER,
        "Sent 1 probe(s) (1 broadcast(s))",
        "Received 1 response(s)",
    ]
    assert (ended.status, ended.stderr) == (0, "")


@in_namespace
def test_each_probe_has_its_answer() -> None:
    with host(kernel), Program("arping", "--timeout", "0.2", "-c", "1000", "10.77.0.2") as program:
        program.wait_for("(?s)(reply.*){3}", "stdout")


@in_namespace(unprivileged=True)
def test_it_works_for_an_unprivileged_user_in_a_network_of_its_own() -> None:
    with host(kernel):
        assert run_here(main, "-c", "1", "--timeout", "2", "10.77.0.2").status == 0


@in_namespace
def test_nobody_answers() -> None:
    with host(kernel):
        ended = run("arping", "-c", "2", "--timeout", "0.1", "10.77.0.9")
    assert lines(ended.stdout)[1:] == ["Sent 2 probe(s) (2 broadcast(s))", "Received 0 response(s)"]
    assert (ended.status, ended.stderr) == (1, "")


@in_namespace
def test_without_an_address_it_probes() -> None:
    with host(kernel, near=()):
        ended = run_until("reply", "10.77.0.2")
    assert lines(ended.stdout)[:2] == ["ARPING 10.77.0.2 from 0.0.0.0 eth0", ANSWER]
    assert ended.status == 0


@in_namespace
def test_it_asks_from_the_address_in_the_same_network() -> None:
    with host(kernel, near=("192.0.2.1/24", "10.77.0.7/24", "10.77.0.8/32")):
        assert (
            "ARPING 10.77.0.2 from 10.77.0.7 eth0" in run("arping", "-c", "1", "--timeout", "0.3", "10.77.0.2").stdout
        )
        assert "ARPING 10.88.0.2 from 192.0.2.1 eth0" in run("arping", "-c", "1", "--timeout", "0", "10.88.0.2").stdout


def answer(fd: int, source: syscall.SockaddrLinklayer, packet: bytes) -> None:
    syscall.sendto(fd, packet, 0, source)


def questions(fd: int) -> Iterator[tuple[ArpPacket, syscall.SockaddrLinklayer]]:
    """What arping asks, and not the kernels."""
    for raw, source in packets(fd):
        packet = ArpPacket.parse(raw)
        if packet and packet.operation == syscall.ARPOP_REQUEST and packet.target == FAR:
            yield packet, source


def imposter() -> Iterator[None]:
    """A host whose kernel answers, and a program with another hardware address too."""
    laboratory.set_hardware_addr("eth0", MAC)
    fd, _ = packet_socket(syscall.ETH_P_ARP)
    yield
    for question, source in questions(fd):
        answer(fd, source, bytes(ArpPacket(syscall.ARPOP_REPLY, IMPOSTER, FAR, question[1], question.sender)))


@in_namespace
def test_two_hosts_with_one_address_are_both_shown() -> None:
    with host(imposter):
        ended = run_until("(?s)reply.*reply", "10.77.0.2")
    assert sorted(lines(ended.stdout)[1:3]) == [ANSWER, FALSE_ANSWER]
    assert "Received 2 response(s)" in ended.stdout
    assert ended.status == 0


def noise(question: ArpPacket) -> list[bytes]:
    """What is not an answer to a question."""
    me, my_addr = question.sender_hardware, question.sender
    good = bytes(ArpPacket(syscall.ARPOP_REPLY, IMPOSTER, FAR, me, my_addr))
    return [
        b"",
        good[:27],
        good[:1] + b"\x06" + good[2:],  # IEEE 802
        good[:2] + b"\x86\xdd" + good[4:],  # IPv6
        good[:4] + b"\x08" + good[5:],
        good[:5] + b"\x10" + good[6:],
        bytes(ArpPacket(syscall.ARPOP_REQUEST, IMPOSTER, FAR, bytes(6), my_addr)),
        bytes(ArpPacket(syscall.ARPOP_RREPLY, IMPOSTER, FAR, me, my_addr)),
        bytes(ArpPacket(syscall.ARPOP_REPLY, IMPOSTER, STRANGER, me, my_addr)),
        bytes(ArpPacket(syscall.ARPOP_REPLY, IMPOSTER, FAR, me, STRANGER)),
        bytes(ArpPacket(syscall.ARPOP_REPLY, IMPOSTER, FAR, b"\xff" * 6, FAR)),  # gratuitous
    ]


def noisy() -> Iterator[None]:
    """A host that answers with much that is no answer, then to somebody else, then padded as on an Ethernet."""
    fd, interface = packet_socket(syscall.ETH_P_ARP)
    protocol = syscall.htons(syscall.ETH_P_ARP)
    yield
    for question, source in questions(fd):
        for packet in noise(question):
            answer(fd, source, packet)
        good = bytes(ArpPacket(syscall.ARPOP_REPLY, IMPOSTER, FAR, question.sender_hardware, question.sender))
        answer(fd, syscall.SockaddrLinklayer(protocol, interface.index, addr=IMPOSTER), good)
        answer(fd, source, good.ljust(46, b"\0"))


@in_namespace
def test_other_conversations_and_malformed_packets_are_ignored() -> None:
    with host(noisy, far=()):
        ended = run_until("reply", "10.77.0.2")
    assert lines(ended.stdout)[1:] == [FALSE_ANSWER, "Sent 1 probe(s) (1 broadcast(s))", "Received 1 response(s)"]


def add_vlan(interface: str, number: int) -> None:
    """Make an interface NAME.NUMBER for a VLAN of another's."""
    data = syscall.route_attr(syscall.IFLA_VLAN_ID, number.to_bytes(2, sys.byteorder))
    info = syscall.route_attr(syscall.IFLA_INFO_KIND, b"vlan") + syscall.route_attr(syscall.IFLA_INFO_DATA, data)
    index = syscall.interface_by_name(interface).index
    body = bytes(syscall.IfInfomsg())
    body += syscall.route_attr(syscall.IFLA_IFNAME, f"{interface}.{number}\0".encode())
    body += syscall.route_attr(syscall.IFLA_LINK, index.to_bytes(4, sys.byteorder))
    body += syscall.route_attr(syscall.IFLA_LINKINFO, info)
    try:
        laboratory.request(syscall.RTM_NEWLINK, syscall.NLM_F_CREATE | syscall.NLM_F_EXCL, body)
    except OSError as error:
        if error.errno != syscall.EOPNOTSUPP:
            raise
        pytest.skip(f"kernel: no VLAN interfaces: {error}")


@in_namespace
@pytest.mark.parametrize("has_interface", [False, True])
def test_an_answer_from_a_vlan_is_of_another_network(has_interface: bool) -> None:
    def tagging() -> Iterator[None]:
        """A host that answers in VLAN 42, and then in none."""
        fd, interface = packet_socket(syscall.ETH_P_ARP)
        raw = syscall.lsf_socket(interface.index, 0)
        yield
        for question, source in questions(fd):
            for tag, hardware in ((b"\x81\0\0\x2a", IMPOSTER), (b"", MAC)):
                answer = ArpPacket(syscall.ARPOP_REPLY, hardware, FAR, question.sender_hardware, question.sender)
                syscall.write(raw, source.addr + hardware + tag + b"\x08\x06" + bytes(answer))

    with host(tagging, far=()):
        if has_interface:
            add_vlan("eth0", 42)
            laboratory.set_up("eth0.42")
        ended = run_until("reply", "10.77.0.2")
    assert lines(ended.stdout)[1] == ANSWER


def flood() -> Iterator[None]:
    """A host that never stops answering."""
    fd, _ = packet_socket(syscall.ETH_P_ARP)
    yield
    question, source = next(questions(fd))
    while True:
        answer(fd, source, bytes(question))


@in_namespace
def test_it_ends_under_a_flood() -> None:
    with host(flood, far=()):
        ended = run("arping", "-c", "2", "--timeout", "0.2", "10.77.0.2")
    assert (ended.status, lines(ended.stdout)[-1]) == (1, "Received 0 response(s)")


@in_namespace
def test_ctrl_c_without_an_answer_is_a_failure() -> None:
    with host(kernel):
        ended = run_until("ARPING", "10.77.0.9")
    assert (ended.status, ended.stderr) == (1, "")


@in_namespace
def test_the_interface_goes_down() -> None:
    with host(kernel), Program("arping", "-c", "1000", "--timeout", "0.1", "10.77.0.2") as program:
        program.wait_for("Unicast reply", "stdout")
        laboratory.set_down("eth0")
        assert program.wait() == 1
        assert re.fullmatch(r"arping: (sendto|recvfrom): Network is down\n", program.stderr)


@in_namespace
def test_interfaces_that_cannot_be_asked() -> None:
    laboratory.add_pair("eth0", "eth1")
    assert run("arping", "10.77.0.2") == (1, "", "arping: the interface eth0 is down: ip link set eth0 up\n")
    ended = run("arping", "--interface", "nosuch0", "10.77.0.2")
    assert (ended.status, ended.stdout) == (1, "")
    assert re.fullmatch(r"arping: there is no interface nosuch0, but lo, .*eth0.*\n", ended.stderr)
    ended = run("arping", "--interface", "lo", "10.77.0.2")
    assert ended == (1, "", "arping: the interface lo has no Ethernet address\n")


@in_namespace
def test_without_the_right_to_a_packet_socket_it_says_which_capability_is_missing() -> None:
    give_up_raw_sockets()
    ended = run("arping", "10.77.0.2")
    assert (ended.status, ended.stdout) == (1, "")
    assert re.fullmatch(r"arping: .*CAP_NET_RAW.*\n", ended.stderr)


@in_namespace
def test_what_it_cannot_ask_for_is_refused() -> None:
    for arguments in (
        ("-c", "0", "10.77.0.2"),
        ("--timeout", "nan", "10.77.0.2"),
        ("--timeout", "-1", "10.77.0.2"),
        ("",),
        (),
    ):
        ended = run("arping", *arguments)
        assert (ended.status, ended.stdout) == (2, "")
        assert "usage: python3 -m examples.arping" in ended.stderr
    ended = run("arping", "fd77::2")
    assert (ended.status, ended.stderr) == (1, "arping: lookup fd77::2: Address family for hostname not supported\n")


@in_namespace
def test_it_loads_no_socket_module() -> None:
    with host(kernel), watching_imports("arping", "-c", "1", "--timeout", "0.2", "10.77.0.2") as program:
        program.wait()
        assert program.stderr == "loaded: []\n"


@given(st.binary(max_size=64))
@example(bytes(28))
def test_parse_takes_any_bytes(raw: bytes) -> None:
    packet = ArpPacket.parse(raw)
    if packet is not None:
        assert bytes(packet) == raw[:28]


def octets(n: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=n, max_size=n)


@given(st.builds(ArpPacket, st.integers(0, 0xFFFF), octets(6), octets(4), octets(6), octets(4)))
def test_parse_reverses_bytes(packet: ArpPacket) -> None:
    assert ArpPacket.parse(bytes(packet)) == packet
    assert ArpPacket.parse(bytes(packet) + bytes(18)) == packet

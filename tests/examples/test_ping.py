"""ping against the kernel's own answers, over both kinds of socket and both families, and against false ones."""

import ipaddress
import re
import signal
import struct
from collections.abc import Iterator
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.ping import main
from examples.shared import icmp
from examples.shared.checksums import internet_checksum
from examples.shared.echo_socket import EchoSocket, Failure, Reply
from examples.shared.waiting import readable_before
from examples.tour import laboratory

from ..namespaces import in_namespace
from ..packets.test_options import cable
from ..programs import Program, watching_imports
from ..wire import Ended, give_up_raw_sockets, host, run, run_here, sysctl

INET, INET6 = syscall.AF_INET, syscall.AF_INET6
LOOPBACK = {INET: "127.0.0.1", INET6: "::1"}
FAR = {INET: "10.77.0.2", INET6: "fd77::2"}
ABSENT = {INET: "10.77.0.3", INET6: "fd77::3"}
BEYOND = {INET: "10.88.0.1", INET6: "fd88::1"}  # on a network that the far host knows nothing of
BEHIND = {INET: "10.99.0.9", INET6: "fd99::9"}  # on the far host's other network
GATEWAY_ADDRESSES = (*laboratory.FAR, "10.99.0.1/24", "fd99::1/64")

SOCKETS = pytest.mark.parametrize("raw", [False, True], ids=["ping socket", "raw socket"])
needs_ipv6 = pytest.mark.skipif(not laboratory.has_ipv6(), reason="kernel: no IPv6")
FAMILIES = pytest.mark.parametrize(
    "family", [pytest.param(INET, id="IPv4"), pytest.param(INET6, id="IPv6", marks=needs_ipv6)]
)


def allow(raw: bool) -> None:
    """Let ping have this kind of socket. A fresh network has no group that may have a ping socket."""
    if not raw:
        sysctl("net/ipv4/ping_group_range", "0 0")


def kernel() -> Iterator[None]:
    """A host whose kernel answers."""
    yield


def without_times(stdout: str) -> list[str]:
    """The lines of an output, its times blotted out."""
    stdout = re.sub(r"time[ =]\d+(\.\d{3} )?ms", "TIME", stdout)
    return re.sub(r"= (\d+\.\d{3}/){3}\d+\.\d{3} ms", "= RTT", stdout).splitlines()


def answered(family: int, size: int = 64) -> str:
    return f"{size} bytes from {FAR[family]}: icmp_seq={{}} ttl=64 TIME"


def statistics(address: str, summary: str, answers: bool = True) -> list[str]:
    return ["", f"--- {address} ping statistics ---", f"{summary}, TIME", *["rtt min/avg/max/mdev = RTT"] * answers]


@SOCKETS
@FAMILIES
@in_namespace
def test_the_kernel_at_the_other_end_answers(family: int, raw: bool) -> None:
    allow(raw)
    echo = EchoSocket(family)
    assert echo.raw == raw
    assert echo.receive() is None
    echo.close()
    with host(kernel):
        ended = run("ping", "-c", "3", "-i", "0.01", "-W", "60", FAR[family])
    assert without_times(ended.stdout) == [
        f"PING {FAR[family]} ({FAR[family]}) 56({56 + (28 if family == INET else 48)}) bytes of data.",
        *[answered(family).format(i) for i in (1, 2, 3)],
        *statistics(FAR[family], "3 packets transmitted, 3 received, 0% packet loss"),
    ]
    assert (ended.status, ended.stderr) == (0, "")


@FAMILIES
@in_namespace
def test_a_flood_shows_what_has_no_reply(family: int) -> None:
    with host(kernel):
        ended = run("ping", "-f", "-c", "30", "-W", "60", FAR[family])
    expected = statistics(FAR[family], "30 packets transmitted, 30 received, 0% packet loss")
    dots, *said = without_times(ended.stdout)[1:]
    assert [dots.strip("."), *said] == expected  # a dot for each reply that takes longer than 10 ms
    assert ended[::2] == (0, "")
    cable()  # at whose far end nobody answers
    laboratory.add_address("near", "10.66.0.1/24")
    ended = run("ping", "-f", "-c", "3", "-W", "0.01", "10.66.0.2")
    assert ended.stdout.splitlines()[1:3] == ["...", "--- 10.66.0.2 ping statistics ---"]
    assert ended.status == 1


@SOCKETS
@FAMILIES
@in_namespace
def test_data_of_every_size_comes_back(family: int, raw: bool) -> None:
    allow(raw)
    with host(kernel):
        for size in (0, 7, 8, 9, 1472, 65507):
            ended = run("ping", "-c", "1", "-W", "60", "-s", str(size), FAR[family])
            assert without_times(ended.stdout)[1] == answered(family, size + 8).format(1)
            assert ended.status == 0


@needs_ipv6
@in_namespace(unprivileged=True)
def test_it_works_for_an_unprivileged_user_in_a_network_of_its_own() -> None:
    with host(kernel):
        for raw in (True, False):
            allow(raw)
            for family in (INET, INET6):
                ended = run_here(main, "-c", "2", "-i", "0", "-W", "60", FAR[family])
                assert "2 packets transmitted, 2 received, 0% packet loss" in ended.stdout
                assert ended.status == 0


@needs_ipv6
@in_namespace
def test_a_name_and_a_link_local_address() -> None:
    with host(kernel, near=("fe80::1/64",), far=("fe80::2/64",)):
        ended = run("ping", "-c", "1", "-W", "60", "fe80::2%eth0")
        assert without_times(ended.stdout)[:2] == [
            "PING fe80::2%eth0 (fe80::2%eth0) 56(104) bytes of data.",
            "64 bytes from fe80::2%eth0: icmp_seq=1 ttl=64 TIME",
        ]
        ended = run("ping", "-4", "-c", "1", "-W", "60", "localhost")
        assert without_times(ended.stdout)[:4] == [
            "PING localhost (127.0.0.1) 56(84) bytes of data.",
            "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 TIME",
            "",
            "--- localhost ping statistics ---",
        ]


def answer_soon_that_nobody_is_there() -> None:
    for neighbours in ("ipv4", "ipv6") if laboratory.has_ipv6() else ("ipv4",):
        sysctl(f"net/{neighbours}/neigh/eth0/mcast_solicit", 1)
        sysctl(f"net/{neighbours}/neigh/eth0/retrans_time_ms", 20)


@SOCKETS
@FAMILIES
@in_namespace
def test_an_absent_neighbour_is_unreachable(family: int, raw: bool) -> None:
    allow(raw)
    with host(kernel):
        answer_soon_that_nobody_is_there()
        # Each failure is also the error of whatever call comes next, a request's sendto among them.
        ended = run("ping", "-c", "5", "-i", "0.1", "-W", "60", ABSENT[family])
    near = laboratory.NEAR[family == INET6].partition("/")[0]
    text = "Destination Host Unreachable" if family == INET else "Destination unreachable: Address unreachable"
    assert without_times(ended.stdout)[1:] == [
        *[f"From {near} icmp_seq={i} {text}" for i in range(1, 6)],
        *statistics(ABSENT[family], "5 packets transmitted, 0 received, +5 errors, 100% packet loss", answers=False),
    ]
    assert (ended.status, ended.stderr) == (1, "")


def gateway() -> Iterator[None]:
    """A host that forwards packets, and is on another network too."""
    sysctl("net/ipv4/ip_forward", 1)
    if laboratory.has_ipv6():
        sysctl("net/ipv6/conf/all/forwarding", 1)
    yield


def add_route(destination: str, gateway: str = "") -> None:
    """Send what is for a network to the far host, or to another gateway."""
    network = ipaddress.ip_network(destination)
    family = INET if network.version == 4 else INET6
    header = syscall.RtMsg(
        family=family,
        dst_len=network.prefixlen,
        table=syscall.RT_TABLE_MAIN,
        protocol=syscall.RTPROT_STATIC,
        type=syscall.RTN_UNICAST,
    )
    body = bytes(header) + syscall.route_attr(syscall.RTA_DST, network.network_address.packed)
    body += syscall.route_attr(syscall.RTA_GATEWAY, syscall.parse_ip(gateway or FAR[family]))
    fd = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
    flags = syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | syscall.NLM_F_CREATE
    syscall.sendto(fd, syscall.netlink_message(syscall.RTM_NEWROUTE, flags, 1, body), 0, syscall.SockaddrNetlink())
    answer = bytearray(8192)
    n, _ = syscall.recvfrom(fd, answer)
    syscall.close(fd)
    for message in syscall.parse_netlink_message(answer[:n]):
        syscall.netlink_ack(message)


@SOCKETS
@FAMILIES
@in_namespace
def test_a_gateway_that_knows_no_way_says_so(family: int, raw: bool) -> None:
    allow(raw)
    with host(gateway, far=GATEWAY_ADDRESSES):
        add_route("10.88.0.0/24" if family == INET else "fd88::/64")
        ended = run("ping", "-c", "1", "-W", "60", BEYOND[family])
    text = "Destination Net Unreachable" if family == INET else "Destination unreachable: No route"
    assert without_times(ended.stdout)[1] == f"From {FAR[family]} icmp_seq=1 {text}"
    assert (ended.status, ended.stderr) == (1, "")


@SOCKETS
@FAMILIES
@in_namespace
def test_a_packet_that_has_gone_too_far_is_reported(family: int, raw: bool) -> None:
    allow(raw)
    with host(gateway, far=GATEWAY_ADDRESSES):
        add_route("10.99.0.0/24" if family == INET else "fd99::/64")
        sysctl("net/ipv4/ip_default_ttl" if family == INET else "net/ipv6/conf/eth0/hop_limit", 1)
        ended = run("ping", "-c", "1", "-W", "60", BEHIND[family])
    text = "Time to live exceeded" if family == INET else "Time exceeded: Hop limit"
    assert without_times(ended.stdout)[1] == f"From {FAR[family]} icmp_seq=1 {text}"
    assert (ended.status, ended.stderr) == (1, "")


def silent() -> Iterator[None]:
    """A host that does not answer."""
    sysctl("net/ipv4/icmp_echo_ignore_all", 1)
    if laboratory.has_ipv6():
        sysctl("net/ipv6/icmp/echo_ignore_all", 1)
    yield


@SOCKETS
@FAMILIES
@in_namespace
def test_no_answer(family: int, raw: bool) -> None:
    allow(raw)
    with host(silent):
        ended = run("ping", "-c", "2", "-i", "0.05", "-W", "0.1", FAR[family])
    assert without_times(ended.stdout)[1:] == statistics(
        FAR[family], "2 packets transmitted, 0 received, 100% packet loss", answers=False
    )
    assert (ended.status, ended.stderr) == (1, "")


def reply(identifier: int, sequence: int, payload: bytes, damage: int = 0) -> bytes:
    """An echo reply over IPv4, with a checksum that is wrong by the damage."""
    header = struct.Struct("!BBHHH")
    kind = syscall.ICMP_ECHOREPLY
    checksum = internet_checksum(header.pack(kind, 0, 0, identifier, sequence) + payload) ^ damage
    return header.pack(kind, 0, checksum, identifier, sequence) + payload


def liar() -> Iterator[None]:
    """A host that answers the first request twice, the second with other data, and the third at last truly."""
    next(silent())
    fd = syscall.socket(INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP)
    yield
    buffer = bytearray(65536)
    while True:
        n, source = syscall.recvfrom(fd, buffer)
        request = icmp.parse_request(INET, bytes(buffer[20:n]))
        if request is None:
            continue
        identifier, sequence, payload = request
        answers = {
            1: [reply(identifier, 1, payload), reply(identifier, 1, payload)],
            2: [reply(identifier, 2, payload[:-1] + b"?"), reply(identifier, 2, payload[:-1])],
            3: [
                reply(identifier ^ 1, 3, payload),
                reply(identifier, 3, payload, damage=1),
                reply(identifier, 4, payload),
                reply(identifier, 0, payload),
                reply(identifier, 3, payload)[:7],
                bytes(buffer[20:n]),
                reply(identifier, 3, payload),
            ],
        }
        for answer in answers[sequence]:
            syscall.sendto(fd, answer, 0, source)


@SOCKETS
@in_namespace
def test_duplicates_and_false_answers(raw: bool) -> None:
    allow(raw)
    with host(liar), Program("ping", "-c", "3", "-i", "0.3", "-W", "600", FAR[INET]) as program:
        program.wait_for("(?s)icmp_seq=1 .*icmp_seq=1 .*icmp_seq=2 .*icmp_seq=2 .*icmp_seq=3 ", "stdout")
        status = program.stop(signal.SIGINT)
        lines = without_times(program.output().decode())
    assert lines[1:] == [
        answered(INET).format(1),
        answered(INET).format(1) + " (DUP!)",
        f"64 bytes from {FAR[INET]}: icmp_seq=2 ttl=64 (wrong data)",
        f"63 bytes from {FAR[INET]}: icmp_seq=2 ttl=64 (wrong data)",
        answered(INET).format(3),
        *statistics(FAR[INET], "3 packets transmitted, 2 received, +1 duplicates, +2 corrupted, 33.3333% packet loss"),
    ]
    assert status == 0


def neighbour() -> Iterator[None]:
    """A host that answers, truly, from another of its addresses."""
    next(silent())
    fd = syscall.socket(INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP)
    syscall.bind(fd, syscall.SockaddrInet4(0, syscall.parse_ip("10.77.0.99")))
    receiver = syscall.socket(INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP)
    yield
    buffer = bytearray(65536)
    while True:
        n, source = syscall.recvfrom(receiver, buffer)
        request = icmp.parse_request(INET, bytes(buffer[20:n]))
        if request:
            syscall.sendto(fd, reply(*request), 0, source)


@SOCKETS
@in_namespace
def test_an_answer_of_another_host_is_not_taken_for_its_own(raw: bool) -> None:
    allow(raw)
    with host(neighbour, far=(*laboratory.FAR[:1], "10.77.0.99/24")):
        ended = run("ping", "-c", "2", "-i", "0.05", "-W", "0.3", FAR[INET])
    assert [line for line in without_times(ended.stdout) if "icmp_seq" in line] == [
        f"64 bytes from 10.77.0.99: icmp_seq={i} ttl=64 (DIFFERENT ADDRESS!)" for i in (1, 2)
    ]
    assert "2 packets transmitted, 0 received, 100% packet loss" in ended.stdout
    assert ended.status == 1


@SOCKETS
@in_namespace
def test_a_broadcast_address_needs_leave_and_whoever_has_it_may_answer(raw: bool) -> None:
    allow(raw)

    def willing() -> Iterator[None]:
        sysctl("net/ipv4/icmp_echo_ignore_broadcasts", 0)
        yield

    with host(willing, far=laboratory.FAR[:1]):
        for address in ("10.77.0.255", "255.255.255.255"):
            ended = run("ping", "-c", "1", address)
            words = "is a broadcast address, which many may answer: -b allows it"
            assert ended == (2, "", f"ping: {address} {words}\n")
        ended = run("ping", "-b", "-c", "1", "-W", "60", "10.77.0.255")
        assert without_times(ended.stdout)[1] == answered(INET).format(1)
        assert (ended.status, ended.stderr) == (0, "")
        assert run("ping", "-b", "-c", "1", "-W", "60", FAR[INET]).status == 0


@in_namespace
def test_who_answers_a_multicast_request_is_shown() -> None:
    def willing() -> Iterator[None]:
        sysctl("net/ipv4/icmp_echo_ignore_broadcasts", 0)
        yield

    with host(willing, far=laboratory.FAR[:1]):
        add_route("224.0.0.0/4", "10.77.0.1")
        ended = run("ping", "-c", "1", "-W", "60", "224.0.0.1")
    assert " bytes from 10.77.0." in ended.stdout
    assert "DIFFERENT" not in ended.stdout
    assert ended.status == 0


@SOCKETS
@FAMILIES
@in_namespace
def test_the_address_of_all_zeros_is_this_host(family: int, raw: bool) -> None:
    allow(raw)
    ended = run("ping", "-c", "1", "-W", "60", "0.0.0.0" if family == INET else "::")
    assert f" bytes from {LOOPBACK[family]}: icmp_seq=1 " in ended.stdout
    assert "DIFFERENT" not in ended.stdout
    assert ended.status == 0


@SOCKETS
@FAMILIES
@in_namespace
def test_another_ping_at_the_same_time_is_not_taken_for_this_one(family: int, raw: bool) -> None:
    allow(raw)
    own, other = EchoSocket(family), EchoSocket(family)
    while own.identifier == other.identifier:  # two raw sockets may choose the same
        other = EchoSocket(family)
    with host(kernel):
        answer_soon_that_nobody_is_there()
        (there,) = syscall.resolve_udp_addr("udp", f"[{FAR[family]}]:0")
        (nowhere,) = syscall.resolve_udp_addr("udp", f"[{ABSENT[family]}]:0")
        for sequence in (1, 2, 3):
            other.send(sequence, b"other", there)
            other.send(sequence, b"other", nowhere)
        own.send(7, b"own", nowhere)
        own.send(8, b"own", there)
        events = [next_event(own), next_event(own)]
    assert sorted(event.echo.sequence for event in events if isinstance(event, Reply)) == [8]
    assert sorted(event.request.sequence for event in events if isinstance(event, Failure)) == [7]


@SOCKETS
@FAMILIES
@in_namespace
def test_a_request_is_sent_although_an_earlier_one_has_failed(family: int, raw: bool) -> None:
    allow(raw)
    echo = EchoSocket(family)
    with host(kernel):
        answer_soon_that_nobody_is_there()
        (there,) = syscall.resolve_udp_addr("udp", f"[{FAR[family]}]:0")
        (nowhere,) = syscall.resolve_udp_addr("udp", f"[{ABSENT[family]}]:0")
        echo.send(1, b"", nowhere)
        assert readable_before(monotonic() + 60, echo.fd)
        echo.send(2, b"", there)
        events = [next_event(echo), next_event(echo)]
    assert sorted(type(event).__name__ for event in events) == ["Failure", "Reply"]


@FAMILIES
@in_namespace
def test_a_raw_socket_receives_replies_alone(family: int) -> None:
    echo = EchoSocket(family)
    assert echo.raw
    (itself,) = syscall.resolve_udp_addr("udp", f"[{LOOPBACK[family]}]:0")
    echo.send(1, b"", itself)
    assert readable_before(monotonic() + 60, echo.fd)
    message = bytearray(100)
    syscall.recvfrom(echo.fd, message)  # the request would come first
    if family == INET:
        assert message[20] == syscall.ICMP_ECHOREPLY
    else:
        assert message[0] == syscall.ICMPV6_ECHO_REPLY


def next_event(echo: EchoSocket) -> Reply | Failure:
    while readable_before(monotonic() + 60, echo.fd):
        event = echo.receive()
        if event:
            return event
    raise TimeoutError


@in_namespace
def test_ctrl_c_ends_it_with_the_statistics() -> None:
    with host(kernel), Program("ping", "-c", "1000", "-i", "600", FAR[INET]) as program:
        program.wait_for("icmp_seq=1 ", "stdout")
        assert program.stop(signal.SIGINT) == 0
        assert without_times(program.output().decode())[2:] == statistics(
            FAR[INET], "1 packets transmitted, 1 received, 0% packet loss"
        )
        assert program.stderr == ""


@in_namespace
def test_ctrl_c_without_an_answer_is_a_failure() -> None:
    with host(silent), Program("ping", "-c", "1000", "-i", "600", FAR[INET]) as program:
        program.wait_for("PING", "stdout")
        assert program.stop(signal.SIGINT) == 1
        assert program.stderr == ""


@in_namespace
def test_what_cannot_be_sent_is_status_2() -> None:
    assert run("ping", "-c", "1", "10.88.0.1") == Ended(
        2, "PING 10.88.0.1 (10.88.0.1) 56(84) bytes of data.\n", "ping: sendto: Network is unreachable\n"
    )
    ended = run("ping", "-c", "1", "nosuch.invalid")
    assert (ended.status, ended.stdout) == (2, "")
    assert re.fullmatch(r"ping: lookup nosuch\.invalid: .+\n", ended.stderr)
    for arguments in (("-c", "0", "::1"), ("-s", "65508", "::1"), ("-i", "nan", "::1"), ("a]b",), ("",), (" ",), ()):
        ended = run("ping", *arguments)
        assert (ended.status, ended.stdout) == (2, "")
        assert "usage: python3 -m examples.ping" in ended.stderr


@FAMILIES
@in_namespace
def test_without_the_right_to_either_socket_it_says_what_is_missing(family: int) -> None:
    give_up_raw_sockets()
    allow(raw=True)
    ended = run("ping", "-c", "1", FAR[family])
    assert (ended.status, ended.stdout) == (1, "")
    assert re.fullmatch(r"ping: .*CAP_NET_RAW.*net\.ipv4\.ping_group_range.*\n", ended.stderr)
    allow(raw=False)
    assert run("ping", "-c", "1", "-W", "60", LOOPBACK[family]).status == 0


@SOCKETS
@FAMILIES
@in_namespace
def test_it_loads_no_socket_module(family: int, raw: bool) -> None:
    allow(raw)
    with watching_imports("ping", "-c", "1", "-W", "60", LOOPBACK[family]) as program:
        assert program.wait() == 0
        assert program.stderr == "loaded: []\n"


ECHOES = st.builds(icmp.Echo, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=100))


@given(st.sampled_from([INET, INET6]), st.binary(max_size=64))
def test_parsers_take_any_bytes(family: int, message: bytes) -> None:
    for echo in (icmp.parse_reply(family, message), icmp.parse_request(family, message)):
        assert echo is None or echo.payload == message[8:]


@given(st.sampled_from([INET, INET6]), ECHOES)
def test_parse_request_reverses_request(family: int, echo: icmp.Echo) -> None:
    message = echo.request(family)
    assert icmp.parse_request(family, message) == echo
    assert icmp.parse_reply(family, message) is None
    assert internet_checksum(message) == 0 or family == INET6


def test_an_unknown_error_is_told_by_its_numbers() -> None:
    assert icmp.error_text(INET, 3, 1) == "Destination Host Unreachable"
    assert icmp.error_text(INET6, 4, 2) == "ICMP type 4, code 2"

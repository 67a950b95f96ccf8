"""dhcp_client against dnsmasq, and against servers that are late, absent, mistaken or hostile."""

import os
import random
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples import dhcp_client
from examples.shared import dhcp
from examples.shared.ipv4 import Datagram, Packet, parse_datagram, parse_packet
from examples.tour import laboratory

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace
from ..programs import eventually, tool, watching_imports
from ..wire import Ended, give_up_raw_sockets, host, packet_socket, packets, run, run_here

SERVER = bytes((10, 77, 0, 2))
SERVER_OPTION = b"\x36\x04" + SERVER
OFFERED = bytes((10, 77, 0, 50))
FALSE = bytes((10, 66, 6, 6))
EVERYWHERE = b"\xff" * 4

STEPS = [
    "DHCPDISCOVER on eth0",
    "DHCPOFFER of 10.77.0.50 from 10.77.0.2",
    "DHCPREQUEST of 10.77.0.50 on eth0",
    "DHCPACK of 10.77.0.50 from 10.77.0.2",
]
LEASE = [
    "address: 10.77.0.50",
    "netmask: 255.255.255.0",
    "router:  10.77.0.1, 10.77.0.2",
    "DNS:     192.0.2.53, 192.0.2.54",
    "domain:  example.test",
    "lease:   3600 seconds",
    "server:  10.77.0.2",
]


class Dnsmasq:
    """dnsmasq with one address to give away; what it logs, and whom it has granted a lease."""

    def __init__(self) -> None:
        self.tool = tool("dnsmasq")
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  # the test's process takes it along
        self.leases = tempfile.NamedTemporaryFile()  # noqa: SIM115

    def __call__(self) -> Iterator[None]:
        # Debug mode: in the foreground, as this user, who may be root in nothing but this network.
        options = "no-daemon port=0 interface=eth0 bind-interfaces conf-file= dhcp-authoritative no-ping"
        options += " dhcp-range=10.77.0.50,10.77.0.50,255.255.255.0,1h domain=example.test log-facility=-"
        options += " dhcp-option=3,10.77.0.1,10.77.0.2 dhcp-option=6,192.0.2.53,192.0.2.54 pid-file="
        options += f" dhcp-leasefile={self.leases.name}"
        server = subprocess.Popen([self.tool, *(f"--{option}" for option in options.split())], stderr=self.log)
        eventually(lambda: "DHCP, IP range" in self.logged() or server.poll() is not None)
        assert server.poll() is None, self.logged()
        yield

    def logged(self) -> str:
        fd = self.log.fileno()
        return os.pread(fd, os.fstat(fd).st_size, 0).decode()

    def granted(self) -> str:
        with open(self.leases.name) as f:
            return f.read()


def serve(script: Callable[[], Iterator[None]], *arguments: str) -> Ended:
    """Run the client on a wire with a server, and without an address."""
    with host(script, near=(), far=laboratory.FAR[:1]):
        return run("dhcp_client", *arguments)


def configured() -> list[tuple[int, bytes]]:
    """The addresses and routes of this network."""
    return [
        (message.header.type, message.data)
        for kind in (syscall.RTM_GETADDR, syscall.RTM_GETROUTE)
        for message in syscall.parse_netlink_message(syscall.netlink_rib(kind, syscall.AF_INET))
    ]


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_dnsmasq_grants_a_lease_and_nothing_changes_here() -> None:
    dnsmasq = Dnsmasq()
    with host(dnsmasq, near=(), far=laboratory.FAR[:1]):
        before = configured()
        ended = run("dhcp_client", "--timeout", "60")
        assert configured() == before
        assert ended.stdout.splitlines() == STEPS + LEASE
        assert (ended.status, ended.stderr) == (0, "")
        mac = syscall.interface_by_name("eth0").hardware_addr.hex(":")
        assert f"DHCPACK(eth0) 10.77.0.50 {mac}" in dnsmasq.logged()
        assert f"{mac} 10.77.0.50" in dnsmasq.granted()
        assert "DHCPRELEASE" not in dnsmasq.logged()


@in_namespace(unprivileged=True)
def test_it_works_for_an_unprivileged_user_in_a_network_of_its_own() -> None:
    with host(Dnsmasq(), near=(), far=laboratory.FAR[:1]):
        ended = run_here(dhcp_client.main, "--timeout", "60")
    assert ended.stdout.splitlines() == STEPS + LEASE


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_release_gives_the_lease_back() -> None:
    dnsmasq = Dnsmasq()
    with host(dnsmasq, near=(), far=laboratory.FAR[:1]):
        ended = run("dhcp_client", "--timeout", "60", "--release")
        assert ended.stdout.splitlines() == [*STEPS, *LEASE, "DHCPRELEASE of 10.77.0.50 to 10.77.0.2"]
        assert (ended.status, ended.stderr) == (0, "")
        eventually(lambda: "DHCPRELEASE(eth0) 10.77.0.50" in dnsmasq.logged())
        eventually(lambda: "10.77.0.50" not in dnsmasq.granted())


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_remembered_address_is_asked_for_first() -> None:
    with host(Dnsmasq(), near=(), far=laboratory.FAR[:1]):
        ended = run("dhcp_client", "--timeout", "60", "--request", "10.77.0.50")
        assert ended.stdout.splitlines() == STEPS[2:] + LEASE


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_refusal_begins_anew() -> None:
    ended = serve(Dnsmasq(), "--timeout", "60", "--request", "10.99.0.7")
    assert ended.stdout.splitlines() == [
        "DHCPREQUEST of 10.99.0.7 on eth0",
        "DHCPNAK from 10.77.0.2: wrong network",
        *STEPS,
        *LEASE,
    ]
    assert (ended.status, ended.stderr) == (0, "")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_late_server_is_asked_again() -> None:
    def late() -> Iterator[None]:
        fd, _ = packet_socket(syscall.ETH_P_IP)
        yield
        next(packets(fd))
        next(dnsmasq())

    dnsmasq = Dnsmasq()
    ended = serve(late, "--timeout", "60")
    lines = ended.stdout.splitlines()
    assert lines[-len(STEPS + LEASE) :] == STEPS + LEASE
    assert set(lines[: -len(STEPS + LEASE)]) == {STEPS[0]}
    assert (ended.status, ended.stderr) == (0, "")


def nobody() -> Iterator[None]:
    """A host without a DHCP server."""
    yield


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_no_server() -> None:
    ended = serve(nobody, "--timeout", "0.3")
    assert ended == (1, "DHCPDISCOVER on eth0\n", "dhcp_client: no lease on eth0 within 0.3 seconds\n")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_it_asks_less_and_less_often() -> None:
    dhcp_client._FIRST_WAIT = 0.01
    with host(nobody, near=(), far=laboratory.FAR[:1]):
        ended = run_here(dhcp_client.main, "--timeout", "2")
    # With waits of 10, 20, 40 ms and so on, each at most a quarter shorter, the ninth ends after 3.8 seconds at least.
    assert 2 <= len(ended.stdout.splitlines()) <= 9
    assert ended.status == 1


def answer(request: bytes, kind: int, options: bytes, yours: bytes = OFFERED) -> bytes:
    """A server's message to the client of a request."""
    return b"\x02" + request[1:16] + yours + request[20:240] + bytes((53, 1, kind)) + options


def packet(message: bytes) -> bytes:
    """A server's message in UDP in IPv4."""
    return bytes(Datagram(dhcp.SERVER_PORT, dhcp.CLIENT_PORT, message).packet(SERVER, EVERYWHERE))


def requests(fd: int) -> Iterator[tuple[bytes, int, syscall.SockaddrLinklayer]]:
    """What a client asks: the message, its type, and where it came from."""
    for raw, source in packets(fd):
        datagram = parse_datagram(parse_packet(raw) or Packet(0, b"", b"", b""))
        if datagram and datagram.destination_port == dhcp.SERVER_PORT:
            message = datagram.payload
            assert message[240:242] == b"\x35\x01"
            yield message, message[242], source


def noise(request: bytes, kind: int) -> list[bytes]:
    """Answers to a request that are wrong in one thing each."""
    server = SERVER_OPTION
    good = answer(request, kind, server + b"\xff", FALSE)
    datagram = Datagram(dhcp.SERVER_PORT, dhcp.CLIENT_PORT, good)
    messages = [
        b"\x01" + good[1:],
        good[:1] + b"\x06" + good[2:],
        good[:2] + b"\xff" + good[3:],  # a hardware address longer than its field
        good[:4] + bytes([good[4] ^ 1]) + good[5:],
        good[:28] + bytes([good[28] ^ 1]) + good[29:],
        good[:239] + b"?" + good[240:],
        good[:239],
        good[:240],
        good[:242],
        answer(request, kind, b"\xff" + server, FALSE),
        answer(request, kind, server[:-1], FALSE),
        answer(request, kind, b"\x36\x03" + SERVER, FALSE),
        answer(request, kind, server + b"\x35\x01\x05", FALSE),
        answer(request, kind, server, bytes(4)),
        answer(request, 8, server, FALSE),
        answer(request, 0, server, FALSE),
    ]
    if kind == dhcp.ACK:
        other = b"\x36\x04" + FALSE
        messages += [answer(request, each, other, FALSE) for each in (dhcp.ACK, dhcp.NAK, dhcp.OFFER)]
    true = packet(good)
    udp = true[20:]
    return [
        *map(packet, messages),
        b"",
        true[:19],
        true[:-1],
        b"\x65" + true[1:],
        b"\x44" + true[1:],
        true[:10] + bytes([true[10] ^ 1]) + true[11:],
        true[:-1] + bytes([true[-1] ^ 1]),
        bytes(Packet(syscall.IPPROTO_TCP, SERVER, EVERYWHERE, udp)),
        bytes(Packet(syscall.IPPROTO_UDP, SERVER, EVERYWHERE, udp[:7])),
        bytes(Packet(syscall.IPPROTO_UDP, SERVER, EVERYWHERE, udp[:4] + b"\xff\xff" + udp[6:])),
        bytes(Packet(syscall.IPPROTO_UDP, SERVER, EVERYWHERE, udp[:4] + b"\x00\x07" + udp[6:])),
        bytes(datagram._replace(destination_port=69).packet(SERVER, EVERYWHERE)),
    ]


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_answers_that_are_none_are_ignored() -> None:
    def noisy() -> Iterator[None]:
        fd, interface = packet_socket(syscall.ETH_P_IP)
        seeded = random.Random(1)
        yield
        for request, asked, source in requests(fd):
            kind = dhcp.OFFER if asked == dhcp.DISCOVER else dhcp.ACK
            wrong = noise(request, kind)
            wrong += [seeded.randbytes(seeded.randrange(700)) for _ in range(50)]
            wrong += [packet(answer(request, kind, seeded.randbytes(300), FALSE)) for _ in range(50)]
            for each in wrong:
                syscall.sendto(fd, each, 0, source)
            stranger = syscall.SockaddrLinklayer(source.protocol, interface.index, addr=b"\x02" + bytes(5))
            syscall.sendto(fd, packet(answer(request, kind, SERVER_OPTION, FALSE)), 0, stranger)
            syscall.sendto(fd, packet(answer(request, kind, SERVER_OPTION)), 0, source)

    ended = serve(noisy, "--timeout", "60")
    assert ended.stdout.splitlines() == [*STEPS, "address: 10.77.0.50", "server:  10.77.0.2"]
    assert (ended.status, ended.stderr) == (0, "")


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_it_ends_under_a_flood() -> None:
    def flood() -> Iterator[None]:
        fd, _ = packet_socket(syscall.ETH_P_IP)
        yield
        request, _, source = next(requests(fd))
        wrong = noise(request, dhcp.OFFER)
        while True:
            for each in wrong:
                syscall.sendto(fd, each, 0, source)

    ended = serve(flood, "--timeout", "0.5")
    assert (ended.status, ended.stderr) == (1, "dhcp_client: no lease on eth0 within 0.5 seconds\n")


def server(answers: Callable[[bytes, int], list[bytes]]) -> Callable[[], Iterator[None]]:
    """A host that gives these answers to a message of this type."""

    def script() -> Iterator[None]:
        fd, _ = packet_socket(syscall.ETH_P_IP)
        yield
        for request, kind, source in requests(fd):
            for each in answers(request, kind):
                syscall.sendto(fd, packet(each), 0, source)

    return script


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_server_that_refuses_its_own_offers_is_not_asked_in_a_storm() -> None:
    def refuse(request: bytes, kind: int) -> list[bytes]:
        text = b"\x38\x0dgo\x1b[31m away\xe9"
        return [answer(request, dhcp.OFFER if kind == dhcp.DISCOVER else dhcp.NAK, SERVER_OPTION + text)]

    ended = serve(server(refuse), "--timeout", "2.5")
    # After the first refusal it begins anew at once, after the second in a second, and then in two.
    assert 1 <= ended.stdout.count("DHCPREQUEST") <= 3
    assert r"DHCPNAK from 10.77.0.2: go\x1b[31m away\xe9" in ended.stdout.splitlines()
    assert ended.status == 1


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_refusal_without_words() -> None:
    def refuse(request: bytes, kind: int) -> list[bytes]:
        return [answer(request, dhcp.OFFER if kind == dhcp.DISCOVER else dhcp.NAK, SERVER_OPTION)]

    ended = serve(server(refuse), "--timeout", "0.5")
    assert "DHCPNAK from 10.77.0.2" in ended.stdout.splitlines()


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_server_that_falls_silent_is_given_up() -> None:
    def offer(request: bytes, kind: int) -> list[bytes]:
        return [answer(request, dhcp.OFFER, SERVER_OPTION)] if kind == dhcp.DISCOVER else []

    dhcp_client._FIRST_WAIT = 0.01
    with host(server(offer), near=(), far=laboratory.FAR[:1]):
        ended = run_here(dhcp_client.main, "--timeout", "2")
    assert "\n".join([STEPS[1], STEPS[2], STEPS[2], STEPS[2], STEPS[0]]) in ended.stdout


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_options_in_the_fields_of_others_and_in_pieces() -> None:
    def overloaded(request: bytes, kind: int) -> list[bytes]:
        message = answer(
            request, dhcp.OFFER if kind == dhcp.DISCOVER else dhcp.ACK, b"\x34\x01\x03\x03\x02\x0a\x4d\xff"
        )
        sname = SERVER_OPTION + b"\x00\x00\x03\x01\x01\xff"
        file = b"\x33\x04\xff\xff\xff\xff\x03\x01\x00\x01\x03\xff\xff\x00\xff"
        return [message[:44] + sname.ljust(64, b"\0") + file.ljust(128, b"\0") + message[236:]]

    ended = serve(server(overloaded), "--timeout", "60")
    assert ended.stdout.splitlines() == [
        *STEPS,
        "address: 10.77.0.50",  # the netmask is too short
        "router:  10.77.0.1",
        "lease:   for ever",
        "server:  10.77.0.2",
    ]


@in_namespace
def test_interfaces_that_cannot_be_asked() -> None:
    laboratory.add_pair("eth0", "eth1")
    assert run("dhcp_client") == (1, "", "dhcp_client: the interface eth0 is down: ip link set eth0 up\n")
    ended = run("dhcp_client", "--interface", "nosuch0")
    assert (ended.status, ended.stdout) == (1, "")
    assert re.fullmatch(r"dhcp_client: there is no interface nosuch0, but lo, .*eth0.*\n", ended.stderr)
    assert run("dhcp_client", "--interface", "lo").status == 1


@in_namespace
def test_without_the_right_to_a_packet_socket_it_says_which_capability_is_missing() -> None:
    give_up_raw_sockets()
    ended = run("dhcp_client")
    assert (ended.status, ended.stdout) == (1, "")
    assert re.fullmatch(r"dhcp_client: .*CAP_NET_RAW.*\n", ended.stderr)


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_it_loads_no_socket_module() -> None:
    with (
        host(Dnsmasq(), near=(), far=laboratory.FAR[:1]),
        watching_imports("dhcp_client", "--timeout", "60", "--release") as program,
    ):
        assert program.wait() == 0
        assert program.stderr == "loaded: []\n"


REQUEST = dhcp.Message(dhcp.DISCOVER, b"xid!", bytes(6), {}).request()
CODES = st.integers(0, 255)
OPTIONS = st.lists(st.tuples(CODES, st.binary(max_size=20)).map(lambda o: bytes([o[0], len(o[1])]) + o[1])).map(
    b"".join
)


@given(st.binary(max_size=300))
def test_parse_reply_takes_any_bytes(raw: bytes) -> None:
    dhcp.parse_reply(raw)


@given(st.binary(min_size=192, max_size=192), st.one_of(st.binary(max_size=100), OPTIONS), CODES)
def test_parse_reply_takes_any_options(fields: bytes, options: bytes, code: int) -> None:
    message = answer(REQUEST, dhcp.ACK, options)
    message = message[:44] + fields + message[236:]
    reply = dhcp.parse_reply(message)
    if reply is not None:
        assert sum(map(len, reply.options.values())) <= len(message)
        reply.address(code)
        assert len(reply.addresses(code)) * 4 in (0, len(reply.options.get(code, b"")))
        assert reply.number(code) in (None, int.from_bytes(reply.options.get(code, b""), "big"))
        assert reply.text(code).isprintable()


def test_an_option_that_is_cut_ends_the_options() -> None:
    for tail in (b"\x06", b"\x06\x04", b"\x06\x05" + SERVER):
        reply = dhcp.parse_reply(answer(REQUEST, dhcp.ACK, SERVER_OPTION + tail))
        assert reply
        assert reply.options == {dhcp.MESSAGE_TYPE: b"\x05", dhcp.SERVER: SERVER}


@given(
    st.dictionaries(st.integers(1, 254).filter(lambda code: code not in (52, 53)), st.binary(max_size=255), max_size=5)
)
def test_options_come_back_as_they_were_given(options: dict[int, bytes]) -> None:
    request = dhcp.Message(dhcp.REQUEST, b"xid!", b"\x02" + bytes(5), options, OFFERED, seconds=99999).request()
    reply = dhcp.parse_reply(b"\x02" + request[1:])
    assert reply == dhcp.Message(dhcp.REQUEST, b"xid!", b"\x02" + bytes(5), {53: b"\x03", **options}, OFFERED)
    assert request[8:10] == b"\xff\xff"

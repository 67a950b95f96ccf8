"""udp_server and udp_client, against each other and against other sockets."""

import os
import re
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from examples import udp_server
from examples.shared.stopping import STOP_SIGNALS, stop_signals, stopping_receiver
from examples.tour import laboratory

from .. import limits
from ..blocking import wait_until_blocked
from ..limits import needs
from ..namespaces import in_namespace
from ..programs import Program, traceable, traced_calls, tracing, watching_imports
from ..wire import host, run, sysctl
from .test_ping import add_route

LOOPS = pytest.mark.parametrize(
    "loop",
    [
        ["--ip-addr", "127.0.0.1"],
        ["--ip-addr", "0.0.0.0"],
        ["--ip-addr", "127.0.0.1", "--batch", "8"],
        ["--ip-addr", "0.0.0.0", "--batch", "8"],
    ],
    ids=" ".join,
)
everywhere_over_ipv6 = needs(limits.IPV6_PKTINFO, limits.IP_MULTICAST_ALL)
SINGLY_OR_IN_BATCHES = pytest.mark.parametrize("loop", [[], ["--batch", "8"]], ids=["singly", "in batches"])

# The most that an IPv4 datagram has room for.
MOST = 65507


@contextmanager
def server(*arguments: str, preexec: Callable[[], None] | None = None) -> Iterator[tuple[Program, str]]:
    """A server, and its port."""
    with Program("udp_server", "--port", "0", *arguments, preexec=preexec) as program:
        yield program, program.wait_for(r"^UDP server is listening on port (\d+)\.\.\.\n", "stdout")[1]


@contextmanager
def udp_socket(address: str = "127.0.0.1") -> Iterator[tuple[socket.socket, str]]:
    """A socket, and its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 0))
        s.settimeout(30)
        yield s, str(s.getsockname()[1])


@pytest.mark.parametrize(("listening", "asked"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1")])
@pytest.mark.parametrize("length", [0, 1, MOST])
def test_the_client_gets_back_what_it_sent(listening: str, asked: str, length: int) -> None:
    message = "m" * length
    with (
        server("--ip-addr", listening) as (_, port),
        Program("udp_client", "--ip-addr", asked, "--port", port, "--message", message) as client,
    ):
        assert (client.wait(), client.stderr) == (0, "")
        assert client.output() == b"received response: " + message.encode() + b"\n"


@pytest.mark.parametrize("listening", ["127.0.0.1", "::1"])
def test_batches_come_back_as_they_were_to_whoever_sent_them(listening: str) -> None:
    family = socket.AF_INET if listening == "127.0.0.1" else socket.AF_INET6
    with (
        server("--batch", "16", "--ip-addr", listening) as (program, port),
        socket.socket(family, socket.SOCK_DGRAM) as a,
        socket.socket(family, socket.SOCK_DGRAM) as b,
    ):
        for s in (a, b):
            s.connect((listening, int(port)))
            s.settimeout(30)
        for burst in range(5):
            sent = {s: [b"%d %d" % (burst, i) + b"x" * i * 40 for i in range(40)] for s in (a, b)}
            for pair in zip(*sent.values(), strict=True):
                for s, message in zip(sent, pair, strict=True):
                    s.send(message)
            for s, messages in sent.items():
                assert [s.recv(65535) for _ in messages] == messages
        assert program.stop(signal.SIGTERM) == 0
        assert program.stderr == ""


@in_namespace
def test_a_datagram_of_a_batch_that_cannot_be_answered_is_reported_and_the_others_are() -> None:
    with (
        server("--batch", "8") as (program, port),
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw,
        udp_socket() as (s, _),
    ):
        os.kill(program.pid, signal.SIGSTOP)  # so that all three are one batch
        s.sendto(b"before", ("127.0.0.1", int(port)))
        raw.sendto(struct.pack("!HHHH", 0, int(port), 8, 0), ("127.0.0.1", 0))
        s.sendto(b"after", ("127.0.0.1", int(port)))
        os.kill(program.pid, signal.SIGCONT)
        assert [s.recv(100), s.recv(100)] == [b"before", b"after"]
        program.wait_for("^sendmmsg failed: invalid argument\n$")


def test_what_the_original_says_is_said_by_default() -> None:
    with server() as (_, port):
        assert run("udp_client", "--port", port) == (0, "received response: Hello, UDP server!\n", "")


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    message = bytes(range(1, 256))
    with server() as (_, port):
        argument = message.decode(errors="surrogateescape")
        with Program("udp_client", "--port", port, "--message", argument) as client:
            assert client.wait() == 0
            assert client.output() == b"received response: " + message + b"\n"


@SINGLY_OR_IN_BATCHES
@pytest.mark.parametrize(
    "listening", ["0.0.0.0", *(pytest.param(each, marks=everywhere_over_ipv6) for each in ("::", "::ffff:0.0.0.0"))]
)
def test_the_answer_comes_from_the_address_that_was_asked(listening: str, loop: list[str]) -> None:
    with server("--ip-addr", listening, *loop) as (_, port):
        asked = run("udp_client", "--ip-addr", "127.0.0.2", "--port", port)
    assert asked == (0, "received response: Hello, UDP server!\n", "")


@pytest.mark.parametrize("listening", ["0.0.0.0", "::"])
def test_a_busy_server_answers_many_at_once_each_from_the_address_that_was_asked(
    listening: str, tmp_path: Path
) -> None:
    log = tmp_path / "strace"
    with server("--ip-addr", listening, preexec=traceable) as (program, port), udp_socket() as (s, _):

        def ask(count: int) -> None:
            """Several times at each address, as long as before and longer."""
            asked = [(b"%d" % i * (i % 3 + 1), (f"127.0.0.{i // 7 % 4 + 1}", int(port))) for i in range(count)]
            for message, address in asked:
                s.sendto(message, address)
            os.kill(program.pid, signal.SIGCONT)
            assert [s.recvfrom(100) for _ in asked] == asked

        with tracing(program.pid, log):
            ask(1)
            os.kill(program.pid, signal.SIGSTOP)
            ask(150)
            for _ in range(3):
                ask(1)
        made = traced_calls(log)
        assert program.stderr == ""
    assert "recvmmsg" in made
    assert sum(call.startswith("recv") for call in made) < 75
    # Nothing else waits any more: one at a time again. Tracing may end in the next call.
    last = len(made) - made[::-1].index("sendmsg")
    assert made[last - 4 : last] == ["recvmsg", "sendmsg"] * 2


@LOOPS
def test_many_datagrams_from_many_clients(loop: list[str]) -> None:
    with server(*loop) as (_, port), udp_socket() as (a, _), udp_socket() as (b, _):
        for i in range(200):
            for s in (a, b):
                message = b"%d of %d" % (i, s.fileno())
                s.sendto(message, ("127.0.0.1", int(port)))
                assert s.recvfrom(100) == (message, ("127.0.0.1", int(port)))


@LOOPS
def test_no_datagram_is_cut(loop: list[str]) -> None:
    message = bytes(i % 251 for i in range(MOST))
    with server(*loop) as (_, port), udp_socket() as (s, _):
        s.sendto(message, ("127.0.0.1", int(port)))
        assert s.recv(MOST + 1) == message


@in_namespace
@LOOPS
def test_an_answer_that_cannot_be_sent_is_reported_and_the_server_goes_on(loop: list[str]) -> None:
    with server(*loop) as (program, port), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        # Nobody can be answered at port 0.
        raw.sendto(struct.pack("!HHHH", 0, int(port), 8, 0), ("127.0.0.1", 0))
        program.wait_for("^send(to|msg|mmsg) failed: invalid argument\n$")
        assert run("udp_client", "--port", port).status == 0


@LOOPS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(loop: list[str], number: signal.Signals) -> None:
    with server(*loop) as (program, port):
        assert program.stop(number) == 0
        assert (program.output().decode(), program.stderr) == (f"UDP server is listening on port {port}...\n", "")


@LOOPS
def test_a_signal_ends_the_server_under_a_flood_too(loop: list[str]) -> None:
    with server(*loop) as (program, port), udp_socket() as (s, _):
        flood = threading.Thread(target=send_until_refused, args=(s, int(port)))
        flood.start()
        try:
            assert s.recv(100) == b"x"
            assert program.stop() == 0
        finally:
            s.close()
            flood.join()


def send_until_refused(s: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            s.sendto(b"x", ("127.0.0.1", port))


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_signal_that_comes_before_the_wait_ends_it_too(address: str) -> None:
    """As one that another thread takes does: Python's handler does not run before the call has returned."""
    fd = udp_server.listen(address, 0)
    main = threading.get_native_id()

    def interrupt() -> None:
        wait_until_blocked(main)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt)
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    try:
        with stopping_receiver(fd):
            thread.start()
            udp_server.echo(fd)
        # A second one is not to cut the program's ending short.
        assert [signal.getsignal(number) for number in STOP_SIGNALS] == [signal.SIG_IGN] * 2
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        thread.join()
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(fd)


def test_without_a_signal_the_handlers_of_before_are_back() -> None:
    fd = udp_server.listen("127.0.0.1", 0)
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    try:
        for block in (stopping_receiver(fd), stop_signals()):
            with block:
                assert signal.getsignal(signal.SIGTERM) not in before.values()
            assert {number: signal.getsignal(number) for number in STOP_SIGNALS} == before
            assert signal.set_wakeup_fd(-1) == -1
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    ("loop", "calls"),
    [
        (["--ip-addr", "127.0.0.1"], ["recvfrom", "sendto"]),
        (["--ip-addr", "0.0.0.0"], ["recvmsg", "sendmsg"]),
        (["--ip-addr", "127.0.0.1", "--batch", "8"], ["recvmmsg", "sendmmsg"]),
        (["--ip-addr", "0.0.0.0", "--batch", "8"], ["recvmmsg", "sendmmsg"]),
    ],
)
def test_a_datagram_costs_two_calls(loop: list[str], calls: list[str], tmp_path: Path) -> None:
    log = tmp_path / "strace"
    with server(*loop, preexec=traceable) as (program, port), udp_socket() as (s, _):
        with tracing(program.pid, log):
            for i in range(20):
                s.sendto(b"%d" % i, ("127.0.0.1", int(port)))
                assert s.recv(100) == b"%d" % i
        made = traced_calls(log)
    # Tracing begins inside the first one, and may end in the next.
    first = made.index(calls[1]) + 1
    assert made[first : first + 36] == calls * 18


def test_no_descriptor_of_the_server_is_inherited() -> None:
    with server() as (program, _):
        for fd, what in program.descriptors().items():
            if fd > 2:
                flags = re.search("^flags:\t(.*)$", Path(f"/proc/{program.pid}/fdinfo/{fd}").read_text(), re.MULTILINE)
                assert flags
                assert int(flags[1], 8) & os.O_CLOEXEC, what


def test_a_port_in_use_is_said() -> None:
    with server("--ip-addr", "127.0.0.1") as (_, port):
        second = run("udp_server", "--ip-addr", "127.0.0.1", "--port", port)
    assert second == (1, "", "bind failed: address already in use\n")


@pytest.mark.parametrize("program", ["udp_server", "udp_client"])
@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(program: str, port: str) -> None:
    ended = run(program, "--port", port)
    assert ended.status == 2
    assert "argument --port:" in ended.stderr


@pytest.mark.parametrize("program", ["udp_server", "udp_client"])
def test_an_unknown_host_is_said(program: str) -> None:
    ended = run(program, "--ip-addr", "no.such.host.invalid")
    assert ended.status == 1
    assert ended.stderr.startswith("lookup no.such.host.invalid failed: ")
    ended = run(program, "--ip-addr", "")
    assert ended.status == 2
    assert "argument --ip-addr: an empty name is no address" in ended.stderr


def test_the_client_does_not_wait_for_ever() -> None:
    with udp_socket() as (silent, port):
        ended = run("udp_client", "--port", port, "--timeout", "0.1")
        assert silent.recv(100) == b"Hello, UDP server!"
    assert ended == (1, "", f"no answer from 127.0.0.1 port {port} in 0.1 seconds\n")


def test_the_client_says_at_once_that_nobody_listens() -> None:
    with udp_socket() as (_, port):
        pass
    ended = run("udp_client", "--port", port, "--timeout", "86400")
    assert ended == (1, "", "recvfrom failed: connection refused\n")


def test_the_client_takes_nobody_elses_datagram_for_the_answer() -> None:
    with (
        udp_socket() as (asked, port),
        udp_socket() as (other_port, _),
        udp_socket("127.0.0.2") as (other_host, _),
        Program("udp_client", "--port", port, "--timeout", "60") as client,
    ):
        _, address = asked.recvfrom(100)
        other_port.sendto(b"not I", address)
        other_host.sendto(b"nor I", address)
        asked.sendto(b"I", address)
        assert client.wait() == 0
        assert client.output() == b"received response: I\n"


def test_a_message_that_is_too_long_is_said() -> None:
    ended = run("udp_client", "--message", "m" * (MOST + 1))
    assert ended == (1, "", "sendto failed: message too long\n")


def answers(
    questions: Sequence[tuple[str, str]], server_addresses: Sequence[str], loop: Sequence[str], *, cables: int = 1
) -> list[str]:
    """What a server on all addresses answers another host, which asks from an address to an address: from where.

    The hosts are joined by eth0, with server_addresses at this end, and more cables, where the other host's own address
    10.9.9.9 is reached by the last.
    """
    told, telling = os.pipe()
    go, going = os.pipe()

    def ask() -> None:
        assert os.read(go, 1)
        for i in range(1, cables):
            laboratory.add_address(f"eth{i}", f"10.{77 + i}.0.2/24")
            laboratory.set_up(f"eth{i}")
        for name in ("all", "default", *(f"eth{i}" for i in range(cables))):
            sysctl(f"net/ipv4/conf/{name}/rp_filter", 0)
        os.write(telling, b"ready\n")
        assert os.read(go, 1)
        for own, asked in questions:
            family = socket.AF_INET6 if ":" in asked else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.0.2"))
                s.settimeout(5)
                s.bind(socket.getaddrinfo(own, 0, family, socket.SOCK_DGRAM)[0][4])
                s.sendto(b"hello", socket.getaddrinfo(asked, 8080, family, socket.SOCK_DGRAM)[0][4])
                try:
                    answer = s.recvfrom(100)[1][0]
                except TimeoutError:
                    answer = "nobody"
            os.write(telling, f"{answer}\n".encode())
        laboratory.idle()

    far = ("10.77.0.2/24", "10.9.9.9/32", "fd77::2/64", "fe80::2/64")
    with laboratory.second_host(ask, near=server_addresses, far=far) as pid, open(told) as said:
        for i in range(1, cables):
            laboratory.add_pair(f"eth{i}", f"eth{i}", pid)
            laboratory.add_address(f"eth{i}", f"10.{77 + i}.0.1/24")
            laboratory.set_up(f"eth{i}")
        for name in ("all", "default", *(f"eth{i}" for i in range(cables))):
            sysctl(f"net/ipv4/conf/{name}/rp_filter", 0)
        os.write(going, b"1")
        assert said.readline() == "ready\n"
        for i in range(cables):
            laboratory.wait_for_carrier(f"eth{i}")
        add_route("10.9.9.9/32", f"10.{76 + cables}.0.2")
        with Program("udp_server", "--ip-addr", "::", *loop) as program:
            program.wait_for("listening", "stdout")
            os.write(going, b"1")
            found = [said.readline().strip() for _ in questions]
            assert program.stderr == ""
    return found


@everywhere_over_ipv6
@in_namespace
@SINGLY_OR_IN_BATCHES
def test_an_answer_goes_the_way_that_the_routes_say_from_the_address_that_was_asked(loop: list[str]) -> None:
    near = ("10.77.0.1/24", "10.77.0.7/24")
    questions = [("10.77.0.2", "10.77.0.1"), ("10.9.9.9", "10.77.0.1"), ("10.9.9.9", "10.77.0.7")]
    questions += [("10.77.0.2", "10.78.0.1"), ("10.78.0.2", "10.77.0.7")]
    assert answers(questions, near, loop, cables=2) == [asked for _, asked in questions]


@everywhere_over_ipv6
@in_namespace
@SINGLY_OR_IN_BATCHES
def test_who_asks_by_multicast_or_broadcast_is_answered_from_an_address_of_one_host(loop: list[str]) -> None:
    near = ("10.77.0.1/24", "fd77::1/64", "fe80::1/64")
    questions = [
        ("10.77.0.2", "10.77.0.255"),
        ("10.77.0.2", "255.255.255.255"),
        ("10.77.0.2", "224.0.0.1"),
        ("fd77::2", "ff02::1%eth0"),
        ("fd77::2", "fd77::1"),
        ("fd77::2", "fe80::1%eth0"),
        ("fe80::2%eth0", "ff02::1%eth0"),
        ("fe80::2%eth0", "fe80::1%eth0"),
        ("fe80::2%eth0", "fd77::1"),
    ]
    assert answers(questions, near, loop) == [
        *("10.77.0.1", "10.77.0.1", "10.77.0.1"),
        *("fd77::1", "fd77::1", "fe80::1"),
        *("fe80::1", "fe80::1", "fd77::1"),
    ]


@in_namespace
@pytest.mark.parametrize("address", ["10.77.0.2", "fd77::2"])
def test_it_crosses_to_another_host(address: str) -> None:
    def serve() -> Iterator[None]:
        fd = udp_server.listen(address, 8080)
        yield
        udp_server.echo(fd)

    with host(serve):
        ended = run("udp_client", "--ip-addr", address)
    assert ended == (0, "received response: Hello, UDP server!\n", "")


def test_neither_loads_the_socket_module() -> None:
    with watching_imports("udp_server", "--port", "0") as program:
        port = program.wait_for(r"port (\d+)", "stdout")[1]
        with watching_imports("udp_client", "--port", port) as client:
            assert (client.wait(), client.stderr) == (0, "loaded: []\n")
        assert (program.stop(), program.stderr) == (0, "loaded: []\n")

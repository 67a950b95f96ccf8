"""What all programs have in common: how they are started, where their output goes, and how they end."""

import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.shared.printable import printable
from examples.tour import laboratory

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace
from ..programs import ROOT, SECONDS, Program, eventually, run_traced
from ..wire import host, run

SERVERS = ("chao_server", "http_server", "udp_server")
CLIENTS = ("arping", "chao_client", "dhcp_client", "http_client", "ls", "ping", "sniff", "udp_client", "watch")

CLOSED = pytest.mark.parametrize("closed", ["0", "1", "2", "0 1", "1 2", "0 2", "0 1 2"])


@contextmanager
def started(
    name: str, *arguments: str, closed: str = "", streams: dict[str, int] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program without some of its standard descriptors."""
    redirections = "".join(f" {fd}>&-" for fd in closed.split())
    command = ["sh", "-c", f'exec "$@"{redirections}', "sh", sys.executable, "-m", f"examples.{name}", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **(streams or {})}
    with subprocess.Popen(command, cwd=ROOT, stdout=streams["stdout"], stderr=streams["stderr"]) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out, err


@contextmanager
def bound(kind: socket.SocketKind) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(SECONDS)
        yield s


def standard_sockets(pid: int) -> list[str]:
    """What of descriptors 0 to 2 is a socket."""
    return [str(fd) for fd in range(3) if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")]


@pytest.mark.parametrize("name", [*SERVERS, *CLIENTS])
def test_help_names_a_program_as_it_can_be_typed(name: str) -> None:
    shown = run(name, "--help")
    assert (shown.status, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"usage: python3 -m examples.{name} [-h] ")


# Standard descriptors that were closed


@CLOSED
def test_the_udp_server_serves_without_standard_descriptors(closed: str) -> None:
    with bound(socket.SOCK_DGRAM) as taken:
        port = taken.getsockname()[1]
    with started("udp_server", "--port", str(port), "--ip-addr", "127.0.0.1", closed=closed) as server:
        with bound(socket.SOCK_DGRAM) as s:

            def answered() -> bool:
                s.sendto(b"hello", ("127.0.0.1", port))
                s.settimeout(0.2)
                try:
                    return s.recv(100) == b"hello"
                except TimeoutError:
                    return False

            eventually(answered)
        assert standard_sockets(server.pid) == []
        server.terminate()
        status, out, err = ended(server)
        assert (status, err) == (0, b"")
        assert out.startswith(b"UDP server is listening" if "1" not in closed else b"")


@needs(limits.PACKET_AUXDATA)
@CLOSED
@in_namespace
def test_the_chao_server_serves_without_standard_descriptors(closed: str) -> None:
    laboratory.add_pair("eth0", "eth1")
    for name in ("eth0", "eth1"):
        laboratory.set_up(name)
    for name in ("eth0", "eth1"):
        laboratory.wait_for_carrier(name)
    with started("chao_server", closed=closed) as server:
        eventually(lambda: run("chao_client", "--interface", "eth1", "--timeout", "0.2").status == 0)
        assert standard_sockets(server.pid) == []
        server.terminate()
        status, out, err = ended(server)
        assert status == 0
        assert (b"received request: Hello" in out) == ("1" not in closed)
        assert (b"listening on eth0" in err) == ("2" not in closed)


def check_client(closed: str, result: tuple[int, bytes, bytes], output: bytes) -> None:
    """A client has done its work; without descriptor 1 it fails, as nobody has its output."""
    status, out, err = result
    if "1" in closed:
        assert (status, out) == (1, b"")
        assert err == (b"" if "2" in closed else b"write failed: bad file descriptor\n")
    else:
        assert (status, err) == (0, b"")
        assert output in out


@CLOSED
def test_the_udp_client_without_standard_descriptors(closed: str) -> None:
    with (
        bound(socket.SOCK_DGRAM) as s,
        started("udp_client", "--port", str(s.getsockname()[1]), closed=closed) as client,
    ):
        data, address = s.recvfrom(100)
        assert data == b"Hello, UDP server!"
        s.sendto(b"an answer", address)
        check_client(closed, ended(client), b"received response: an answer\n")
        s.setblocking(False)
        with pytest.raises(BlockingIOError):  # nothing of the output
            s.recv(100)


@CLOSED
def test_the_http_client_without_standard_descriptors(closed: str) -> None:
    with bound(socket.SOCK_STREAM) as listener:
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with started("http_client", url, closed=closed) as client:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(10000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                check_client(closed, ended(client), b"hello\n")
                assert request.endswith(b"\r\n\r\n")
                connection.settimeout(SECONDS)
                with suppress(ConnectionResetError):
                    assert connection.recv(1000) == b""


@CLOSED
@pytest.mark.parametrize(
    ("name", "arguments", "output"),
    [
        ("ping", ["-c", "1", "-W", "60", "10.77.0.2"], b"1 received"),
        ("arping", ["-c", "1", "--timeout", "0.5", "10.77.0.2"], b"Received 1 response"),
    ],
)
@in_namespace
def test_a_client_of_the_kernels_without_standard_descriptors(
    name: str, arguments: Sequence[str], output: bytes, closed: str
) -> None:
    with host(lambda: iter((None,))), started(name, *arguments, closed=closed) as client:
        check_client(closed, ended(client), output)


@CLOSED
def test_ls_without_standard_descriptors(closed: str) -> None:
    with started("ls", closed=closed) as ls:
        check_client(closed, ended(ls), b"README.md\n")


@needs(limits.PACKET_AUXDATA, limits.TIMESTAMPNS)
@CLOSED
@pytest.mark.parametrize("way", ["--ring", "--recvfrom"])
@in_namespace
def test_sniff_without_standard_descriptors(way: str, closed: str) -> None:
    with started("sniff", way, "--interface", "lo", "--count", "1", closed=closed) as sniff:
        with bound(socket.SOCK_DGRAM) as s:
            while sniff.poll() is None:
                s.sendto(b"x", ("127.0.0.1", 9))
                time.sleep(0.01)
        status, out, err = ended(sniff)
        err = err.replace(b"sniffing on lo...\n", b"")
        check_client(closed, (status, out, err), b"1 frames, ")


# Output


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_just_after_a_line_is_written_does_not_write_it_twice(number: str, tmp_path: Path) -> None:
    """strace sends the signal in the first write, which is that of the line: the handler raises before it returns."""
    program = [sys.executable, "-B", "-m", "examples.udp_server", "--ip-addr", "127.0.0.1", "--port", "0"]
    ended = run_traced(
        "-f", "-o", str(tmp_path / "log"), "-e", "trace=write", "-e", f"inject=write:signal={number}:when=1", *program
    )
    assert (ended.returncode, ended.stdout.count("listening")) == (0, 1), ended


def test_output_that_does_not_fit_at_once_is_not_lost() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    message = "m" * 60_000
    with bound(socket.SOCK_DGRAM) as s:
        arguments = ("--message", message, "--port", str(s.getsockname()[1]))
        with started("udp_client", *arguments, streams={"stdout": writing}) as client:
            os.close(writing)
            s.sendto(*s.recvfrom(65535))
            time.sleep(0.05)  # the pipe is full meanwhile, or the program is late and the test too easy
            with open(reading, "rb") as f:
                assert f.read() == b"received response: " + message.encode() + b"\n"
            assert ended(client)[0] == 0


def test_lines_that_do_not_fit_at_once_are_not_lost() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    os.write(writing, b"." * 4000)
    with started("sniff", "--help", streams={"stdout": writing}) as program:
        os.close(writing)
        time.sleep(0.05)
        with open(reading, "rb") as f:
            shown = f.read().lstrip(b".")
        assert shown.decode() == run("sniff", "--help").stdout
        assert ended(program)[::2] == (0, b"")


@pytest.mark.parametrize("name", ["udp_client", "http_client", "ping"])
def test_where_output_cannot_be_written_that_is_said(name: str) -> None:
    with open("/dev/full", "w") as full, started(name, "--help", streams={"stdout": full.fileno()}) as program:
        status, _, err = ended(program)
    assert (status, err) == (1, b"write failed: no space left on device\n")


@pytest.mark.parametrize("name", ["udp_client", "http_client", "ping"])
def test_a_reader_who_has_gone_ends_a_program_in_silence(name: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with started(name, "--help", streams={"stdout": writing}) as program:
        os.close(writing)
        status, _, err = ended(program)
    assert (status, err) == (1, b"")


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
@in_namespace
def test_a_server_whose_log_nobody_takes_goes_on(gone: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with bound(socket.SOCK_DGRAM) as taken:
        port = str(taken.getsockname()[1])
    streams = {"stdout": writing} if gone == "stdout" else {"stderr": writing}
    with started("udp_server", "--port", port, streams=streams) as server:
        os.close(writing)
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
            for _ in range(3):  # nobody can be answered at port 0, which is said
                raw.sendto(b"\0\0" + int(port).to_bytes(2, "big") + b"\0\x08\0\0", ("127.0.0.1", 0))
                eventually(lambda: run("udp_client", "--port", port, "--timeout", "0.2").status == 0)
        server.terminate()
        assert ended(server)[0] == 0


# What others have written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, and Größe", "plain, and Größe"),
        ("\x1b[2J\x07\x7f\x00", r"\x1b[2J\x07\x7f\x00"),
        ("\x9b31m\x85\x90", r"\x9b31m\x85\x90"),
        ("two\nlines\r\t", r"two\x0alines\x0d\x09"),
        ("\u202ebidi\u2066\u200f", r"\u202ebidi\u2066\u200f"),
        ("\u2028\U000e0041", r"\u2028\U000e0041"),
        (os.fsdecode(b"v\xff\x9b0"), r"v\xff\x9b0"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_is_not_printable_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
@example("\udc9b")
def test_whatever_is_shown_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    printable(text).encode()


@in_namespace
@pytest.mark.parametrize("name", [b"\x1b[2Jx", b"\xc2\x9b31m", b"v\xff\xfe0", b"\xe2\x80\xae0"])
@pytest.mark.parametrize(
    "program",
    ["arping", "dhcp_client", "sniff"]
    + [pytest.param(name, marks=needs(limits.PACKET_AUXDATA)) for name in ("chao_client", "chao_server")],
)
def test_no_name_of_an_interface_harms_a_terminal_or_ends_a_program(program: str, name: bytes) -> None:
    laboratory.add_pair(os.fsdecode(name), "eth1")
    arguments = ["10.77.0.2"] if program == "arping" else []
    for interface in (os.fsdecode(name), "nosuch0"):
        said = run(program, "--interface", interface, *arguments)
        assert said.status == 1
        assert all(line.isprintable() for line in (said.stdout + said.stderr).split("\n"))
        assert "Traceback" not in said.stderr
    assert printable(name.decode(errors="surrogateescape")) in said.stderr  # of those that there are


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_interfaces_with_names_that_are_no_text_are_worked_with(tmp_path: Path) -> None:
    name, file = b"v\xff\xfe0", tmp_path / "file"
    near = os.fsdecode(name)
    laboratory.add_pair(near, "eth1")
    for each in (near, "eth1"):
        laboratory.set_up(each)
    for each in (near, "eth1"):
        laboratory.wait_for_carrier(each)
    with Program("sniff", "--interface", near, "--write", str(file)) as sniff:
        sniff.wait_for("sniffing on ")
        with Program("chao_server", "--interface", "eth1") as server:
            server.wait_for("listening on ")
            assert run("chao_client", "--interface", near).status == 0
        assert run("arping", "--interface", near, "-c", "1", "--timeout", "0.1", "10.77.0.2").status == 1
        said = run("dhcp_client", "--interface", near, "--timeout", "0.1")
        assert said.stdout == "DHCPDISCOVER on v\\xff\\xfe0\n"
        assert said.stderr == "dhcp_client: no lease on v\\xff\\xfe0 within 0.1 seconds\n"
        assert sniff.stop() == 0
    assert name in file.read_bytes()


def add_alternative_name(interface: str, name: str) -> None:
    names = syscall.route_attr(syscall.IFLA_ALT_IFNAME, name.encode() + b"\0")
    body = bytes(syscall.IfInfomsg(index=syscall.interface_by_name(interface).index))
    body += syscall.route_attr(syscall.IFLA_PROP_LIST | syscall.NLA_F_NESTED, names)
    flags = syscall.NLM_F_CREATE | syscall.NLM_F_EXCL | syscall.NLM_F_APPEND
    laboratory.request(syscall.RTM_NEWLINKPROP, flags, body)


@needs(limits.NETLINK_TYPES)
@in_namespace
@pytest.mark.parametrize("name", ["other0", "an-alternative-name-longer-than-ifnamsiz"])
def test_an_interface_is_found_by_its_alternative_name(name: str) -> None:
    with host(lambda: iter((None,))):
        add_alternative_name("eth0", name)
        assert run("arping", "--interface", name, "-c", "1", "--timeout", "0.5", "10.77.0.2").status == 0
        assert "no lease" in run("dhcp_client", "--interface", name, "--timeout", "0.1").stderr
        assert run("chao_client", "--interface", name, "--timeout", "0.1").stderr.endswith(
            f"no answer on {name} in 0.1 seconds\n"
        )
        for program in ("sniff", "chao_server"):
            with Program(program, "--interface", name) as server:
                server.wait_for(f" on {name}")
                assert server.stop() == 0
        assert run("sniff", "--interface", name + "?").status == 1


def on_a_terminal(name: str, *arguments: str) -> tuple["subprocess.Popen[bytes]", int]:
    """A program, and the other side of its terminal."""
    master, slave = os.openpty()
    try:
        command = [sys.executable, "-m", f"examples.{name}", *arguments]
        return subprocess.Popen(command, cwd=ROOT, stdout=slave, stderr=slave, stdin=slave), master
    finally:
        os.close(slave)


def test_on_a_terminal_a_message_is_shown_without_control_characters() -> None:
    with bound(socket.SOCK_DGRAM) as s:
        client, terminal = on_a_terminal("udp_client", "--port", str(s.getsockname()[1]))
        try:
            _, address = s.recvfrom(100)
            s.sendto(b"\x1b[2Jred\x9b\xc2\x9b\nnew line \xc3\xa4", address)
            assert client.wait(SECONDS) == 0
            assert os.read(terminal, 1000) == rb"received response: \x1b[2Jred\x9b\x9b\x0anew line " + "ä\r\n".encode()
        finally:
            client.kill()
            client.wait()
            os.close(terminal)


# Signals


def bombard(process: "subprocess.Popen[bytes]", first: signal.Signals) -> int:
    """Send a program signals until it has ended; its status."""
    deadline = time.monotonic() + SECONDS
    for number in cycle((first, signal.SIGINT, signal.SIGTERM)):
        if process.poll() is not None:
            return process.returncode
        process.send_signal(number)
        assert time.monotonic() < deadline
        time.sleep(0.0003)
    raise AssertionError


ENDS = pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])


def loopback(process: "subprocess.Popen[bytes]", stream: str, ready: bytes, first: signal.Signals) -> tuple[int, bytes]:
    """Wait until a program has said something, and bombard it; its status, and all that it then says on stderr."""
    output = process.stdout if stream == "stdout" else process.stderr
    assert output
    assert process.stderr
    while ready not in (line := output.readline()):
        assert line, process.stderr.read()
    return bombard(process, first), process.stderr.read()


@needs(limits.PACKET_AUXDATA)
@ENDS
@pytest.mark.parametrize("turn", range(3))
@in_namespace
def test_further_signals_do_not_break_a_servers_end(first: signal.Signals, turn: int) -> None:
    laboratory.add_pair("eth0", "eth1")
    laboratory.set_up("eth0")
    for name, arguments, stream, ready, rest in (
        ("udp_server", ["--port", "0"], "stdout", b"listening", b""),
        ("udp_server", ["--port", "0", "--batch", "8", "--ip-addr", "127.0.0.1"], "stdout", b"listening", b""),
        ("chao_server", [], "stderr", b"listening", b"ignored 0 frames: 0 too short for CHAO, 0 of others\n"),
        ("http_server", ["--port", "0"], "stderr", b"http addr", b""),
        ("http_server", ["--port", "0", "--workers", "2"], "stderr", b"http addr", b""),
        ("sniff", ["--interface", "lo"], "stderr", b"sniffing", b""),
        ("sniff", ["--interface", "lo", "--recvfrom"], "stderr", b"sniffing", b""),
        ("watch", [], "stderr", b"watching", b""),
    ):
        with started(name, *arguments) as process:
            assert loopback(process, stream, ready, first) == (0, rest), name
            if name == "sniff":
                assert process.stdout
                assert process.stdout.read().startswith(b"0 frames, 0 bytes, 0 dropped, ")


# The first of two signals that come together is not known.
EITHER = (128 + signal.SIGINT, 128 + signal.SIGTERM)


@needs(limits.PACKET_AUXDATA)
@ENDS
@pytest.mark.parametrize("turn", range(3))
@in_namespace
def test_further_signals_do_not_break_a_clients_end(first: signal.Signals, turn: int) -> None:
    with host(lambda: iter((None,))), bound(socket.SOCK_STREAM) as s, bound(socket.SOCK_DGRAM) as d:
        s.listen()
        for name, arguments, ready, statuses, rest in (
            ("ping", ["-i", "600", "10.77.0.2"], b"icmp_seq=1", (0,), b"1 packets transmitted, 1 received"),
            ("arping", ["--timeout", "600", "10.77.0.2"], b"reply from", (0,), b"Received 1 response(s)"),
            ("dhcp_client", ["--timeout", "600"], b"DHCPDISCOVER", EITHER, b""),
        ):
            with started(name, *arguments) as process:
                status, said = loopback(process, "stdout", ready, first)
                assert (status in statuses, said) == (True, b""), (name, status)
                assert process.stdout
                assert rest in process.stdout.read()
        url = f"http://127.0.0.1:{s.getsockname()[1]}/"
        with started("http_client", url, "--timeout", "600") as process, s.accept()[0]:
            assert bombard(process, first) in EITHER
            assert ended(process)[1:] == (b"", b"")
        with started("udp_client", "--port", str(d.getsockname()[1]), "--timeout", "600") as process:
            d.recv(100)
            assert bombard(process, first) in EITHER
            assert ended(process)[1:] == (b"", b"")


# Many descriptors


def open_many() -> None:
    """Take all numbers that select(2) has room for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for fd in range(3, 1100):
        os.dup2(2, fd, inheritable=True)


def of_all_programs(serve: Callable[..., Program]) -> None:
    """Let each program do its work once."""
    with serve("udp_server", "--port", "0") as server:
        port = server.wait_for(r"port (\d+)", "stdout")[1]
        with serve("udp_client", "--port", port, "--timeout", "30") as client:
            assert (client.wait(), client.stderr) == (0, "")
        assert server.stop() == 0
    with serve("http_server", "--port", "0") as server:
        url = server.wait_for(r"http addr: (\S+)")[1]
        with serve("http_client", url, "--timeout", "30") as client:
            assert (client.wait(), client.stderr) == (0, "")
        assert server.stop() == 0
    with serve("ping", "-c", "1", "-W", "30", "10.77.0.2") as client:
        assert (client.wait(), client.stderr) == (0, "")
    with serve("arping", "-c", "1", "--timeout", "0.5", "10.77.0.2") as client:
        assert (client.wait(), client.stderr) == (0, "")
    with serve("dhcp_client", "--timeout", "0.2") as client:
        assert client.wait() == 1
        assert client.stderr.startswith("dhcp_client: no lease ")
    for way in ("--ring", "--recvfrom"):
        with serve("sniff", way, "--count", "1") as sniff, serve("chao_server") as server:
            sniff.wait_for("sniffing on ")
            server.wait_for("listening on ")
            with serve("chao_client") as client:
                assert (client.wait(), client.stderr) == (0, "")
            assert (sniff.wait(), server.stop()) == (0, 0)


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_descriptors_may_have_numbers_beyond_selects() -> None:
    with host(lambda: iter((None,))):
        of_all_programs(lambda name, *arguments: Program(name, *arguments, preexec=open_many, inherit=True))

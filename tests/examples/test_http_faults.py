"""http_server in bad company: crowds, silence, slowness, no descriptors left, and system calls that fail."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from ..http_peers import GET, LAST_GET, LAST_PAGE, PAGE, HTTPServer, receive, receive_all
from ..programs import ROOT, SECONDS, eventually, traceable, tracing

REQUEST_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\n"


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[0] < 4096:
        if before[1] < 4096:
            pytest.skip(f"kernel: EPERM: RLIMIT_NOFILE ends at {before[1]}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_idle_connections_and_one_more() -> None:
    with HTTPServer("--quiet") as server, ExitStack() as stack:
        before = server.descriptors()
        idle = [stack.enter_context(server.connect()) for _ in range(1000)]
        assert server.exchange(LAST_GET) == LAST_PAGE
        computed = server.cpu_seconds()
        for _ in range(50):
            assert server.exchange(LAST_GET) == LAST_PAGE
        assert server.cpu_seconds() - computed < 0.5  # the thousand cost nothing
        for client in idle[::100]:
            client.sendall(GET)
            assert receive(client, len(PAGE)) == PAGE
        stack.close()
        eventually(lambda: server.descriptors() == before)
        assert server.stop() == 0


@pytest.mark.parametrize("begun", [b"", GET])
def test_an_idle_connection_is_closed(begun: bytes) -> None:
    with HTTPServer("--quiet", "--idle-timeout", "0.2") as server, server.connect() as client:
        client.sendall(begun)
        assert receive_all(client) == (PAGE if begun else b"")


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA:",
    ],
)
def test_a_half_sent_request_is_given_up(begun: bytes) -> None:
    with HTTPServer("--quiet", "--request-timeout", "0.2") as server, server.connect() as client:
        client.sendall(GET + begun)
        assert receive_all(client).startswith(PAGE + REQUEST_TIMEOUT)


def test_clients_that_send_byte_after_byte_are_given_up_and_hold_nobody_up() -> None:
    """A byte now and then does not put the deadline off, be it in a head or in empty lines before one."""
    trickles = [itertools.chain(GET[:-1], itertools.repeat(ord("x"))), itertools.repeat(ord("\n"))]
    with HTTPServer("--quiet", "--request-timeout", "1", "--idle-timeout", "1") as server, ExitStack() as stack:
        slow = [(stack.enter_context(server.connect()), iter(trickle)) for trickle in trickles]
        deadline = time.monotonic() + SECONDS
        while slow:
            assert time.monotonic() < deadline
            assert server.exchange(LAST_GET) == LAST_PAGE
            for client, trickle in list(slow):
                client.settimeout(0.02)
                try:
                    client.send(bytes([next(trickle)]))
                    assert client.recv(len(REQUEST_TIMEOUT)) in (REQUEST_TIMEOUT, b"")
                    slow.remove((client, trickle))
                except TimeoutError:
                    pass
                except (ConnectionResetError, BrokenPipeError):
                    slow.remove((client, trickle))


def fill(client: socket.socket, data: bytes) -> int:
    """Send until nobody takes any more; how much that was."""
    client.settimeout(0.5)
    sent = 0
    with suppress(TimeoutError):
        while sent < 64 * 1024 * 1024:
            sent += client.send(data)
    return sent


def test_a_client_that_never_reads_gets_no_memory_and_is_given_up() -> None:
    with HTTPServer("--quiet", "--idle-timeout", "2") as server, server.connect() as client:
        server.exchange(LAST_GET)
        before = server.memory()
        sent = fill(client, 1000 * GET)
        assert sent < 64 * 1024 * 1024
        assert server.memory() - before < 4 * 1024 * 1024
        assert server.exchange(LAST_GET) == LAST_PAGE
        eventually(lambda: server.connections() == 0)


def test_a_client_that_reads_slowly_gets_every_answer() -> None:
    count = 20_000
    with HTTPServer("--quiet") as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(SECONDS)
        client.connect(server.address)
        sender = threading.Thread(target=client.sendall, args=(count * GET,))
        sender.start()
        answers = receive(client, count * len(PAGE))
        sender.join()
        assert answers == count * PAGE


def limit_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))


def test_out_of_descriptors() -> None:
    with HTTPServer("--quiet", preexec=limit_descriptors) as server, ExitStack() as stack:
        before = server.descriptors()
        room = 24 - len(before)
        clients = [stack.enter_context(server.connect()) for _ in range(room + 10)]
        for client in clients:
            client.sendall(GET)
        for client in clients[:room]:
            assert receive(client, len(PAGE)) == PAGE
        server.wait_for("accept4 failed: too many open files")
        time.sleep(0.5)
        assert server.stderr.count("too many open files") < 10  # it does not ask again and again
        for client in clients[:room]:
            client.sendall(GET)
            assert receive(client, len(PAGE)) == PAGE
        assert len(server.descriptors()) == 24
        for client in clients[:10]:
            client.close()
        for client in clients[room:]:
            assert receive(client, len(PAGE)) == PAGE
        stack.close()
        eventually(lambda: server.descriptors() == before)
        assert server.exchange(LAST_GET) == LAST_PAGE
        assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_cleanly_on_a_signal(number: int) -> None:
    with HTTPServer("--quiet") as server:
        assert server.stop(number) == 0
        assert server.stderr.count("\n") == 1
    with HTTPServer() as server, server.connect() as idle, server.connect() as half, server.connect() as deaf:
        idle.sendall(GET)
        half.sendall(GET[:-1])
        fill(deaf, 1000 * GET)
        clients = [threading.Thread(target=ask_until_refused, args=(server,)) for _ in range(4)]
        for client in clients:
            client.start()
        assert server.stop(number) == 0
        for client in clients:
            client.join()
        assert "Traceback" not in server.stderr


def ask_until_refused(server: HTTPServer) -> None:
    with suppress(OSError):
        while True:
            server.exchange(10 * GET + LAST_GET)


def test_goes_on_when_nobody_takes_its_log() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as log:
        command = [sys.executable, "-m", "examples.http_server", "--port", "0"]
        process = subprocess.Popen(command, cwd=ROOT, stderr=writing)
        os.close(writing)
        try:
            port = int(log.readline().rpartition(b":")[2])
            log.close()
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(LAST_GET)
                    assert receive_all(client) == LAST_PAGE
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            process.wait()


@contextmanager
def injecting(server: HTTPServer, calls: str, fault: str, log: Path) -> Iterator[None]:
    """Have strace let every third of these calls fail, while the block lasts."""
    which = f"{calls}:error={fault}:when=2+3"
    with tracing(server.pid, log, "-e", f"trace={calls}", "-e", f"inject={which}"):
        yield
    assert "INJECTED" in log.read_text()


@pytest.mark.parametrize("fault", ["EINTR", "ECONNABORTED", "EMFILE", "ENOMEM"])
@pytest.mark.parametrize("calls", ["accept4", "read", "write", "?epoll_wait,?epoll_pwait", "epoll_ctl", "shutdown"])
def test_failing_system_calls(calls: str, fault: str, tmp_path: Path) -> None:
    """Whatever fails, at most one connection ends by it."""
    with HTTPServer("--quiet", "--request-timeout", "0.2", preexec=traceable) as server:
        before = server.descriptors()
        answered = 0
        with injecting(server, calls, fault, tmp_path / "strace"):
            for i in range(40):
                with suppress(ConnectionError), server.connect() as client:
                    # A refusal at the end of every second, so that shutdown is called too.
                    client.sendall(GET + LAST_GET if i % 2 else GET + GET + b"bad\r\n\r\n")
                    answered += receive_all(client).startswith(2 * PAGE)
        assert answered > 10
        assert server.running()
        assert server.exchange(LAST_GET) == LAST_PAGE
        eventually(lambda: server.descriptors() == before)
        assert server.stop() == 0
        assert "Traceback" not in server.stderr

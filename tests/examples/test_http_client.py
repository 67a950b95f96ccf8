"""http_client: whole answers in every framing, and one clear sentence for each thing that goes wrong."""

from __future__ import annotations

import itertools
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import pysyscall as syscall
from examples.http_client import URL, Failed, connect_to_any, wait
from examples.shared.net_socket import NetSocket

from ..http_peers import PAGE, HTTPServer, ScriptedServer, saying, undated
from ..programs import ROOT, SECONDS, Program, watching_imports

OK = b"HTTP/1.1 200 OK\r\n"


def run(url: str, *arguments: str) -> tuple[int, bytes, str]:
    """http_client's exit status, stdout and stderr."""
    with Program("http_client", url, *arguments) as program:
        status = program.wait()
        return status, program.output(), program.stderr


def test_prints_the_servers_answer() -> None:
    with HTTPServer("--quiet") as server:
        status, printed, stderr = run(server.url)
        assert (status, undated(printed), stderr) == (0, PAGE + b"\n", "")


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello, and what is not asked for", OK + b"Content-Length: 5\r\n\r\nhello"),
        (OK + b"Content-Length: 5, 5\r\n\r\nhello", OK + b"Content-Length: 5, 5\r\n\r\nhello"),
        (OK + b"Content-Length: 0\r\n\r\n", OK + b"Content-Length: 0\r\n\r\n"),
        (OK + b"\r\nto the end", OK + b"\r\nto the end"),
        (OK + b"\r\n", OK + b"\r\n"),
        (b"HTTP/1.0 200\n\nhello", b"HTTP/1.0 200\n\nhello"),
        (
            OK + b"transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n00a ; x=y\r\n, world!\r\n\r\n0\r\nA: b\r\n\r\nmore",
            OK + b"transfer-encoding: Chunked\r\n\r\nhello, world!\r\n",
        ),
        (
            OK + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n2\r\nzz\r\n0000000000000000\r\n\r\n",
            OK + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nzz",
        ),
        (
            OK + b"Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nzz\r\n0\r\n\r\n",
            OK + b"Transfer-Encoding:\r\n chunked\r\n\r\nzz",
        ),
        (
            OK + b"A: b\r\n\t c\n d\r\nContent-Length: 1\r\n\r\n12",
            OK + b"A: b\r\n\t c\n d\r\nContent-Length: 1\r\n\r\n1",
        ),
        (OK + 1000 * b"A: b\r\n" + b"\r\n", OK + 1000 * b"A: b\r\n" + b"\r\n"),
        (
            OK + b"A: \xc2\x9b1m \x9b2J \xc3\xa9 \xe9\r\n\r\n\xc2\x9b1m\x1b",
            OK + b"A: \\x9b1m \\x9b2J \xc3\xa9 \xe9\r\n\r\n\xc2\x9b1m\x1b",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" + PAGE, PAGE),
        (b"HTTP/1.1 204 No Content\r\n\r\nno body", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"),
        (OK + b"\r\n" + bytes(range(256)) * 20_000, OK + b"\r\n" + bytes(range(256)) * 20_000),
    ],
    ids=itertools.count(),
)
def test_reads_the_whole_answer(sent: bytes, printed: bytes) -> None:
    with ScriptedServer(saying(sent)) as server:
        assert run(server.url) == (0, printed + b"\n", "")


def test_reads_an_answer_in_single_bytes() -> None:
    sent = OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n"

    def script(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(sent)):
            connection.sendall(sent[i : i + 1])

    with ScriptedServer(script) as server:
        assert run(server.url) == (0, OK + b"Transfer-Encoding: chunked\r\n\r\nhello!\n", "")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"", "no answer came"),
        (OK[:-2], "the connection ended before a whole answer"),
        (OK + b"Content-Length: 9\r\n\r\nhello", "the connection ended 4 bytes before the end of 9"),
        (OK + b"Content-Length: 5, 6\r\n\r\nhello", "Content-Length is not one number"),
        (OK + b"Content-Length: -5\r\n\r\nhello", "Content-Length is not one number"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "the connection ended 2 bytes before the end of 5"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "no answer came"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello", "no answer came"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n", "a chunk is longer than it says"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-4\r\nhello", "a chunk does not begin with its size"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 9999, "a head or a line is longer than 4096 bytes"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 99 + b"\r\n", "a chunk does not begin with its size"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 20_000, "a head or a line is longer than"),
        (OK + b"A: " + b"b" * 70_000, "a head or a line is longer than 65536 bytes"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer does not begin with an HTTP/1.1 status line"),
        (OK + b"no colon\r\n\r\n", "a header line is not NAME: VALUE"),
        (OK + b"A: \x1b[2J\r\n\r\n", "a control character"),
        (b"HTTP/1.1 200 \x1b[2J\r\n\r\n", "a control character"),
        (OK + b"Content-Length:\r\n\r\nhello", "Content-Length is not one number"),
        (OK + b"Content-Length: 5,\r\n\r\nhello", "Content-Length is not one number"),
        (OK + b"Transfer-Encoding: gzip\r\n\r\nzz", "the body is coded as gzip, which nobody has asked for"),
        (
            OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n",
            "the body is coded as gzip, chunked, which",
        ),
        (OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n", "the body is coded as chunked, chunked, which"),
        (OK + b"Transfer-Encoding: chun\xe2\x84\xaaed\r\n\r\n", "the body is coded as chun\u212aed, which"),
        (OK + b"Transfer-Encoding: \xc2\x9b2J\r\n\r\n", "the body is coded as \\x9b2J, which"),
        (b"HTTP/1.1 101 No\r\nUpgrade: x\r\n\r\nxx", "the server switches to another protocol (101), which nobody"),
    ],
    ids=itertools.count(),
)
def test_says_what_is_wrong_with_an_answer(sent: bytes, sentence: str) -> None:
    with ScriptedServer(saying(sent)) as server:
        status, _, stderr = run(server.url)
    assert status == 1
    assert stderr.startswith(f"read failed: {sentence}")
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://localhost/", "address resolution failed: https needs TLS"),
        ("ftp://localhost/", "address resolution failed: a URL is http://HOST"),
        ("http://", "address resolution failed: a URL is http://HOST"),
        ("http://user@localhost/", "address resolution failed: a URL is http://HOST"),
        ("http://local host/", "address resolution failed: a URL holds no spaces"),
        ("http://localhost/\r\nX: y", "address resolution failed: a URL holds no spaces"),
        ("http://localhost:65536/", "address resolution failed: Port out of range"),
        ("http://localhost:http/", "address resolution failed: Port could not be cast"),
        ("http://[::1/", "address resolution failed: Invalid IPv6 URL"),
        ("http://nobody.invalid/", "address resolution failed: lookup nobody.invalid: "),
    ],
)
def test_says_what_is_wrong_with_a_url(url: str, sentence: str) -> None:
    status, stdout, stderr = run(url)
    assert (status, stdout) == (1, b"")
    assert stderr.startswith(sentence)
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "address", "request_head"),
    [
        ("http://bing.com/", "bing.com:80", "GET / HTTP/1.1\r\nHost: bing.com\r\n\r\n"),  # the article's
        ("bing.com", "bing.com:80", "GET / HTTP/1.1\r\nHost: bing.com\r\n\r\n"),
        ("127.0.0.1:9/?u=http://x", "127.0.0.1:9", "GET /?u=http://x HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n"),
        ("a/http://b", "a:80", "GET /http://b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("HTTP://Bing.com:80?q", "bing.com:80", "GET /?q HTTP/1.1\r\nHost: bing.com\r\n\r\n"),
        ("http://a:8080/b/c?d=%20&e#f", "a:8080", "GET /b/c?d=%20&e HTTP/1.1\r\nHost: a:8080\r\n\r\n"),
        ("http://[::1]:8080/", "[::1]:8080", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
        ("http://[fe80::1%25eth0]/", "[fe80::1%eth0]:80", "GET / HTTP/1.1\r\nHost: [fe80::1]\r\n\r\n"),
        (
            "http://bücher.example/é",
            "xn--bcher-kva.example:80",
            "GET /%C3%A9 HTTP/1.1\r\nHost: xn--bcher-kva.example\r\n\r\n",
        ),
    ],
)
def test_urls(text: str, address: str, request_head: str) -> None:
    url = URL(text)
    assert (url.address, url.request) == (address, request_head.encode())


def test_sends_the_originals_request() -> None:
    with ScriptedServer(saying(PAGE), "::1") as server:
        assert run(server.url)[0] == 0
    assert server.requests == [f"GET / HTTP/1.1\r\nHost: [::1]:{server.port}\r\n\r\n".encode()]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def silent_address() -> Iterator[syscall.SockaddrInet4]:
    """An address where a connection's first segment gets no answer: a listener whose queue is full."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield syscall.SockaddrInet4(listener.getsockname()[1], bytes((127, 0, 0, 1)))


def test_connection_refused() -> None:
    assert run(f"http://127.0.0.1:{unused_port()}/") == (1, b"", "connection failed: connection refused\n")


def test_connection_timed_out() -> None:
    with silent_address() as silent:
        url = f"http://127.0.0.1:{silent.port}/"
        assert run(url, "--timeout", "0.3") == (1, b"", "connection failed: connection timed out\n")


def test_tries_each_address_in_turn() -> None:
    refusing = syscall.SockaddrInet6(unused_port(), bytes(15) + b"\x01")
    with socket.create_server(("127.0.0.1", 0)) as listener, silent_address() as silent:
        good = syscall.SockaddrInet4(listener.getsockname()[1], bytes((127, 0, 0, 1)))
        # The silent one takes no more than its share of the time.
        connected = connect_to_any([refusing, silent, good], time.monotonic() + 2)
        with connected:
            assert syscall.getpeername(connected.fd) == good
        with pytest.raises(Failed, match=r"^connection failed: connection refused$"):
            connect_to_any([silent, refusing], time.monotonic() + 0.2)


def never_answer(connection: socket.socket) -> None:
    connection.recv(1)


def answer_for_ever(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(bytes(65536))


@pytest.mark.parametrize("script", [never_answer, answer_for_ever])
def test_the_timeout_covers_all_of_it(script: Callable[[socket.socket], None]) -> None:
    with ScriptedServer(script) as server:
        status, _, stderr = run(server.url, "--timeout", "0.3")
        assert (status, stderr) == (1, "read failed: connection timed out\n")


def test_what_can_be_read_does_not_put_the_deadline_off(stream: tuple[int, int]) -> None:
    a, b = stream
    syscall.write(a, b"more")
    wait(NetSocket(b), time.monotonic() + SECONDS)
    with pytest.raises(TimeoutError):
        wait(NetSocket(b), time.monotonic())


def test_interrupted_by_the_user() -> None:
    with ScriptedServer(never_answer) as server, Program("http_client", server.url) as program:
        while not server.requests:
            time.sleep(0.005)
            assert program.running()
        assert program.stop(signal.SIGINT) == 130
        assert program.stderr == ""


def test_a_reader_that_has_seen_enough() -> None:
    with ScriptedServer(answer_for_ever) as server:
        command = [sys.executable, "-m", "examples.http_client", server.url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.read(5) == b"HTTP/"
            process.stdout.close()
            assert process.wait(SECONDS) == 1
            assert process.stderr.read() == b""


def test_a_full_disk() -> None:
    with ScriptedServer(saying(PAGE)) as server, open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "examples.http_client", server.url]
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=SECONDS)
        assert (ended.returncode, ended.stderr) == (1, b"write failed: no space left on device\n")


def test_memory_does_not_grow_with_the_answer() -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(OK + b"Content-Length: 268435456\r\n\r\n")
        for _ in range(4096):
            connection.sendall(bytes(65536))

    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20)); "
    program = "from examples.http_client import main; raise SystemExit(main())"
    with ScriptedServer(script) as server:
        command = [sys.executable, "-c", limit + program, server.url]
        ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS)
        assert (ended.returncode, ended.stderr) == (0, b"")


def test_loads_no_socket_module() -> None:
    with ScriptedServer(saying(PAGE)) as server, watching_imports("http_client", server.url) as program:
        assert program.wait() == 0
        assert program.output() == PAGE + b"\n"
        assert program.stderr == "loaded: []\n"

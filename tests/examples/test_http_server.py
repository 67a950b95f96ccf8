"""http_server: what it answers, to good requests and bad ones, in one piece or in many."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ..http_peers import DATE, GET, LAST_GET, LAST_PAGE, PAGE, HTTPServer, receive, receive_all, undated
from ..programs import ROOT, SECONDS, Program, eventually, tool, traceable, traced_calls, tracing, watching_imports

HEAD_OF_PAGE = PAGE.removesuffix(b"<h1>hello world</h1>")
HEAD_OF_LAST_PAGE = LAST_PAGE.removesuffix(b"<h1>hello world</h1>")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer("--quiet") as server:
        yield server
        assert server.stop() == 0
        assert server.stderr.count("\n") == 1, server.stderr  # the address, and nothing went wrong


def request(*fields: str, line: str = "GET / HTTP/1.1", host: str = "Host: localhost", body: bytes = b"") -> bytes:
    return "\r\n".join([line, *([host] if host else []), *fields, "", ""]).encode() + body


def short(value: object) -> str:
    """A parameter in a test's name."""
    return repr(value)[:60]


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) [ -~]+\r\n", answer)
    assert found, answer
    return int(found[1])


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (LAST_GET, LAST_PAGE),
        (request("Connection: close", line="HEAD / HTTP/1.1"), HEAD_OF_LAST_PAGE),
        (request("Connection: close", "Content-Length: 5", line="POST / HTTP/1.1", body=b"hello"), LAST_PAGE),
        (request("Connection: close", line="POST / HTTP/1.1"), LAST_PAGE),
        (request(line="GET / HTTP/1.0", host=""), LAST_PAGE),
        (request("Connection: close, keep-alive", line="GET / HTTP/1.0"), LAST_PAGE),
    ],
    ids=short,
)
def test_answers_with_the_bytes_of_the_original_and_closes_where_asked_to_and_says_so(
    server: HTTPServer, sent: bytes, answer: bytes
) -> None:
    assert server.exchange(sent) == answer


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n\n" + LAST_GET,  # RFC 9112, 2.2: empty lines before a request are skipped
        LAST_GET.replace(b"\r\n", b"\n"),  # and a line may end with LF alone
        request("Connection: ,, CLOSE ,foo"),
        request("connection:close\t ", "X:", "Y: \xff"),
        request("Connection: close", line="GET http://localhost/a?b=%20&c=[1] HTTP/1.1"),
        request("Connection: close", line="GET /\xe9 HTTP/1.1"),
        request("Connection: close", line="GET / HTTP/1.9"),
        request("Connection: close", host="Host: [::1]:8080"),
        request("Connection: close", host="Host:"),
        request("Connection: close", *(f"X-{i}: y" for i in range(98))),
        request("Connection: close", "X: " + 32_000 * "y"),
        request("Connection: close", "Content-Length: 1048576", line="POST / HTTP/1.1", body=bytes(1048576)),
        request("Connection: close", "Content-Length: 3", body=b"\r\n\n"),
        request("Expect: something", line="GET / HTTP/1.0"),
    ],
    ids=short,
)
def test_takes_what_the_rfc_lets_a_client_send(server: HTTPServer, sent: bytes) -> None:
    assert server.exchange(sent) == LAST_PAGE


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (400, b"GET\r\n\r\n"),  # the original panics
        (400, b"GET /\r\n\r\n"),
        (400, b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, request(line="GET / HTTP/1.1 ")),
        (400, request(line="GET / a HTTP/1.1")),
        (400, request(line="G@T / HTTP/1.1")),
        (400, request(line="GET / http/1.1")),
        (400, request(line="GET / HTTP/1.10")),
        (400, request(line="GET /\x7f HTTP/1.1")),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),  # TLS
        (400, b"\0" + GET),
        (400, request(host="")),
        (400, request("Host: other")),
        (400, request(host="Host: a b")),
        (400, request(host="Host: a/b")),
        (400, request(host="Host: a@b")),
        (400, request(host="Host: a:b")),
        (400, request(host="Host: a:1:2")),
        (400, request(host="Host: a%2")),
        (400, request(host="Host: [::1")),
        (400, request(host="Host: [1::2::3]")),
        (400, request(host="Host: ::1")),
        (400, request(host="Host: é")),
        (400, request("Host: other", line="GET / HTTP/1.0")),
        (400, request(line="GET * HTTP/1.1")),
        (400, request(line="GET localhost/ HTTP/1.1")),
        (400, request(line="GET http:///x HTTP/1.1")),
        (400, b"\r" + GET),
        (400, b"\r\n\r\r\n" + GET),
        (400, request("no colon")),
        (400, request(": no name")),
        (400, request("X : y")),
        (400, request("X: y", " folded")),
        (400, request("X: \0")),
        (400, request("X: a\rb")),
        (400, request("X: \x1b[31m")),
        (400, b"GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
        (400, request("Content-Length: -1")),
        (400, request("Content-Length: +1")),
        (400, request("Content-Length: 1_0")),
        (400, request("Content-Length: 0x10")),
        (400, request("Content-Length:")),
        (400, request("Content-Length: 1 1")),
        (400, request("Content-Length: ٣")),
        (400, request("Content-Length: 1;")),
        (400, request("Content-Length: \xa01")),
        (400, request("Content-Length: 1, 1")),
        (400, request("Content-Length: 1", "Content-Length: 1")),
        (400, request("Content-Length: 1", "content-length: 2")),
        (400, request("Content-Length: " + "9" * 5000)),
        (400, request("Content-Length: 1", "Transfer-Encoding: chunked")),
        (413, request("Content-Length: 1048577")),
        (413, request("Content-Length: 999999999999999999")),  # the original allocates it
        (413, request("Expect: 100-continue", "Content-Length: 1048577")),
        (417, request("Expect: 200-ok", "Content-Length: 1")),
        (417, request("Expect: 100-continue", "Expect: 100-continue", "Content-Length: 1")),
        (431, request("X: " + 40_000 * "y")),
        (431, 40_000 * b"y"),
        (414, request(line=f"GET /{40_000 * 'y'} HTTP/1.1")),
        (431, request(*(f"X-{i}: y" for i in range(100)))),
        (501, request("Transfer-Encoding: gzip")),
        (501, request(line="DELETE / HTTP/1.1")),
        (501, request(line="OPTIONS * HTTP/1.1")),
        (501, request(line="CONNECT localhost:80 HTTP/1.1")),
        (501, request(line="get / HTTP/1.1")),
        (505, request(line="GET / HTTP/2.0")),
        (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ],
    ids=short,
)
def test_refuses_and_closes(server: HTTPServer, code: int, sent: bytes) -> None:
    answer = server.exchange(sent)
    assert status(answer) == code
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = head.split(b"\r\n")[1:]
    length = f"Content-Length: {len(body)}".encode()
    assert fields == [b"Content-Type: text/plain; charset=utf-8", length, DATE.rstrip(), b"Connection: close"]
    assert server.exchange(LAST_GET) == LAST_PAGE


def test_a_refused_head_request_has_no_body_in_its_answer(server: HTTPServer) -> None:
    answer = server.exchange(request("Content-Length: x", line="HEAD / HTTP/1.1"))
    assert status(answer) == 400
    assert answer.endswith(b"\r\n\r\n")


def test_a_client_that_sends_on_still_reads_the_refusal(server: HTTPServer) -> None:
    """Were the socket closed with something unread in it, the client's read would fail with ECONNRESET."""
    with server.connect() as client:
        client.sendall(request("Content-Length: 99999999", line="POST / HTTP/1.1"))
        for _ in range(64):
            client.sendall(bytes(65536))
        assert status(receive_all(client)) == 413


def test_many_requests_on_one_connection(server: HTTPServer) -> None:
    with server.connect() as client:
        for _ in range(100):
            client.sendall(GET)
            assert receive(client, len(PAGE)) == PAGE
        client.sendall(request("Content-Length: 100000", line="POST / HTTP/1.1", body=bytes(100_000)))
        assert receive(client, len(PAGE)) == PAGE
        client.sendall(request(line="HEAD / HTTP/1.1") + LAST_GET)
        assert receive_all(client) == HEAD_OF_PAGE + LAST_PAGE


def test_many_requests_in_one_piece(server: HTTPServer) -> None:
    post = request("Content-Length: 3", line="POST / HTTP/1.1", body=b"abc")
    assert server.exchange(1000 * (GET + post) + LAST_GET + GET) == 2000 * PAGE + LAST_PAGE


def test_a_request_after_the_last_is_not_answered_and_bad_ones_only_end_their_own_connection(
    server: HTTPServer,
) -> None:
    answer = server.exchange(GET + GET + b"bad\r\n\r\n" + GET)
    assert answer.startswith(2 * PAGE)
    assert status(answer[2 * len(PAGE) :]) == 400
    assert answer.count(b"HTTP/1.1 ") == 3


def test_a_request_in_single_bytes(server: HTTPServer) -> None:
    post = request("Content-Length: 3", "Connection: close", line="POST / HTTP/1.1", body=b"\r\nc")
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(post)):
            client.send(post[i : i + 1])
        assert receive_all(client) == LAST_PAGE


def test_http_1_0_keeps_the_connection_only_where_asked_to_and_says_so(server: HTTPServer) -> None:
    with server.connect() as client:
        client.sendall(request("Connection: Keep-Alive", line="GET / HTTP/1.0"))
        kept = HEAD_OF_PAGE[:-2] + b"Connection: keep-alive\r\n\r\n<h1>hello world</h1>"
        assert receive(client, len(kept)) == kept
        client.sendall(request(line="GET / HTTP/1.0"))
        assert receive_all(client) == LAST_PAGE


def test_expect_100_continue(server: HTTPServer) -> None:
    with server.connect() as client:
        client.sendall(request("Expect: 100-Continue", "Content-Length: 5", line="POST / HTTP/1.1"))
        assert receive(client, len(CONTINUE)) == CONTINUE
        client.sendall(b"hello" + request("Expect: 100-continue"))  # no body, nothing to continue
        assert receive(client, 2 * len(PAGE)) == 2 * PAGE
        # Whose body is there already need not be told.
        client.sendall(request("Expect: 100-continue", "Connection: close", "Content-Length: 5", body=b"hello"))
        assert receive_all(client) == LAST_PAGE


def test_a_client_that_ends_its_half_is_answered(server: HTTPServer) -> None:
    with server.connect() as client:
        client.sendall(GET + b"GET /half")
        client.shutdown(socket.SHUT_WR)
        assert receive_all(client) == PAGE


def test_logs_what_the_original_logs() -> None:
    with HTTPServer() as server:
        post = request("b-c: d", "B-C: e", "a: é", "Content-Length: 3", line="POST /x HTTP/1.1", body=b"hi\n")
        with server.connect() as client:
            client.sendall(post)
            receive(client, len(PAGE))
        server.exchange(b"bad\r\n\r\n")
        assert server.stop() == 0
        lines = server.stderr.splitlines()
    stamp = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
    assert all(stamp.match(line) for line in lines), lines
    assert [line[20:] for line in lines] == [
        f"http addr: {server.url}",
        "incoming connection",
        "reading request",
        "request: &{POST map[A:[é] B-C:[d e] Content-Length:[3] Host:[localhost]] [104 105 10] /x HTTP/1.1}",
        "writing response",
        "incoming connection",
        "reading request",
        "refused: 400 Bad Request: the request line is not METHOD TARGET VERSION",
    ]


def test_curl(server: HTTPServer, tmp_path: Path) -> None:
    curl = tool("curl")

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([curl, "-sS", "--noproxy", "*", *arguments], capture_output=True, timeout=SECONDS)

    assert run(server.url).stdout == b"<h1>hello world</h1>"
    assert undated(run("-i", server.url).stdout) == PAGE
    assert undated(run("-I", server.url).stdout) == HEAD_OF_PAGE
    assert run("-d", "hello", server.url).stdout == b"<h1>hello world</h1>"
    assert undated(run("-0i", server.url).stdout) == LAST_PAGE
    assert run("-iX", "DELETE", server.url).stdout.startswith(b"HTTP/1.1 501 ")
    assert undated(run("-iH", "Transfer-Encoding: chunked", "-d", "x", server.url).stdout) == PAGE
    assert undated(run("-ix", server.url, f"{server.url}/through?a#proxy").stdout) == PAGE  # an absolute-form target
    assert undated(run("-i", "--http2", server.url).stdout) == PAGE  # another protocol is not taken up

    big = tmp_path / "big"
    big.write_bytes(os.urandom(1024 * 1024))
    expecting = ["-iH", "Expect: 100-continue", "--expect100-timeout", "30"]
    for more in ([], ["-H", "Transfer-Encoding: chunked"]):
        done = run(*expecting, *more, "--data-binary", f"@{big}", server.url)
        assert undated(done.stdout) == CONTINUE + PAGE
    with big.open("ab") as file:
        file.write(b"!")
    assert run(*expecting, "--data-binary", f"@{big}", server.url).stdout.startswith(b"HTTP/1.1 413 ")
    for more in ([], ["-H", "Transfer-Encoding: chunked"]):
        done = run("-iH", "Expect:", *more, "--data-binary", f"@{big}", server.url)
        assert done.stdout.startswith(b"HTTP/1.1 413 ")

    reused = run("-w", "%{json}\n", "-o", os.devnull, "-o", os.devnull, server.url, server.url).stdout.splitlines()
    assert [json.loads(line)["num_connects"] for line in reused] == [1, 0]
    parallel = run("--parallel", "--parallel-max", "50", f"{server.url}/[1-500]")
    assert parallel.stdout == 500 * b"<h1>hello world</h1>", parallel.stderr


def mutated(rng: random.Random) -> bytes:
    """A valid request with up to four mistakes in it."""
    fields = [
        "Content-Length: 5",
        "Expect: 100-continue",
        "Transfer-Encoding: chunked",
        "Connection: keep-alive",
        "A: b",
    ]
    line = rng.choice(["GET / HTTP/1.1", "POST /x HTTP/1.1", "HEAD / HTTP/1.0", "PUT * HTTP/1.1"])
    bodies = [b"", b"hello", b"5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n", b"5\r\nhello\r\n00\r\n\r\n" + LAST_GET]
    text = bytearray(request(*rng.sample(fields, rng.randrange(4)), line=line, body=rng.choice(bodies)))
    for _ in range(rng.randrange(1, 5)):
        i, j = sorted(rng.choices(range(len(text) + 1), k=2))
        match rng.randrange(6):
            case 0:
                text[i:i] = bytes([rng.randrange(256)])
            case 1:
                text[i : i + 1] = b""
            case 2:
                text[i : i + 1] = rng.choice([b"\r", b"\n", b"\0", b" ", b":", b"\t", b"\xff"])
            case 3:
                text[i:i] = text[i:j]
            case 4:
                text[i:j] = b""
            case _:
                text[i:i] = rng.randbytes(rng.randrange(1, 9))
    return bytes(text)


def test_ten_thousand_malformed_requests(server: HTTPServer) -> None:
    rng = random.Random(9112)
    eventually(lambda: server.connections() == 0)
    before = server.descriptors()
    seen = set()
    for _ in range(10_000):
        with server.connect() as client:
            client.sendall(mutated(rng))
            client.shutdown(socket.SHUT_WR)
            answer = receive_all(client)
            while answer:  # each well-formed, the last one too
                head, _, rest = answer.partition(b"\r\n\r\n")
                seen.add(status(head + b"\r\n"))
                answer = rest[rest.find(b"HTTP/1.1 ") :] if b"HTTP/1.1 " in rest else b""
    assert {100, 200, 400, 417, 501} <= seen
    assert server.exchange(LAST_GET) == LAST_PAGE
    eventually(lambda: server.descriptors() == before)


def test_a_request_makes_no_call_that_could_be_avoided(tmp_path: Path) -> None:
    log = tmp_path / "strace"
    with HTTPServer("--quiet", preexec=traceable) as server, server.connect() as kept, ExitStack() as stack:
        with tracing(server.pid, log):
            kept.sendall(GET)
            receive(kept, len(PAGE))
            for _ in range(5):
                kept.sendall(GET)
                assert receive(kept, len(PAGE)) == PAGE
            os.kill(server.pid, signal.SIGSTOP)  # so that all are there at once
            clients = [stack.enter_context(server.connect()) for _ in range(5)]
            for client in clients:
                client.sendall(LAST_GET)
            os.kill(server.pid, signal.SIGCONT)
            for client in clients:
                assert receive_all(client) == LAST_PAGE
        made = [call.replace("epoll_pwait", "epoll_wait") for call in traced_calls(log)]
    begin = made.index("write") + 1
    # The signals may have cut a wait short.
    waits = [call for i, call in enumerate(made[begin:]) if call != "epoll_wait" or made[begin + i - 1] != "epoll_wait"]
    connections = ["accept4"] * 6 + ["read", "write", "close"] * 5
    assert waits[: 15 + 1 + len(connections)] == ["epoll_wait", "read", "write"] * 5 + ["epoll_wait", *connections]


def test_listens_where_it_is_told() -> None:
    with HTTPServer("--quiet", "--ip-addr", "127.0.0.2") as server:
        assert server.address[0] == "127.0.0.2"
        assert server.exchange(LAST_GET) == LAST_PAGE
        with pytest.raises(ConnectionRefusedError):  # the original listens on 0.0.0.0 whatever it is told
            socket.create_connection(("127.0.0.1", server.address[1]))
        with Program("http_server", "--ip-addr", "127.0.0.2", "--port", str(server.address[1])) as second:
            assert second.wait() == 1
            assert second.stderr == "bind failed: address already in use\n"


def test_ipv6() -> None:
    with HTTPServer("--quiet", "--ip-addr", "::1") as server:
        assert re.fullmatch(r"http://\[::1\]:\d+", server.url)
        assert server.exchange(LAST_GET) == LAST_PAGE


@pytest.mark.parametrize("arguments", [("--ip-addr", "localhost"), ("--port", "65536"), ("--idle-timeout", "nan")])
def test_wrong_arguments(arguments: tuple[str, str]) -> None:
    with Program("http_server", *arguments) as program:
        assert program.wait() == 2
        assert arguments[1] in program.stderr


def test_no_descriptor_outlives_exec() -> None:
    with HTTPServer("--quiet") as server, server.connect() as client:
        client.sendall(GET)
        receive(client, len(PAGE))
        for fd, target in server.descriptors().items():
            flags = re.search(r"flags:\s+([0-7]+)", Path(f"/proc/{server.pid}/fdinfo/{fd}").read_text())
            assert flags
            assert fd <= 2 or int(flags[1], 8) & os.O_CLOEXEC, target


def test_loads_no_socket_module() -> None:
    with watching_imports("http_server", "--port", "0") as program:
        port = int(program.wait_for(r"http addr: http://127\.0\.0\.1:(\d+)\n")[1])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(LAST_GET)
            assert receive_all(client) == LAST_PAGE
        assert program.stop() == 0
        assert program.stderr.endswith("loaded: []\n")


def test_programs_stay_small() -> None:
    for path in (ROOT / "examples").glob("*http*.py"):
        assert len(path.read_text().splitlines()) <= 250, path

"""http_server and requests that come again: the same answer and the same log as the first time."""

from __future__ import annotations

import re
import time

import pytest

from ..http_peers import GET, LAST_GET, LAST_PAGE, PAGE, HTTPServer, receive, receive_all
from ..programs import eventually
from .test_http_server import HEAD_OF_PAGE, request, status

OLD = request("Connection: keep-alive", line="GET / HTTP/1.0")
KEPT = PAGE.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n", 1)
ASKED = {
    "get": (GET, PAGE),
    "head": (request("X: é", line="HEAD /x HTTP/1.1"), HEAD_OF_PAGE),
    "old": (OLD, KEPT),
    "no body": (request("Content-Length: 0", line="POST / HTTP/1.1"), PAGE),
    "body": (request("Content-Length: 3", line="POST / HTTP/1.1", body=b"a\r\n"), PAGE),
    "long": (request("X: " + 3000 * "x"), PAGE),
}


def logged(server: HTTPServer) -> list[str]:
    """The log's lines behind the first, without the time of day."""
    lines = server.stderr.splitlines()[1:]
    assert all(re.match(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", line) for line in lines), lines
    return [line[20:] for line in lines]


@pytest.mark.parametrize("kind", ASKED)
def test_a_repeated_request_is_logged_as_the_first_was(kind: str) -> None:
    sent, answer = ASKED[kind]
    with HTTPServer() as server, server.connect() as client:
        for _ in range(5):
            client.sendall(sent)
            assert receive(client, len(answer)) == answer
        eventually(lambda: len(logged(server)) == 1 + 5 * 3)
        incoming, *lines = logged(server)
        assert incoming == "incoming connection"
        first = lines[:3]
        assert first[0] == "reading request"
        assert re.fullmatch(r"request: &\{.*\}", first[1])
        assert first[2] == "writing response"
        assert lines == 5 * first


@pytest.mark.parametrize("kind", ASKED)
def test_repeated_requests_in_one_piece_are_logged_as_the_first_was(kind: str) -> None:
    sent, answer = ASKED[kind]
    with HTTPServer() as server:
        assert server.exchange(10 * sent + LAST_GET) == 10 * answer + LAST_PAGE
        eventually(lambda: len(logged(server)) == 1 + 11 * 3)
        lines = logged(server)[1:-3]
        assert lines == 10 * lines[:3]


def test_a_repeated_request_on_another_connection_is_logged_as_the_first_was() -> None:
    with HTTPServer() as server:
        for _ in range(5):
            assert server.exchange(LAST_GET) == LAST_PAGE
        eventually(lambda: len(logged(server)) == 5 * 4)
        lines = logged(server)
        assert lines[0] == "incoming connection"
        assert "Connection:[close]" in lines[2]
        assert lines == 5 * lines[:4]


def test_the_log_of_a_repeated_request_has_its_own_time() -> None:
    with HTTPServer() as server, server.connect() as client:
        began = time.time()
        while time.time() < began + 2.5:
            client.sendall(GET)
            receive(client, len(PAGE))
            time.sleep(0.05)
        times = [line[:19] for line in server.stderr.splitlines() if "writing response" in line]
        assert len(set(times)) in (3, 4)
        assert times == sorted(times)
        assert abs(time.mktime(time.strptime(times[-1], "%Y/%m/%d %H:%M:%S")) - time.time()) < 10


def test_what_is_like_a_known_request_is_not_taken_for_it() -> None:
    with HTTPServer("--quiet") as server:
        for other in (GET[:-2] + b"X:\r\n\r\n", GET.replace(b"/", b"/ ", 1), b"\r" + GET, GET + b"\0\r\n\r\n", GET[1:]):
            with server.connect() as client:
                client.sendall(GET)
                assert receive(client, len(PAGE)) == PAGE
                client.sendall(other)
                if other.endswith(b"X:\r\n\r\n"):
                    assert receive(client, len(PAGE)) == PAGE
                    continue
                answer = receive_all(client).removeprefix(PAGE)
                assert status(answer) in (400, 501)


def test_a_known_request_in_the_midst_of_another_is_its_body() -> None:
    with HTTPServer() as server, server.connect() as client:
        client.sendall(GET)
        assert receive(client, len(PAGE)) == PAGE
        client.sendall(request(f"Content-Length: {len(GET)}", line="POST /outer HTTP/1.1"))
        server.wait_for("reading request\n(.*\n)*.*reading request\n")
        client.sendall(GET)
        assert receive(client, len(PAGE)) == PAGE
        eventually(lambda: "POST map" in server.stderr)
        assert server.stderr.count("request: &{GET") == 1
        client.sendall(GET[:20])
        time.sleep(0.05)
        client.sendall(GET)  # the end of a head that has begun
        assert status(receive_all(client)) == 400


def test_the_memory_for_known_requests_is_bounded() -> None:
    with HTTPServer("--quiet") as server, server.connect() as client:
        client.sendall(GET)
        assert receive(client, len(PAGE)) == PAGE
        before = server.memory()
        for i in range(20):
            client.sendall(b"".join(request(f"X-{i}-{j}: " + 1900 * "x") for j in range(500)))
            assert receive(client, 500 * len(PAGE)) == 500 * PAGE
        assert server.memory() - before < 4 * 1024 * 1024


def test_a_refused_request_is_refused_again() -> None:
    with HTTPServer() as server:
        bad = request("Content-Length: x")
        answers = {server.exchange(bad) for _ in range(3)}
        assert [status(answer) for answer in answers] == [400]
        lines = logged(server)
        assert lines == 3 * lines[:3]
        assert lines[2].startswith("refused: 400 Bad Request: ")


def test_nothing_that_a_client_sends_reaches_the_terminal_unescaped() -> None:
    """C1 characters, in UTF-8 and raw, what reverses the direction, and the ends of lines that are no LF."""
    with HTTPServer() as server:
        for text in ("\x9b31mred", "\x85\x90\x9d0;title\x9c", "\u202egnp.exe", "\u2028line", "\ufeff", "a\tb"):
            with server.connect() as client:
                for _ in range(2):
                    client.sendall(request(f"X: {text}", line=f"GET /{text.replace(chr(9), '')} HTTP/1.1"))
                    assert receive(client, len(PAGE)) == PAGE
        with server.connect() as client:
            client.sendall(GET.replace(b"/ ", b"/\x9b\xff\xc3( ", 1))
            assert receive(client, len(PAGE)) == PAGE
        eventually(lambda: len(logged(server)) == 6 * (1 + 2 * 3) + 4)
        log = server.output("stderr").decode()  # which it is: UTF-8
        assert {character for character in log if not character.isprintable()} == {"\n"}
        assert r"X:[\x9b31mred]" in log
        assert r"/\x9b31mred HTTP/1.1" in log
        assert r"\u202egnp.exe" in log
        assert r"\u2028line" in log
        assert r"X:[a\x09b]" in log
        assert r" /\x9b\xff\xc3( HTTP/1.1" in log


def test_the_log_is_written_at_once_with_the_answer() -> None:
    """Who has the answer finds the request in the log."""
    with HTTPServer() as server, server.connect() as client:
        for i in range(1, 20):
            client.sendall(GET)
            receive(client, len(PAGE))
            assert server.stderr.count("writing response") == i

"""http_server and what RFC 9112 (HTTP/1.1) and RFC 9110 (HTTP semantics) demand of a server that is no proxy.

Each test is named after its section. Not here: what only a proxy, a cache or a user agent must do.
"""

from __future__ import annotations

import email.utils
import re
import socket
import time
from collections.abc import Iterator

import pytest

from ..http_peers import DATE, GET, LAST_GET, LAST_PAGE, ORIGINAL_HEAD, PAGE, HTTPServer, receive, receive_all
from .test_http_server import CONTINUE, HEAD_OF_LAST_PAGE, request, short, status

CHUNKED = "Transfer-Encoding: chunked"
CLOSE = "Connection: close"


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer("--quiet") as server:
        yield server
        assert server.stop() == 0
        assert server.stderr.count("\n") == 1, server.stderr


def post(*fields: str, body: bytes = b"") -> bytes:
    return request(*fields, line="POST / HTTP/1.1", body=body)


# ------------------------------------------------------------------------------------------------ 2: messages, lines


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", b"GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n"],
    ids=short,
)
def test_2_2_whitespace_between_the_start_line_and_the_first_field_is_refused(server: HTTPServer, sent: bytes) -> None:
    assert status(server.exchange(sent)) == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"\r" + GET,
        b"GET / HTTP/1.1\rHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n",
        post(CHUNKED, body=b"5;\rx\r\nhello\r\n0\r\n\r\n"),
        post(CHUNKED, body=b"0\r\nA: b\rc\r\n\r\n"),
    ],
    ids=short,
)
def test_2_2_a_bare_cr_is_refused(server: HTTPServer, sent: bytes) -> None:
    assert status(server.exchange(sent)) == 400


def test_2_2_a_cr_whose_lf_comes_later_is_no_bare_cr(server: HTTPServer) -> None:
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"\r", b"\n\r", b"\n", LAST_GET[:16], LAST_GET[16:-1], LAST_GET[-1:]):
            client.sendall(piece)
            time.sleep(0.01)
        assert receive_all(client) == LAST_PAGE


@pytest.mark.parametrize("line", ["GET / HTTP/1.0", "GET / HTTP/1.1", "GET / HTTP/1.7"])
def test_2_3_every_minor_version_is_answered_as_http_1_1(server: HTTPServer, line: str) -> None:
    assert server.exchange(request(CLOSE, line=line)) == LAST_PAGE


# ------------------------------------------------------------------------------------------------ 3: the request line


@pytest.mark.parametrize("length", [40_000, 100_000])
def test_3_a_target_too_long_is_414(server: HTTPServer, length: int) -> None:
    assert status(server.exchange(f"GET /{length * 'x'} HTTP/1.1\r\nHost: a\r\n\r\n".encode())) == 414


def test_3_a_request_line_of_8000_octets_is_taken(server: HTTPServer) -> None:
    assert server.exchange(request(CLOSE, line=f"GET /{7986 * 'x'} HTTP/1.1")) == LAST_PAGE


def test_3_1_a_method_is_case_sensitive(server: HTTPServer) -> None:
    assert status(server.exchange(request(line="get / HTTP/1.1"))) == 501


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        request("Host: a"),
        request("host: localhost"),
        request(line="GET / HTTP/1.0", host="Host: a\r\nHost: a"),
        *(
            request(host=f"Host: {host}")
            for host in (
                "a b",
                "a/b",
                "a?b",
                "a#b",
                "u@a",
                "a,b c",
                "a:b",
                "a:1:2",
                "[::1",
                "::1]",
                "[x]",
                "a%",
                "a%2x",
                '"a"',
            )
        ),
    ],
    ids=short,
)
def test_3_2_a_request_without_one_good_host_is_refused(server: HTTPServer, sent: bytes) -> None:
    assert status(server.exchange(sent)) == 400


@pytest.mark.parametrize(
    "host", ["", "a", "a:", "a:80", "127.0.0.1:8080", "[::1]", "[::ffff:1.2.3.4]:80", "a%20b", "x_y.~z"]
)
def test_3_2_hosts_of_all_forms(server: HTTPServer, host: str) -> None:
    assert server.exchange(request(CLOSE, host=f"Host: {host}")) == LAST_PAGE


@pytest.mark.parametrize("target", ["http://localhost", "HTTP://a:80/b?c", "https://a/", "urn+x.y-1://a/"])
def test_3_2_2_the_absolute_form_is_taken(server: HTTPServer, target: str) -> None:
    assert server.exchange(request(CLOSE, line=f"GET {target} HTTP/1.1")) == LAST_PAGE


@pytest.mark.parametrize("target", ["*", "localhost", "localhost:80", "http:/a", "http:///a", "://a", "?a", "1a://b"])
def test_3_2_another_form_is_refused(server: HTTPServer, target: str) -> None:
    assert status(server.exchange(request(line=f"GET {target} HTTP/1.1"))) == 400


# ------------------------------------------------------------------------------------------------ 5: fields


@pytest.mark.parametrize(
    "field", ["X : y", "X\t: y", "Content-Length : 0", "Transfer-Encoding : chunked", ": y", "X", "X\xa0: y"]
)
def test_5_1_whitespace_before_the_colon_and_names_that_are_none_are_refused(server: HTTPServer, field: str) -> None:
    assert status(server.exchange(request(field))) == 400


@pytest.mark.parametrize("fold", [" y", "\ty", " ", " Content-Length: 5"])
def test_5_2_a_folded_line_is_refused(server: HTTPServer, fold: str) -> None:
    assert status(server.exchange(request("X: x", fold))) == 400


@pytest.mark.parametrize("octet", [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
def test_9110_5_5_control_characters_in_a_value_are_refused(server: HTTPServer, octet: int) -> None:
    assert status(server.exchange(request(f"X: a{chr(octet)}b"))) == 400


# ------------------------------------------------------------------------------------------------ 6: bodies


@pytest.mark.parametrize(
    "fields",
    [
        (CHUNKED, "Content-Length: 5"),
        ("Content-Length: 5", CHUNKED),
        ("Content-Length: 0", "Transfer-Encoding: identity"),
        (CHUNKED, CHUNKED),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: chunked, gzip",),
        ("Transfer-Encoding:",),
        ("Transfer-Encoding: ,",),
    ],
)
def test_6_3_framing_that_two_could_read_differently_is_refused_and_ends_the_connection(
    server: HTTPServer, fields: tuple[str, ...]
) -> None:
    answer = server.exchange(post(*fields, body=b"5\r\nhello\r\n0\r\n\r\n") + GET)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1


def test_6_1_transfer_encoding_in_http_1_0_is_refused_and_ends_the_connection(server: HTTPServer) -> None:
    line = "POST / HTTP/1.0"
    for fields in ((CHUNKED,), (CHUNKED, "Connection: keep-alive")):
        answer = server.exchange(request(*fields, line=line, body=b"5\r\nhello\r\n0\r\n\r\n") + GET)
        assert status(answer) == 400
        assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "coding",
    [
        "gzip", "identity", "gzip, chunked", "xchunked", "chunkedx", '"chunked"', "chunked;a=b", "chunked chunked",
        "\xa0chunked", "chunked\x85", "chun\u212aed",
    ],
)  # fmt: skip
def test_6_1_a_coding_that_is_not_known_is_501(server: HTTPServer, coding: str) -> None:
    """Also one that str.strip or str.lower would make `chunked` of."""
    answer = server.exchange(post(f"Transfer-Encoding: {coding}", body=b"5\r\nhello\r\n0\r\n\r\n") + GET)
    assert status(answer) == 501
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "CHUNKED\t", ",chunked,"])
def test_6_1_chunked_is_one_word_of_a_list_in_any_case(server: HTTPServer, coding: str) -> None:
    assert server.exchange(post(f"Transfer-Encoding: {coding}", CLOSE, body=b"5\r\nhello\r\n0\r\n\r\n")) == LAST_PAGE


def test_6_3_a_get_may_have_a_body(server: HTTPServer) -> None:
    get = request(CHUNKED, body=b"5\r\nGET /\r\n0\r\n\r\n")
    assert server.exchange(get + request("Content-Length: 5", body=b"GET /") + LAST_GET) == 2 * PAGE + LAST_PAGE


# ------------------------------------------------------------------------------------------------ 7: chunks

GOOD_CHUNKS = [
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
    b"a\r\n0123456789\r\n0\r\n\r\n",
    b"00005\r\nhello\r\n0000000000000000000\r\n\r\n",
    b"5;x\r\nhello\r\n0;y=z\r\n\r\n",
    b'5;x;y=z;q="a;b"\t\r\nhello\r\n0 ; y\r\n\r\n',
    b"5;\xff\r\nhello\r\n0\r\n\r\n",
    b"5\r\n0\r\n\r\n\r\n0\r\n\r\n",
    b"0\r\nA: b\r\nContent-Length: 7\r\nB:\r\n\r\n",
    b"100000\r\n" + bytes(0x100000) + b"\r\n0\r\n\r\n",
    1000 * b"1\r\nx\r\n" + b"0\r\n\r\n",
]


@pytest.mark.parametrize("chunks", GOOD_CHUNKS, ids=short)
def test_7_1_chunks_are_read_to_their_end(server: HTTPServer, chunks: bytes) -> None:
    """What comes behind is the next request, no byte sooner or later."""
    assert server.exchange(post(CHUNKED, body=chunks) + LAST_GET) == PAGE + LAST_PAGE


def test_7_1_chunks_in_single_bytes(server: HTTPServer) -> None:
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = b"".join(post(CHUNKED, body=chunks) for chunks in GOOD_CHUNKS[:10]) + LAST_GET
        for i in range(len(sent)):
            client.sendall(sent[i : i + 1])
        assert receive_all(client) == 10 * PAGE + LAST_PAGE


MALFORMED_CHUNKS = [
    (400, b"\r\n"),
    (400, b"hello\r\n"),
    (400, b"-5\r\nhello\r\n"),
    (400, b"+5\r\nhello\r\n"),
    (400, b"0x5\r\nhello\r\n"),
    (400, b"1_0\r\nhello\r\n"),
    (400, b" 5\r\nhello\r\n"),
    (400, b"5 \r\nhello\r\n"),
    (400, b"5 x\r\nhello\r\n"),
    (400, b"5,\r\nhello\r\n"),
    (400, b";x\r\nhello\r\n"),
    (400, b"\xd9\xa3\r\nabc\r\n"),  # a digit, but not of ASCII
    (400, b"5\nhello\n0\n\n"),
    (400, b"5;\nx\r\nhello\r\n"),
    (400, b"5;\0\r\nhello\r\n"),
    (400, b"5\rhello\r\n"),
    (400, b"5\r\nhello0\r\n\r\n"),
    (400, b"5\r\nhello!\r\n0\r\n\r\n"),
    (400, b"5\r\nhello\n0\r\n\r\n"),
    (400, b"5\r\nhello\r0\r\n\r\n"),
    (400, b"5\r\nhel\r\n0\r\n\r\n"),
    (400, b"0\r\nA: b\n\r\n"),
    (400, b"0\r\n\n"),
    (400, b"0\r\nno colon\r\n\r\n"),
    (400, b"0\r\nA : b\r\n\r\n"),
    (400, b"0\r\nA: b\r\n folded\r\n\r\n"),
    (400, b"0\r\nA: \x1b\r\n\r\n"),
    (400, b"0\r\n" + 2000 * b"A: b\r\n" + b"\r\n"),
    (400, b"0\r\nA: " + 9000 * b"b"),
    (400, b"5;" + 5000 * b"x"),
    (400, 20 * (b"1;" + 1000 * b"x" + b"\r\nx\r\n")),  # the extensions of all chunks together
    (400, 5000 * b"0"),
    (413, b"100001\r\n"),
    (413, b"80000000\r\n"),
    (413, b"100000000\r\nhello\r\n"),  # 5, in 32 bits
    (413, b"10000000000000005\r\nhello\r\n"),  # 5, in 64 bits
    (413, b"ffffffffffffffff\r\n"),
    (413, 100 * b"f" + b"\r\n"),
    (413, 17 * (b"10000\r\n" + bytes(65536) + b"\r\n")),
]


@pytest.mark.parametrize(("code", "chunks"), MALFORMED_CHUNKS, ids=short)
def test_7_1_malformed_and_endless_chunks_are_refused(server: HTTPServer, code: int, chunks: bytes) -> None:
    answer = server.exchange(post(CHUNKED, body=chunks))
    assert status(answer) == code
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert server.exchange(LAST_GET) == LAST_PAGE


def test_7_1_what_is_left_of_chunks_at_the_end_is_no_request(server: HTTPServer) -> None:
    with server.connect() as client:
        client.sendall(post(CHUNKED, body=b"5\r\nhello\r\n"))
        client.shutdown(socket.SHUT_WR)
        assert receive_all(client) == b""


def test_7_1_chunks_are_logged_as_their_content() -> None:
    with HTTPServer() as server:
        server.exchange(post(CHUNKED, CLOSE, body=b"2;x\r\nhi\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n"))
        server.wait_for("writing response")
        fields = "Connection:[close] Host:[localhost] Transfer-Encoding:[chunked]"
        assert f" request: &{{POST map[{fields}] [104 105 33] / HTTP/1.1}}\n" in server.stderr


# ------------------------------------------------------------------------------------------------ 9: connections


@pytest.mark.parametrize("option", ["close", "CLOSE", "keep-alive, close", "x,\tClose ,"])
def test_9_6_after_close_no_request_is_answered(server: HTTPServer, option: str) -> None:
    assert server.exchange(request(f"Connection: {option}") + GET) == LAST_PAGE


def test_9_3_http_1_1_stays_and_http_1_0_where_it_asks(server: HTTPServer) -> None:
    kept = ORIGINAL_HEAD + DATE + b"Connection: keep-alive\r\n\r\n<h1>hello world</h1>"
    old = request("Connection: Keep-Alive", line="GET / HTTP/1.0")
    # By its Kelvin sign this is another word.
    other = request("Connection: \u212aeep-alive", line="GET / HTTP/1.0")
    assert server.exchange(old + GET + old + other + GET) == kept + PAGE + kept + LAST_PAGE


# ------------------------------------------------------------------------------------------------ RFC 9110


def test_9110_6_6_1_every_answer_has_the_date(server: HTTPServer) -> None:
    for sent in (GET, LAST_GET, request(line="HEAD / HTTP/1.1"), b"bad\r\n\r\n", post("Content-Length: 9999999")):
        with server.connect() as client:
            before = int(time.time())
            client.sendall(sent)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += client.recv(65536)
            dates = re.findall(rb"^Date: (.*)\r$", answer, re.MULTILINE)
            assert len(dates) == 1
            told = email.utils.parsedate_to_datetime(dates[0].decode())
            assert before <= told.timestamp() <= time.time()
            assert email.utils.format_datetime(told, usegmt=True).encode() == dates[0]


def test_9110_6_6_1_the_date_goes_on_while_a_connection_stays(server: HTTPServer) -> None:
    with server.connect() as client:
        dates: list[float] = []
        while len(set(dates)) < 3:
            before = int(time.time())
            client.sendall(GET)
            head = client.recv(65536).partition(b"\r\n\r\n")[0].decode()
            dates.append(email.utils.parsedate_to_datetime(head.rpartition("Date: ")[2]).timestamp())
            assert before <= dates[-1] <= time.time()
            assert len(dates) < 10_000
            time.sleep(0.01)
        assert dates == sorted(dates)


@pytest.mark.parametrize("fields", [(), ("Content-Length: 0",)])
def test_9110_9_3_2_head_has_the_fields_of_get_and_no_body(server: HTTPServer, fields: tuple[str, ...]) -> None:
    assert server.exchange(request(CLOSE, *fields, line="HEAD / HTTP/1.1")) == HEAD_OF_LAST_PAGE


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (400, b"HEAD\r\n\r\n"),
        (400, b"\r\nHEAD / HTTP/1.1\r\n\r\n"),
        (400, b"HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (400, b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
        (413, b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"),
        (413, b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n99999999\r\n"),
        (414, b"HEAD /" + 40_000 * b"x"),
        (417, b"HEAD / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n"),
        (431, b"HEAD / HTTP/1.1\r\nHost: " + 40_000 * b"x"),
        (501, b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
        (505, b"HEAD / HTTP/2.0\r\n\r\n"),
    ],
    ids=short,
)
def test_9110_9_3_2_a_refused_head_has_no_body_either(server: HTTPServer, code: int, sent: bytes) -> None:
    for before, answers in ((b"", b""), (GET, PAGE)):
        answer = server.exchange(before + sent)
        assert answer.startswith(answers)
        answer = answer.removeprefix(answers)
        assert status(answer) == code
        assert answer.endswith(b"\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"HEAD / HT",
        b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
        b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
    ids=short,
)
def test_9110_9_3_2_a_head_that_takes_too_long_is_refused_without_a_body(sent: bytes) -> None:
    with HTTPServer("--quiet", "--request-timeout", "0.1") as server:
        answer = server.exchange(sent)
        assert status(answer) == 408
        assert answer.endswith(b"\r\nConnection: close\r\n\r\n")
        assert server.exchange(sent.replace(b"HEAD", b"POST")).endswith(b"the request took too long\n")


def test_9110_10_1_1_who_waits_for_100_gets_it_before_the_content(server: HTTPServer) -> None:
    with server.connect() as client:
        client.sendall(post("Expect: 100-continue", CHUNKED))
        assert receive(client, len(CONTINUE)) == CONTINUE
        client.sendall(b"5\r\nhello\r\n0\r\n\r\n")
        assert receive(client, len(PAGE)) == PAGE
        client.sendall(
            request("Expect: 100-continue", "Content-Length: 5", CLOSE, line="POST / HTTP/1.0", body=b"hello")
        )
        assert receive_all(client) == LAST_PAGE  # HTTP/1.0 does not know of it


# ------------------------------------------------------------------------------------------------ 11: smuggling


AMBIGUOUS = [
    post("Content-Length: 44", CHUNKED, body=b"0\r\n\r\n" + GET),
    post(CHUNKED, "Content-length: 5", body=b"0\r\n\r\n" + GET),
    post("Content-Length: 0", "Content-Length: 40", body=GET),
    post("Content-Length: 0, 40", body=GET),
    post("Content-Length: +0", body=GET),
    post("Content-Length: 0x0", body=GET),
    post("Content-Length: 0_0", body=GET),
    post("Content-Length: \x0b0", body=GET),
    post("Content-Length:\xa00", body=GET),
    post("Content-Length : 0", body=GET),
    post("Content_Length\xad: 0", body=GET),
    post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + GET),
    post("Transfer-Encoding : chunked", body=b"0\r\n\r\n" + GET),
    post("Transfer-Encoding\x0b: chunked", body=b"0\r\n\r\n" + GET),
    post("X: y\nTransfer-Encoding: chunked\nContent-Length: 5", body=b"0\r\n\r\n" + GET),
    post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + GET),
    post(CHUNKED, body=b"0;\n\r\n\r\n" + GET),
    post(CHUNKED, body=b"1;\nx\r\n0\r\n\r\n" + GET),
    post(CHUNKED, body=b"1\r\nxyz0\r\n\r\n" + GET),
    post(CHUNKED, body=b"0\r\nContent-Length : 1\r\n\r\n" + GET),
]


@pytest.mark.parametrize("sent", AMBIGUOUS, ids=short)
def test_11_2_no_second_request_is_found_in_what_is_ambiguous(server: HTTPServer, sent: bytes) -> None:
    answer = server.exchange(sent + GET)
    assert status(answer) in (400, 501)
    assert answer.count(b"HTTP/1.1 ") == 1

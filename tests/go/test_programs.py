"""The article's programs in Go and in Python: they talk to each other, say and send the same, make the same calls."""

import re
import socket
from collections.abc import Iterator
from difflib import unified_diff
from random import Random

import pytest

from tests.examples.test_http_rfc9112 import AMBIGUOUS, CHUNKED, GOOD_CHUNKS, MALFORMED_CHUNKS, post
from tests.examples.test_http_server import mutated
from tests.http_peers import GET, receive_all, undated
from tests.namespaces import in_namespace
from tests.programs import Program

from . import toolchain
from .plays import LANGUAGES, PAIRS, PLAYS, Outcome, Play, make_cable, needs_strace, perform
from .traces import MAY_DIFFER

_DATE = re.compile(r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |Date: .* GMT$)", re.MULTILINE)


def words(outcome: Outcome) -> tuple[str, str]:
    """What server and client said, without the time of day."""
    return _DATE.sub("TIME ", outcome.server.said), _DATE.sub("TIME ", outcome.client.said)


@in_namespace
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.title)
def test_every_pair_talks_in_the_same_words_and_bytes(play: Play) -> None:
    make_cable()
    outcomes = {pair: perform(play, *pair) for pair in PAIRS}
    for outcome in outcomes.values():
        assert (outcome.server.status, outcome.client.status) == (0, 0), words(outcome)
        assert re.search(r"<h1>hello world</h1>|received response: Hello", outcome.client.said)
        assert [sent.by_client for sent in outcome.wire] == [True, False]
    first = outcomes[PAIRS[0]]
    assert {pair: words(outcome) for pair, outcome in outcomes.items()} == dict.fromkeys(PAIRS, words(first))
    wires = {
        pair: [sent._replace(data=undated(sent.data)) for sent in outcome.wire] for pair, outcome in outcomes.items()
    }
    assert wires == dict.fromkeys(PAIRS, wires[PAIRS[0]])


@in_namespace
def test_the_same_socket_calls_with_the_same_arguments_in_the_same_order() -> None:
    if reason := needs_strace():
        pytest.skip(reason)
    make_cable()
    made = []
    for play in PLAYS:
        go, python = (perform(play, language, language, traced=True) for language in LANGUAGES)
        for of_go, of_python in ((go.server, python.server), (go.client, python.client)):
            theirs, ours = ([call.common for call in side.calls if call.common] for side in (of_go, of_python))
            assert len(theirs) > 5
            assert ours == theirs, "\n".join(unified_diff(theirs, ours, "Go", "Python", lineterm=""))
            made += of_go.calls + of_python.calls
    used = {reason for call in made for reason in call.reasons}
    assert [rule.reason for rule in MAY_DIFFER if rule.always and rule.reason not in used] == []


def requests() -> Iterator[bytes]:
    """Good ones and bad ones, each with one behind that only a bad one hides."""
    random = Random(9112)
    for _ in range(1500):
        yield mutated(random)
    for _, chunks in MALFORMED_CHUNKS:
        yield post(CHUNKED, body=chunks)
    for chunks in GOOD_CHUNKS:
        yield post(CHUNKED, body=chunks) + GET
        for _ in range(20):
            at, more = random.randrange(len(chunks[:100])), random.choice([b"", b"0", b"\r", b"\n", b";", b" ", b"\0"])
            yield post(CHUNKED, body=chunks[:at] + more + chunks[at + 1 :]) + GET
    yield from AMBIGUOUS


def test_both_http_servers_answer_and_log_alike() -> None:
    arguments = ("--port", "0")
    with (
        Program("http_server", command=[toolchain.program("http_server"), *arguments]) as go,
        Program("http_server", *arguments) as python,
    ):
        ports = [int(server.wait_for(r"http addr: http://127.0.0.1:(\d+)\n")[1]) for server in (go, python)]
        for request in requests():
            answers = []
            for port in ports:
                with socket.create_connection(("127.0.0.1", port), 30) as client:
                    client.sendall(request)
                    client.shutdown(socket.SHUT_WR)
                    answers.append(receive_all(client))
            assert answers[0] == answers[1], request
        assert (go.stop(), python.stop()) == (0, 0)
        logs = [
            _DATE.sub("TIME ", server.stderr).replace(str(port), "PORT")
            for server, port in zip((go, python), ports, strict=True)
        ]
        assert logs[0].splitlines() == logs[1].splitlines()

"""http_server --workers: several processes on one port, under one that passes signals on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from ..http_peers import GET, LAST_GET, LAST_PAGE, PAGE, HTTPServer, receive, receive_all
from ..programs import Program, eventually, tool, watching_imports
from ..wire import run

COUNT = 3


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def sockets(pid: int) -> int:
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
    return count


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def workers(*arguments: str) -> Iterator[tuple[HTTPServer, list[int]]]:
    """A server, and its workers."""
    with HTTPServer("--workers", str(COUNT), *arguments) as server:
        pids = children(server.pid)
        assert len(pids) == COUNT
        yield server, pids


def connections(stack: ExitStack, server: HTTPServer, pids: list[int]) -> list[socket.socket]:
    """So many connections that each worker has one: the kernel shares them out by chance."""
    clients: list[socket.socket] = []
    while not all(sockets(pid) > 1 for pid in pids):
        assert len(clients) < 200, "one worker gets nothing"
        client = stack.enter_context(server.connect())
        client.sendall(GET)
        assert receive(client, len(PAGE)) == PAGE
        clients.append(client)
    return clients


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_all_workers_answer_on_one_port(address: str) -> None:
    with workers("--quiet", "--ip-addr", address) as (server, pids), ExitStack() as stack:
        clients = connections(stack, server, pids)
        assert sum(sockets(pid) - 1 for pid in pids) == len(clients)
        assert sockets(server.pid) == 1
        for client in clients:
            client.sendall(LAST_GET)
            assert receive_all(client) == LAST_PAGE
        assert server.stop() == 0
        assert server.stderr.count("\n") == 1
        assert not any(map(is_running, pids))


def test_a_client_that_knows_http_is_answered_by_all() -> None:
    with workers("--quiet") as (server, pids):
        for _ in range(60):
            done = subprocess.run([tool("curl"), "-sS", server.url], capture_output=True, check=True)
            assert done.stdout == b"<h1>hello world</h1>"
        assert server.stop() == 0
    with workers("--quiet") as (server, pids):
        command = [tool("wrk"), "-t", "1", "-c", "32", "-d", "1", server.url]
        done = subprocess.run(command, capture_output=True, check=True)
        assert b"Socket errors" not in done.stdout
        assert b"Non-2xx" not in done.stdout
        for pid in pids:
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            assert int(after_name[11]) + int(after_name[12]) > 0, f"{pid} has done nothing"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_them_all(number: signal.Signals) -> None:
    with workers() as (server, pids), ExitStack() as stack:
        connections(stack, server, pids)
        assert server.stop(number) == 0
        assert not any(map(is_running, pids))
        assert "worker" not in server.stderr
        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_ctrl_c_which_goes_to_all_ends_them_all() -> None:
    with HTTPServer("--workers", str(COUNT), "--quiet", preexec=os.setsid) as server:
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait() == 0
        assert server.stderr.count("\n") == 1


def test_a_worker_that_dies_is_told_of_and_the_others_go_on() -> None:
    with workers("--quiet") as (server, pids), ExitStack() as stack:
        os.kill(pids[0], signal.SIGKILL)
        server.wait_for(f"worker {pids[0]} has ended with status -9\n")
        connections(stack, server, pids[1:])
        assert children(server.pid) == pids[1:]  # none was started anew
        assert server.stop() == 1
        assert not any(map(is_running, pids))


def test_when_all_workers_have_died_the_server_ends() -> None:
    with workers("--quiet") as (server, pids):
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        assert server.wait() == 1
        for pid in pids:
            assert f"worker {pid} has ended with status 0\n" in server.stderr


def test_no_worker_outlives_the_server() -> None:
    with workers("--quiet") as (server, pids):
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        eventually(lambda: not any(map(is_running, pids)))


def test_a_port_in_use_is_said_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        ended = run("http_server", "--workers", "3", "--port", port)
        assert ended == (1, "", "bind failed: address already in use\n")
    with HTTPServer("--quiet") as server:
        ended = run("http_server", "--workers", "3", "--port", str(server.address[1]))
        assert ended == (1, "", "bind failed: address already in use\n")
    with workers("--quiet") as (server, _):  # its port is for its own workers, if not asked to share it
        ended = run("http_server", "--port", str(server.address[1]))
        assert ended == (1, "", "bind failed: address already in use\n")


def test_a_worker_that_cannot_begin_ends_them_all() -> None:
    """No descriptor is left for the worker's epoll instance."""

    def few_descriptors() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (7, 7))

    with Program("http_server", "--workers", "2", "--port", "0", preexec=few_descriptors) as program:
        assert program.wait() == 1
        assert "failed: too many open files" in program.stderr
        assert "http addr" not in program.stderr
        assert "Traceback" not in program.stderr


@pytest.mark.parametrize("count", ["0", "-1", "257", "many"])
def test_a_number_of_workers_that_makes_no_sense_is_refused(count: str) -> None:
    ended = run("http_server", "--workers", count)
    assert ended.status == 2
    assert "argument --workers:" in ended.stderr


def descriptors(pid: int) -> list[str]:
    """A process's descriptors, but for one that a newer libffi keeps of its own file."""
    numbers = os.listdir(f"/proc/{pid}/fd")
    return [number for number in numbers if "/libffi.so" not in os.readlink(f"/proc/{pid}/fd/{number}")]


def test_descriptors_of_a_worker() -> None:
    """The listener, epoll, and the pipe that a signal writes to; none of them is for programs that it starts."""
    with workers("--quiet") as (server, pids):
        for pid in (server.pid, *pids):
            for name in descriptors(pid):
                if int(name) > 2:
                    flags = Path(f"/proc/{pid}/fdinfo/{name}").read_text().split("flags:")[1].split()[0]
                    assert int(flags, 8) & os.O_CLOEXEC
        assert [len(descriptors(pid)) for pid in pids] == [3 + 4] * COUNT
        assert len(descriptors(server.pid)) == 3 + 1


def test_the_workers_load_no_socket_module() -> None:
    with watching_imports("http_server", "--workers", "2", "--port", "0") as program:
        program.wait_for("http addr")
        assert program.stop() == 0
        assert program.stderr.endswith("loaded: []\n")


def test_a_signal_that_comes_at_once_ends_it() -> None:
    for delay in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3):
        with Program("http_server", "--workers", "2", "--port", "0", "--quiet") as program:
            time.sleep(delay)
            program.stop()
            assert "worker" not in program.stderr

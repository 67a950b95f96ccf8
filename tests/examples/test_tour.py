"""python3 -m examples: the tour, as root, as anybody, where namespaces are forbidden, and where it goes wrong."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.shared.frames import hexdump, summary
from examples.shared.packet_capture import CallCapture
from examples.tour import laboratory, stage

from .. import limits
from ..limits import needs
from ..namespaces import drop_root, forbid_networks, in_namespace, run_in_namespace
from ..programs import ROOT, SECONDS, Program, eventually, tool, watching_imports
from ..wire import Ended

PARTS = [
    "http_server and http_client",
    "udp_server and udp_client",
    "chao_server and chao_client",
    "the same with --ethertype",
    "arping",
    "ping over IPv4",
    "ping over IPv6",
    "dhcp_client",
    "sniff",
    "ls",
    "watch",
    "run",
]
REFUSAL = "unshare: No space left on device (the limit is /proc/sys/user/max_*_namespaces)"
TOUR = [sys.executable, "-m", "examples"]


def tour(*names: str, command: list[str] = TOUR, preexec: Callable[[], None] | None = None) -> Ended:
    with Program("tour", command=[*command, *names], preexec=preexec) as program:
        return Ended(program.wait(10 * SECONDS), program.output().decode(), program.stderr)


def outcomes(ended: Ended) -> dict[str, str]:
    """The last lines of a tour: what it says of each part."""
    lines = ended.stdout.rpartition("\n\n")[2].splitlines()
    return {line[:28].rstrip(): line[30:] for line in lines}


def need_network() -> None:
    """Skip the test where this machine gives no private network."""
    run_in_namespace(int)


def without_privileges() -> None:
    """Take the capabilities from the programs that this process starts, root's or not."""
    for capability in range(64):
        # Without this one the kernel lets nobody be root in a user namespace who is root outside.
        if capability != syscall.CAP_SETFCAP:
            with suppress(OSError):  # this kernel has no such capability, or this process is not root's
                syscall.raw_syscall(syscall.SYS_PRCTL, syscall.PR_CAPBSET_DROP, capability)


@pytest.fixture(scope="module")
def whole() -> Ended:
    """The whole tour, as whoever runs the tests."""
    need_network()
    tool("dnsmasq")
    return tour()


@needs(limits.PACKET_AUXDATA)
def test_everything_works(whole: Ended) -> None:
    assert outcomes(whole) == dict.fromkeys(PARTS, "worked")
    assert (whole.status, whole.stderr) == (0, "")


@pytest.mark.parametrize(
    "shown",
    [
        "$ python3 -m examples.http_client http://10.77.0.2:8080/",
        "<h1>hello world</h1>",
        "incoming connection",
        "bytes  TCP 10.77.0.1:",
        "received response: Hello, UDP server!",
        "bytes  UDP 10.77.0.1:",
        "received request: Hello, custom chao protocol!",
        "received response: Hello, custom chao protocol!",
        "32 bytes  CHAO 'Hello, custom chao protocol!'",
        "0000  43 48 41 4f 48 65 6c 6c 6f 2c 20 63 75 73 74 6f  CHAOHello, custo",
        "> ff:ff:ff:ff:ff:ff, type 0x88b5, CHAO 'Hello, custom chao protocol!'",
        "ARP who has 10.77.0.2? tell 10.77.0.1",
        "Unicast reply from 10.77.0.2",
        "ICMP 10.77.0.1 > 10.77.0.2, echo request",
        "ICMP 10.77.0.2 > 10.77.0.1, echo reply",
        "ICMPv6 [fd77::2] > [fd77::1], echo reply",
        "3 packets transmitted, 3 received, 0% packet loss",
        "DHCPACK of 10.77.0.1",
        "UDP 0.0.0.0:68 > 255.255.255.255:67",
        "ICMP 10.77.0.1 > 10.77.0.2, echo request, length 98",
        "4 frames, 392 bytes, 0 dropped, ",
        '$ mkdir directory; ln -s directory link; echo hello >"$(printf "caf\\351")"\n',
        "  $ python3 -m examples.ls\n    -rw",
        " caf\\xe9\n    drwx",
        " link -> directory\n  worked\n",
        "  $ python3 -m examples.watch &\n    watching ....\n  $ mkdir directory\n    created ./directory\n  $ echo ",
        "    changed ./directory/file\n  $ mv directory/file file\n    deleted ./directory/file\n    created ./file\n",
        "$ python3 -m examples.run -- sh -c 'cat /proc/sys/kernel/hostname; echo process $$ of user $(id -u); exit 7'",
        "    container\n    process 1 of user 0\n  status 7\n  worked\n",
    ],
)
@needs(limits.PACKET_AUXDATA)
def test_the_transcript_shows_what_is_said_and_what_goes_over_the_wire(whole: Ended, shown: str) -> None:
    assert shown in whole.stdout


@needs(limits.PACKET_AUXDATA)
def test_it_needs_no_privileges() -> None:
    need_network()
    tool("dnsmasq")
    ended = tour(preexec=without_privileges)
    assert ended.stdout.startswith("A private network, in a user namespace: ")
    assert outcomes(ended) == dict.fromkeys(PARTS, "worked")
    assert (ended.status, ended.stderr) == (0, "")


@contextmanager
def public_copy() -> Iterator[Path]:
    """The programs where every user may read them."""
    folder = Path(tempfile.mkdtemp())
    try:
        for package in ("pysyscall", "examples"):
            shutil.copytree(ROOT / package, folder / package)
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)


@needs(limits.PACKET_AUXDATA)
def test_a_user_who_is_not_root_sees_it_too() -> None:
    need_network()
    with public_copy() as folder:
        for python in (sys.executable, "/usr/bin/python3"):
            try:
                done = subprocess.run(
                    [python, "-m", "examples", "udp", "chao", "ping", "ls", "watch", "run"],
                    cwd=folder,
                    env={"PATH": os.defpath},
                    preexec_fn=drop_root,
                    capture_output=True,
                    text=True,
                )
            except (PermissionError, FileNotFoundError):
                continue  # root's own Python
            assert outcomes(Ended(0, done.stdout, "")) == dict.fromkeys(
                [*PARTS[1:4], *PARTS[5:7], *PARTS[9:]], "worked"
            )
            assert (done.returncode, done.stderr) == (0, "")
            return
    pytest.skip(f"no user but root may run {sys.executable}, and there is no /usr/bin/python3")


@needs(limits.PACKET_AUXDATA)
def test_where_networks_are_forbidden_http_and_udp_work_and_the_reasons_of_the_rest_are_said() -> None:
    need_network()
    ended = tour(preexec=forbid_networks)
    assert ended.stdout.startswith(f"This machine gives no private network: {REFUSAL}. ")
    said = outcomes(ended)
    assert list(said) == PARTS
    assert [said[part] for part in PARTS[:2]] == ["worked", "worked"]
    for part in (*PARTS[2:5], *PARTS[7:9]):
        assert said[part] == f"could not be shown here: needs a private network ({REFUSAL})"
    for part in PARTS[5:7]:
        assert said[part] == "worked" or "CAP_NET_RAW" in said[part]
    assert [said[part] for part in PARTS[9:]] == [
        "worked",
        "worked",
        "could not be shown here: fork_exec failed: no space left on device",
    ]
    assert (ended.status, ended.stderr) == (0, "")


@needs(limits.PACKET_AUXDATA)
def test_without_ipv6_that_is_said() -> None:
    def loopback_alone() -> None:
        Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6").write_text("1")
        ended = tour("ping", preexec=forbid_networks)
        assert outcomes(ended)["ping over IPv6"] == "could not be shown here: there is no IPv6 here"
        assert ended.status == 0

    run_in_namespace(loopback_alone)


@needs(limits.PACKET_AUXDATA)
def test_without_a_dhcp_server_that_is_said() -> None:
    need_network()
    hide = f'mount --bind /dev/null {tool("dnsmasq")} && exec "$@"'
    command = [tool("unshare"), "--map-root-user", "--mount", "sh", "-c", hide, "sh", *TOUR]
    ended = tour("dhcp", command=command)
    assert outcomes(ended) == {
        "dhcp_client": "could not be shown here: there is no DHCP server to ask, as dnsmasq is not installed"
        " (Debian: dnsmasq-base)"
    }
    assert ended.status == 0


@needs(limits.PACKET_AUXDATA)
def test_what_fails_is_said_and_makes_the_tour_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_network()
    server = tmp_path / "dnsmasq"
    server.write_text("#!/bin/sh\necho no addresses left\nexit 3\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    ended = tour("udp", "dhcp")
    assert outcomes(ended) == {
        "udp_server and udp_client": "worked",
        "dhcp_client": "FAILED: the server has not said 'DHCP, IP range'",
    }
    assert "    no addresses left\n" in ended.stdout
    assert ended.status == 1


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


READY = "import time; print('ready', flush=True)"
SERVE = f"{READY}; time.sleep(600)"


@pytest.mark.parametrize(
    ("server", "client", "failure"),
    [
        (SERVE, "print('something else')", "the client did not say 'words'"),
        (SERVE, "print('words'); exit(3)", "the client ended with status 3"),
        (SERVE, "print('words')", "the server ended with status -15"),
        (f"{READY}; exit(3)", "print('words')", "the server ended with status 3"),
        ("print('steady'[:3])", "print('words')", "the server has not said 'ready'"),
    ],
)
def test_a_program_that_does_not_do_its_part_has_failed(server: str, client: str, failure: str) -> None:
    here = stage.Stage("no network")
    with pytest.raises(stage.Failed) as failed, here.server("ready", python(server)):
        here.client("words", python(client))
    assert str(failed.value) == failure
    assert_no_children()


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("print('words'); exit(3)", "the client ended with status 3"),
        ("print('words')", "the client ended with status 0"),
        ("print('words, and more'); exit(7)", r"the client did not say '\\Awords\n\\Z'"),
        ("print('not allowed, it seems'); exit(7)", r"the client did not say '\\Awords\n\\Z'"),
    ],
)
def test_a_client_that_should_end_with_a_status_does(code: str, failure: str) -> None:
    here = stage.Stage("")
    with pytest.raises(stage.Failed) as failed:
        here.client("\\Awords\n\\Z", python(code), status=7, refused="^not allowed")
    assert str(failed.value) == failure
    here.client("\\Awords\n\\Z", python("print('words'); exit(7)"), status=7, refused="^not allowed")
    with pytest.raises(stage.CouldNot, match="not allowed, by root"):
        here.client("words", python("print('not allowed, by root'); exit(1)"), status=7, refused="^not allowed")


def test_a_program_beside_says_what_it_is_asked_to_or_has_failed() -> None:
    reader = f"import os, signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); {READY}"
    reader += "; print(*os.listdir(), flush=True); time.sleep(600)"
    before = os.getcwd()
    here = stage.Stage("")
    with here.folder():
        here.shell("echo words >file")
        with here.beside("ready", python(reader)) as wait_for:
            wait_for("^ready\nfile\n$")
            here.seconds = 0.2
            with pytest.raises(stage.Failed, match="the server has not said 'something else'"):
                wait_for("something else")
            here.seconds = 30
    assert os.getcwd() == before
    assert_no_children()


def test_no_server_is_waited_for_for_ever() -> None:
    with (
        pytest.raises(stage.Failed, match="the server has not said 'ready'"),
        stage.Stage("no network", seconds=0.2).server("ready", python("import time; time.sleep(600)")),
    ):
        pytest.fail("it was ready")
    assert_no_children()


def test_no_client_is_waited_for_for_ever() -> None:
    with pytest.raises(stage.Failed, match=r"the client still ran after 0.2 seconds"):
        stage.Stage("no network", seconds=0.2).client("words", python("import time; time.sleep(600)"))
    assert_no_children()


def test_no_servers_end_is_waited_for_for_ever() -> None:
    here = stage.Stage("no network")
    deaf = python(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVE}")
    with (
        pytest.raises(stage.Failed, match="SIGTERM did not end the server"),
        here.server("ready", deaf),
    ):
        here.seconds = 0.2
    assert_no_children()


def assert_no_children() -> None:
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@needs(limits.PACKET_AUXDATA)
@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["http_client"], PARTS[:1]),
        (["chao"], PARTS[2:4]),
        (["udp", "ping"], [PARTS[1], *PARTS[5:7]]),
        (["watch", "ls"], PARTS[9:11]),
    ],
)
def test_parts_may_be_asked_for(names: list[str], parts: list[str]) -> None:
    need_network()
    ended = tour(*names)
    assert outcomes(ended) == dict.fromkeys(parts, "worked")
    assert ended.status == 0


def test_a_name_of_nothing_is_refused() -> None:
    ended = tour("tcp")
    assert (ended.status, ended.stdout) == (2, "")
    assert "there is no 'tcp'; there is arping, chao, " in ended.stderr


@needs(limits.PACKET_AUXDATA)
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)],
)
def test_it_leaves_no_process_behind(number: signal.Signals, status: int) -> None:
    need_network()
    with Program("tour", command=[*TOUR, "ping"], preexec=os.setsid) as program:
        program.wait_for("examples.ping", "stdout")
        assert program.stop(number) == status
        eventually(lambda: not _group_exists(program.pid))
        assert "Traceback" not in program.stderr


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    need_network()
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*TOUR, "udp"], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@needs(limits.PACKET_AUXDATA)
def test_neither_it_nor_any_program_loads_the_socket_module() -> None:
    need_network()
    with watching_imports("__main__", "udp") as program:
        assert program.wait() == 0
        assert program.stderr == "loaded: []\n"
    ended = tour(command=["env", "PYTHONPROFILEIMPORTTIME=1", *TOUR])
    loaded = {line.rpartition("|")[2].strip() for line in (ended.stdout + ended.stderr).splitlines() if "|" in line}
    assert {
        "pysyscall",  # which has loaded its modules without the machinery that is shown
        "examples.shared.chao",
        "examples.shared.http_messages",
        "examples.shared.net_socket",
    } <= loaded
    assert not loaded & {"socket", "_socket"}


@needs(limits.PACKET_AUXDATA)
@in_namespace
def test_a_capture_knows_when_and_which_way_each_frame_went() -> None:
    laboratory.add_pair("eth0", "eth1")
    for name in ("eth0", "eth1"):
        laboratory.set_up(name)
    for name in ("eth0", "eth1"):
        laboratory.wait_for_carrier(name)
    near, far = (syscall.interface_by_name(name).index for name in ("eth0", "eth1"))
    with CallCapture(near) as capture, CallCapture(far) as other:
        assert list(capture.both_ways()) == []
        before = time.time()
        frames = [b"CHAO%010d" % i for i in range(3)]
        for frame in frames:
            syscall.write(capture.fd, frame)
        syscall.write(other.fd, frames[0])
        after = time.time()
        seen = list(other.both_ways())
        assert [(outgoing, frame.data) for outgoing, frame in seen] == [(False, frame) for frame in frames]
        assert [(outgoing, frame.data) for outgoing, frame in capture.both_ways()] == [(False, frames[0])]
        times = [frame.time / 1e9 for _, frame in seen]
        assert sorted(times) == times
        assert all(before - 0.001 <= moment <= after + 0.001 for moment in times)
        with CallCapture(near) as third:
            syscall.write(capture.fd, frames[1])
            assert [(outgoing, frame.data) for outgoing, frame in third.both_ways()] == [(True, frames[1])]


ETHERNET = bytes.fromhex("020000000002020000000001")


@given(st.sampled_from(["", "0800", "0806", "86dd", "88b5"]), st.binary(max_size=120))
@example("0800", bytes([0x4F]) + bytes(19))
@example("86dd", bytes(40))
def test_any_frame_has_its_line(ethertype: str, payload: bytes) -> None:
    line = summary(ETHERNET + bytes.fromhex(ethertype) + payload)
    assert line.isprintable()


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        ("", "no Ethernet header, but 0 bytes"),
        (ETHERNET.hex() + "08", "no Ethernet header, but 13 bytes"),
        (ETHERNET.hex() + "1234", "02:00:00:00:00:01 > 02:00:00:00:00:02, type 0x1234"),
        (b"CHAOa\nb".hex(), "CHAO 'a\\nb'"),
        (
            ETHERNET.hex() + "0800" + "45000028000040004006" + "0000" + "0a4d0001" + "0a4d0002"
            "1f901f91" + "0000000000000000" + "5012" + "0000" * 3 + "beef",
            "TCP 10.77.0.1:8080 > 10.77.0.2:8081, SYN+ACK",
        ),
        (
            ETHERNET.hex() + "0800" + "4500001e000040004006" + "0000" + "0a4d0001" + "0a4d0002" + "1f901f91",
            "IPv4 10.77.0.1 > 10.77.0.2, protocol 6",
        ),
    ],
)
def test_a_frames_line(frame: str, line: str) -> None:
    assert summary(bytes.fromhex(frame)) == line


def test_a_hexdump() -> None:
    assert list(hexdump(b"CHAO\0\xff and so on")) == [
        "0000  43 48 41 4f 00 ff 20 61 6e 64 20 73 6f 20 6f 6e  CHAO.. and so on"
    ]
    assert list(hexdump(b"0123456789abcdefg"))[1] == "0010  67" + " " * 47 + "g"

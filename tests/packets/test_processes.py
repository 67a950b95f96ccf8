"""Rings and the processes that have them: forked children, and the end of the interpreter."""

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

import pysyscall as syscall
from examples.shared.forked import become

from .. import limits
from ..limits import needs
from ..make_stubs import ROOT
from ..namespaces import in_namespace
from ..programs import traceable, traced_calls, tracing
from .test_receive_ring import WAIT, ring_and_sender, take
from .test_transmit_ring import numbered, received, ring_and_receiver

OF_ANOTHER_PROCESS = "the ring belongs to the process that made it, and this is a child of it"


def end_in_a_child(function: Callable[[], object], fork: Callable[[], int] = os.fork) -> int:
    """Run a function in a forked child that then ends as Python ends, but for what pytest would do; its status."""
    pid = fork()
    if pid == 0:
        become(function)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def libc_fork() -> int:
    """fork(2) without Python's knowledge of it, as a C library might."""
    pid: int = ctypes.CDLL(None).fork()
    return pid


FORKS = pytest.mark.parametrize("fork", [os.fork, libc_fork])


@needs(limits.PACKET_RING)
@in_namespace
@FORKS
def test_a_child_that_leaves_the_block_leaves_it_to_its_parent(fork: Callable[[], int]) -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE, retire=1) as (ring, sender):
        sender.send(3, lambda number: 1000)
        with ring.frames(WAIT) as frames:
            views = [each.data for each in frames]
            contents = [bytes(view) for view in views]

            def leave() -> None:
                with frames:
                    assert [bytes(each.data) for each in frames] == contents
                    views.clear()
                    sys.exit(7)

            def close() -> None:
                views.clear()
                ring.close()
                gc.collect()

            assert end_in_a_child(leave, fork) == 7
            assert end_in_a_child(close, fork) == 0
            # For many times round the ring.
            sender.send(100, lambda number: 1000)
            assert [bytes(view) for view in views] == contents
            views.clear()
        ring.statistics()
        while len(ring.frames(100)):  # some of the hundred may still be on their way
            pass
        sender.send(2)
        assert take(ring, 2) == sender.sent[-2:]


@needs(limits.PACKET_RING)
@in_namespace
@FORKS
def test_a_child_takes_nothing_from_its_parents_ring(fork: Callable[[], int]) -> None:
    with ring_and_sender(blocks=4, block_size=PAGESIZE, retire=1) as (ring, sender):
        sender.send(2)

        def try_all() -> None:
            for use in (ring.frames, ring.statistics):
                with pytest.raises(ValueError, match=OF_ANOTHER_PROCESS):
                    use()
            ring.close()
            ring.close()
            with pytest.raises(ValueError, match="the ring is closed"):
                ring.frames()

        assert end_in_a_child(try_all, fork) == 0
        assert ring.statistics().packets == 2
        assert take(ring, 2) == sender.sent


@needs(limits.PACKET_RING)
@in_namespace
def test_a_child_may_have_a_ring_of_its_own() -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE, retire=1) as (ring, sender):

        def receive() -> None:
            address = syscall.getsockname(ring.fd)
            assert isinstance(address, syscall.SockaddrLinklayer)
            with syscall.PacketRing(address.ifindex, address.protocol, blocks=2, block_size=PAGESIZE) as own:
                sender.send()
                assert take(own, 1) == sender.sent[-1:]
                assert end_in_a_child(own.close) == 0
                sender.send()
                assert take(own, 1) == sender.sent[-1:]

        assert end_in_a_child(receive) == 0


@needs(limits.PACKET_RING)
@in_namespace
@FORKS
def test_a_child_sends_nothing_of_its_parents(fork: Callable[[], int]) -> None:
    with ring_and_receiver(4, 2048) as (ring, receiver):
        ring.put(numbered(1))

        def try_all() -> None:
            with ring:
                if fork is os.fork:
                    with pytest.raises(ValueError, match=OF_ANOTHER_PROCESS):
                        ring.put(numbered(99))
                with pytest.raises(ValueError, match=OF_ANOTHER_PROCESS):
                    ring.put_all([numbered(99)])
                with pytest.raises(ValueError, match=OF_ANOTHER_PROCESS):
                    ring.flush()
            with pytest.raises(ValueError, match="the ring is closed"):
                ring.put(numbered(99))

        assert end_in_a_child(try_all, fork) == 0
        assert received(receiver) == []
        ring.put(numbered(2))
        assert end_in_a_child(try_all, fork) == 0
        ring.flush()
        assert received(receiver) == [numbered(1), numbered(2)]


def test_a_childs_batch_is_its_own(dgram: tuple[int, int]) -> None:
    batch = syscall.MessageBatch(2, 10)
    batch.put(0, b"parent's")

    def change() -> None:
        batch.put(0, b"child's")
        batch.send(dgram[0], 1)

    assert end_in_a_child(change) == 0
    assert bytes(batch.payload(0)) == b"parent's"
    assert batch.recv(dgram[1]) == 1
    assert bytes(batch.payload(0)) == b"child's"


# The end


def output(program: str) -> str:
    """What a program writes, both ways."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


MAKE = """if True:
    import atexit, builtins, gc, sys
    import pysyscall as syscall
    def rings():
        ring = syscall.PacketRing(1, blocks=1, block_size=65536, retire=1)
        syscall.sendto(syscall.lsf_socket(1, 0), bytes(64), 0, syscall.SockaddrLinklayer(0, 1, addr=bytes(6)))
        frames = ring.frames()
        assert len(frames)
        return ring, frames, iter(frames), next(iter(frames)), syscall.TransmitRing(1), syscall.MessageBatch(1, 1)
"""


@needs(limits.PACKET_RING)
@in_namespace
@pytest.mark.parametrize(
    "kept",
    [
        "kept = rings()",
        "builtins.kept = rings()",
        "sys.kept = rings()",
        "kept = list(rings()); kept.append(kept); del kept",
        "kept = list(rings()); kept.append(kept)",
        "gc.disable(); kept = list(rings()); kept.append(kept); del kept",
        "sys.modules['pysyscall'].kept = rings()",
        "atexit.register(rings)",
        "kept = rings(); sys.exit(0)",
        "class Kept:\n        kept = rings()\n        def __del__(self): self.kept[0].close()\n    kept = Kept()",
    ],
)
def test_what_is_alive_at_the_end_of_the_interpreter_goes_quietly(kept: str) -> None:
    assert output(f"{MAKE}    {kept}\n") == ""


@pytest.mark.parametrize("name", ["PacketRing", "TransmitRing", "Frames", "Frame", "MessageBatch"])
@pytest.mark.parametrize("arguments", ["bogus=1", "*range(20)", "'wrong', 'wrong', 'wrong'"])
def test_an_object_that_was_never_made_goes_quietly(name: str, arguments: str) -> None:
    program = f"""if True:
        import gc
        import pysyscall as syscall
        class Derived(syscall.{name}):
            def __init__(self): pass
        for make in (Derived, lambda: syscall.{name}.__new__(syscall.{name}), lambda: syscall.{name}({arguments})):
            try:
                make()
            except (TypeError, OverflowError, OSError):
                pass
            gc.collect()
    """
    assert output(program) == ""


def test_a_ring_whose_making_was_left_out_is_closed() -> None:
    class Derived(syscall.PacketRing):
        def __init__(self) -> None:
            pass

    class DerivedTransmit(syscall.TransmitRing):
        def __init__(self) -> None:
            pass

    with Derived() as ring, pytest.raises(ValueError, match="the ring is closed"):
        ring.frames()
    with DerivedTransmit() as transmit:
        with pytest.raises(ValueError, match="the ring is closed"):
            transmit.put(b"")
        with pytest.raises(ValueError, match="the ring is closed"):
            transmit.put_all([])
        with pytest.raises(ValueError, match="the ring is closed"):
            transmit.flush()


@needs(limits.PACKET_RING)
@in_namespace
def test_what_keeps_memory_in_order_is_called_as_a_block_comes_and_as_it_goes() -> None:
    """x86 keeps that order by itself: no test sees a lack of it there, but for the calls that do it elsewhere.

    getpid(2) is what does it, twice for each block; four more times it tells whether this is a child.
    """
    blocks = 5
    with ring_and_sender(blocks=8, block_size=PAGESIZE) as (ring, sender), NamedTemporaryFile() as log:
        traceable()
        with tracing(os.getpid(), Path(log.name), "-e", "trace=getpid"):
            for _ in range(blocks):
                sender.send()
                take(ring, 1)
        calls = traced_calls(Path(log.name))
    assert calls == ["getpid"] * blocks * (2 + 4)

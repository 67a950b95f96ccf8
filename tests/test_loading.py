"""First calls at bad moments: where nothing can be loaded any more, where a load is interrupted, and from many threads.

Each in a Python of its own, which has loaded nothing before.
"""

import os
import subprocess
import sys

import pytest

import pysyscall as syscall

from . import limits
from .limits import needs
from .programs import ROOT

# What a module that is loaded late says where it cannot be.
ADVICE = "a program that changes its root or user, may run out of descriptors"
LATE = f"""
def is_refused(name):
    try:
        getattr(syscall, name)
    except ImportError as error:
        assert f"{{name}} is loaded only now, and cannot be" in str(error), error
        assert {ADVICE!r} in str(error), error
        assert f"from pysyscall import {{name}}" in str(error), error
        return True
    return False
"""


def run(code: str, **variables: object) -> str:
    """What a program prints that may not say a word of complaint."""
    start = "import os, signal, sys\n" + "".join(f"{name} = {value!r}\n" for name, value in variables.items())
    command = [sys.executable, "-c", start + code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


EVERYTHING = LATE + "import pysyscall as syscall\nfrom tests.call_everything import call_everything\n"


@needs(limits.MALFORMED_CONTROL)
def test_after_a_chroot(tmp_path: object) -> None:
    code = (
        EVERYTHING
        + """
if os.geteuid():
    syscall.unshare(0x10000000)  # CLONE_NEWUSER: its name would load the table that must not be there yet
os.chroot(directory)
os.chdir("/")
call_everything()
print(is_refused("PacketRing"), is_refused("SYS_GETPID"))
"""
    )
    assert run(code, directory=str(tmp_path)) == "True True\n"


@needs(limits.MALFORMED_CONTROL)
def test_with_no_descriptor_left() -> None:
    code = (
        EVERYTHING
        + """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
try:
    while True:
        os.dup(2)
except OSError:
    pass
call_everything()
print(is_refused("PacketRing"), is_refused("SYS_GETPID"))
os.close(19)
syscall.PacketRing, syscall.SYS_GETPID
"""
    )
    assert run(code) == "True True\n"


def test_in_a_del_that_the_garbage_collector_calls_while_something_is_loaded() -> None:
    code = """
import gc
import pysyscall as syscall

waiting = vars(sys.modules["pysyscall.io.waiting"])

class Garbage:
    def __init__(self):
        self.itself = self

    def __del__(self):
        if not done:
            Garbage()  # for the next collection
            if "epoll_create" in waiting:  # it is being executed
                syscall.ppoll

done = False
gc.set_threshold(1)
Garbage()
syscall.epoll_create1
done = True
"""
    assert run(code) == ""


CYCLE = "cycle = Last()\ncycle.itself = cycle\n"


@needs(limits.MALFORMED_CONTROL)
@pytest.mark.parametrize("objects", ["last = Last()\n", CYCLE, "last = Last()\n" + CYCLE])
def test_in_a_del_as_the_interpreter_ends(objects: str) -> None:
    code = (
        EVERYTHING
        + """
class Last:
    def __del__(self):
        call_everything()
        os.write(1, b"%r" % (is_refused("PacketRing") and is_refused("SYS_GETPID")))
"""
    )
    assert run(code + objects) == "True" * objects.count("Last()")


def test_a_descriptor_that_is_closed_by_a_del_as_the_interpreter_ends() -> None:
    code = """
import pysyscall as syscall
class Pair:
    def __init__(self):
        self.fds = os.pipe()
    def __del__(self):
        for fd in self.fds:
            syscall.close(fd)
        os.write(1, b"closed")
pair = Pair()
"""
    assert run(code) == "closed"


@pytest.mark.parametrize("after", [0.0001 * n for n in range(1, 60, 4)])
def test_in_a_signal_handler_that_comes_while_something_is_loaded(after: float) -> None:
    code = """
import pysyscall as syscall
from signal import ITIMER_REAL, SIGALRM, setitimer
called = depth = 0
def handler(*_):
    global called, depth
    called += 1
    if depth == 20:  # on a slow machine the next signal comes before this handler has ended
        return
    depth += 1
    syscall.PacketRing, syscall.interfaces, syscall.Signal, syscall.SYS_GETPID
    try:
        syscall.close(-1)
    except OSError:
        pass
    depth -= 1
signal.signal(SIGALRM, handler)
setitimer(ITIMER_REAL, after, 0.0003)
ring = syscall.PacketRing
while not called:
    signal.pause()
setitimer(ITIMER_REAL, 0)
print(ring is syscall.PacketRing is syscall.packets.receive_ring.PacketRing, syscall.AF_PACKET)
"""
    assert run(code, after=after) == "True 17\n"


def test_a_handler_that_raises_leaves_signals_as_they_were() -> None:
    code = """
import pysyscall as syscall
class Enough(Exception): pass
def handler(*_):
    raise Enough
signal.signal(signal.SIGUSR1, handler)
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])
os.kill(os.getpid(), signal.SIGUSR1)
syscall.Signal  # the signal is blocked here, before and after
assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == blocked | {signal.SIGUSR1, signal.SIGTERM}
try:
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
except Enough:
    print(signal.pthread_sigmask(signal.SIG_BLOCK, []) == blocked)
class Finder:  # the signal comes while a module is looked for
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "pysyscall.packets":
            os.kill(os.getpid(), signal.SIGUSR1)
sys.meta_path.insert(0, Finder)
try:
    syscall.PacketRing
except Enough:
    print(signal.pthread_sigmask(signal.SIG_BLOCK, []) == blocked, syscall.PacketRing.__name__)
"""
    assert run(code) == "True\nTrue PacketRing\n"


def test_a_load_that_is_interrupted_by_itself_says_so() -> None:
    """By a signal that another thread took, or by a `__del__`; here, by the search for one of the modules."""
    code = (
        LATE
        + """
import pysyscall as syscall
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "pysyscall.packets.structs":
            sys.meta_path.remove(Finder)
            print(is_refused("PacketRing"))
            print(syscall.close_on_exec.__name__, syscall.Signal.__name__)
sys.meta_path.insert(0, Finder)
print(syscall.PacketRing.__name__)
"""
    )
    assert run(code) == "True\nclose_on_exec Signal\nPacketRing\n"


def test_six_threads_at_once() -> None:
    code = """
import threading
barrier, found, failures = threading.Barrier(6), set(), []
def work():
    try:
        barrier.wait()
        import pysyscall as syscall
        a, b = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM)
        syscall.write(a, b"hello")
        assert syscall.recvfrom(b, bytearray(9))[0] == 5
        found.add((syscall.PacketRing, syscall.interfaces, syscall.SYS_GETPID, syscall.recvfrom, syscall.Linger))
        syscall.close(a), syscall.close(b)
    except BaseException as failure:
        failures.append(repr(failure))
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), failures)
"""
    for _ in range(5):
        assert run(code) == "1 []\n"


def test_one_that_is_late_is_loaded_once_it_can_be() -> None:
    code = (
        LATE
        + """
import pysyscall as syscall
hidden, syscall.__path__[:] = list(syscall.__path__), []
print(is_refused("TransmitRing"))
syscall.__path__[:] = hidden
print(syscall.TransmitRing.__name__)
"""
    )
    assert run(code) == "True\nTransmitRing\n"


def test_every_constant_that_programs_with_sockets_and_descriptors_use_is_there_at_once() -> None:
    names = "AF_INET AF_UNIX SOCK_STREAM SOCK_CLOEXEC SOL_SOCKET SO_REUSEADDR MSG_DONTWAIT SCM_RIGHTS SHUT_WR SOMAXCONN"
    names += (
        " IPPROTO_TCP IPPROTO_IPV6 IPV6_V6ONLY TCP_NODELAY UDP_SEGMENT IP_PKTINFO INADDR_ANY EAGAIN ECONNRESET EPERM"
    )
    names += " O_NONBLOCK O_CLOEXEC F_GETFL FD_CLOEXEC SEEK_SET EPOLLIN EPOLLET EPOLL_CTL_ADD POLLIN EFD_CLOEXEC"
    code = f"""
import pysyscall as syscall
print(len([getattr(syscall, name) for name in {names!r}.split()]), "pysyscall.constants.other" in sys.modules)
"""
    assert run(code) == f"{len(names.split())} False\n"
    assert syscall.SYS_GETPID  # the others are found as well
    assert os.getpid() == syscall.syscall(syscall.SYS_GETPID)[0]

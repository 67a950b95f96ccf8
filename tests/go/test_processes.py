"""Processes as Go starts them, and what it says of their ends: the same here."""

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

import pysyscall as syscall
from pysyscall import Credential, ProcAttr, SysProcAttr, SysProcIDMap, WaitStatus

from . import oracle

UID, GID = os.getuid(), os.getgid()
ROOT = os.geteuid() == 0

# What a process is. Numbers of processes and of pipes differ from one to the next; which of them are equal does not.
SCRIPT = """
pwd
readlink /proc/self/root
echo "$0" $#
env | sort | grep -Ev '^(PWD|OLDPWD|_|SHLVL)='
grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|SigBlk|SigIgn|SigCgt|Umask|NSpid|TracerPid)' /proc/self/status
for name in cgroup ipc mnt net pid time user uts; do
    echo $name $(test $(readlink /proc/self/ns/$name) = ${1#*$name=} && echo shared || echo own)
    shift
done
read pid name state parent group session terminal foreground rest < /proc/self/stat
echo group $((group == $$ || group == pid)) session $((session == $$)) terminal $((terminal != 0))
for fd in /proc/self/fd/*; do test ${fd##*/} -lt 10 && echo fd ${fd##*/} $(readlink $fd); done
cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
"""
NAMES = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
ARGV = ["sh", "-c", SCRIPT, "sh", *(f"{name}={os.readlink(f'/proc/self/ns/{name}')}" for name in NAMES)]
ENV = [f"PATH={os.environ.get('PATH', '/usr/bin:/bin')}", "ONE=1", "EMPTY=", "UMLAUT=\u00fc"]
FILES = ["null", "pipe", "pipe"]

NEWUSER = syscall.CLONE_NEWUSER
OWN = syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWNET | syscall.CLONE_NEWCGROUP
MAPS: dict[str, Any] = {"uid_mappings": [SysProcIDMap(0, UID, 1)], "gid_mappings": [SysProcIDMap(0, GID, 1)]}
MANY = [SysProcIDMap(0, 1000, 10), SysProcIDMap(50, 5000, 3)]
USER = {} if ROOT else {"cloneflags": NEWUSER, **MAPS}  # with which a plain user may do more


def question(**given: Any) -> oracle.Question:
    return {"argv0": "/bin/sh", "argv": ARGV, "files": FILES, "dir": "", "env": ENV, "sys": None} | given


STARTS: dict[str, oracle.Question] = {
    "plain": question(),
    "in a directory": question(dir="/usr"),
    "with no environment": question(env=[]),
    "with no arguments of its own": question(argv0="/bin/true", argv=["true"]),
    "descriptors closed and in another order": question(files=["pipe", "pipe", "null", "closed", "pipe", "null"]),
    "fewer descriptors than three": question(files=["null", "pipe"]),
    "setsid": question(sys={"setsid": True}),
    "setpgid": question(sys={"setpgid": True}),
    "pdeathsig": question(sys={"pdeathsig": syscall.SIGTERM}),
    "chroot": question(sys={"chroot": "/", **USER}),
    "unshared": question(sys={"unshareflags": OWN | NEWUSER, **MAPS}),
    "unshared without maps": question(sys={"unshareflags": NEWUSER}),
    "cloned": question(sys={"cloneflags": OWN | NEWUSER, **MAPS}),
    "cloned without maps": question(sys={"cloneflags": OWN | NEWUSER}),
    "cloned with another PID namespace": question(sys={"cloneflags": NEWUSER | syscall.CLONE_NEWPID, **MAPS}),
    "cloned with another time": question(sys={"cloneflags": NEWUSER | syscall.CLONE_NEWTIME, **MAPS}),
    "setgroups allowed": question(sys={"cloneflags": NEWUSER, "gid_mappings_enable_setgroups": True, **MAPS}),
    "many ids": question(
        sys={
            "cloneflags": NEWUSER,
            "uid_mappings": MANY,
            "gid_mappings": MANY,
            "credential": Credential(51, 2, [3, 52]),
        }
    ),
    "many ids, setgroups allowed": question(
        sys={
            "cloneflags": NEWUSER,
            "uid_mappings": MANY,
            "gid_mappings": MANY,
            "gid_mappings_enable_setgroups": True,
            "credential": Credential(51, 2, [3, 52]),
        }
    ),
    "a credential": question(sys={"credential": Credential(4321, 4322, [7, 8])}),
    "a credential without groups": question(sys={"credential": Credential(UID, GID, no_set_groups=True)}),
    "a credential in a namespace": question(sys={"cloneflags": NEWUSER, "credential": Credential(0, 0), **MAPS}),
    "ambient capabilities": question(sys={"cloneflags": NEWUSER, "ambient_caps": [0, 5, 34], **MAPS}),
    "ambient capabilities of a user": question(sys={"credential": Credential(4321, 4321), "ambient_caps": [25, 34]}),
    "all of it": question(
        dir="/usr",
        sys={
            "cloneflags": OWN | NEWUSER,
            "setsid": True,
            "pdeathsig": syscall.SIGKILL,
            "credential": Credential(0, 0),
            "ambient_caps": [21],
            **MAPS,
        },
    ),
    # What fails
    "no program": question(argv0="/nowhere"),
    "no program but a directory": question(argv0="/usr"),
    "no permission": question(argv0="/etc/passwd"),
    "no directory": question(dir="/nowhere"),
    "no directory, in a namespace": question(dir="/nowhere", sys={"cloneflags": NEWUSER}),
    "a NUL": question(argv=["a\0b"]),
    "a NUL in the path": question(argv0="/bin/\0sh"),
    "a bad descriptor": question(files=["null", "bad"]),
    "a bad descriptor below": question(files=["pipe", *["closed"] * 778, "bad"]),
    "no root": question(sys={"chroot": "/nowhere", **USER}),
    "a session's leader in a group": question(sys={"setsid": True, "setpgid": True}),
    "a group that is not there": question(sys={"setpgid": True, "pgid": 1}),
    "no terminal to leave": question(sys={"noctty": True}),
    "no terminal to get": question(sys={"setsid": True, "setctty": True, "ctty": 0}),
    "no terminal to be in the foreground of": question(sys={"foreground": True, "ctty": 0}),
    "a signal that there is not": question(sys={"pdeathsig": 200}),
    "namespaces that there are not": question(sys={"unshareflags": 1}),
    "maps of nothing": question(sys={"cloneflags": NEWUSER, "uid_mappings": [SysProcIDMap(0, 0, 0)]}),
    "maps that overlap": question(sys={"cloneflags": NEWUSER, "uid_mappings": [MANY[0], MANY[0]]}),
    # Maps without a namespace are EPERM here. In Go parent and child then wait for each other, for ever.
    "a user without an id": question(sys={"cloneflags": NEWUSER, "credential": Credential(9, 0), **MAPS}),
    "a capability that there is not": question(sys={"ambient_caps": [63]}),
    "a capability beyond all": question(sys={"ambient_caps": [100]}),
    "setctty and foreground": question(sys={"setctty": True, "foreground": True}),
    "setctty of no descriptor": question(sys={"setsid": True, "setctty": True, "ctty": 3}),
}


def camel(name: str) -> str:
    """Go's name of a field. JSON takes any case."""
    return name.replace("_", "")


def in_json(value: Any) -> Any:
    """Our objects as Go's JSON has them."""
    if isinstance(value, (Credential, SysProcIDMap)):
        return {camel(name): in_json(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, dict):
        return {camel(name): in_json(each) for name, each in value.items()}
    return [in_json(each) for each in value] if isinstance(value, list) else value


def for_go(q: oracle.Question) -> oracle.Question:
    attr = {"dir": q["dir"], "env": q["env"], "sys": in_json(q["sys"])}
    return {"ask": "start", "argv0": q["argv0"], "argv": q["argv"], "files": q["files"], "attr": attr}


def ours(q: oracle.Question) -> oracle.Answer:
    reading, writing = os.pipe()
    null = os.open("/dev/null", os.O_RDONLY)
    try:
        files = [{"null": null, "pipe": writing, "closed": -1, "bad": 777}[file] for file in q["files"]]
        sys = None if q["sys"] is None else SysProcAttr(**q["sys"])
        pid = syscall.fork_exec(q["argv0"], q["argv"], ProcAttr(q["dir"], q["env"], files, sys))
        os.close(writing)
        writing = -1
        with open(reading, "rb", closefd=False) as f:
            said = f.read()
        return {"pid": pid, "said": said.hex(), "status": int(syscall.wait4(pid)[1])}
    except ValueError:
        return oracle.REFUSED
    except OSError as error:
        return oracle.REFUSED if error.errno == syscall.EINVAL else {"errno": error.errno}
    finally:
        os.close(reading)
        os.close(null)
        if writing != -1:
            os.close(writing)


def common(answer: oracle.Answer) -> oracle.Answer:
    """The answer without the numbers that differ."""
    if "said" not in answer:
        return answer
    said = bytes.fromhex(answer["said"]).decode()
    said = re.sub(r"pipe:\[\d+\]", "pipe", said)
    said = re.sub(r"(?m)^(NSpid:).*", lambda found: f"{found[1]} {len(found[0].split()) - 1}", said)
    said = re.sub(r"/proc/\d+/fd", "/proc/PID/fd", said)
    return {"said": said.splitlines(), "status": answer["status"]}


@pytest.mark.parametrize("name", STARTS)
def test_a_process_begins_as_gos_does(name: str) -> None:
    (go,) = oracle.go([for_go(STARTS[name])])
    assert common(ours(STARTS[name])) == common(go)


def test_the_starts_show_much_and_some_fail() -> None:
    answers = oracle.go([for_go(q) for q in STARTS.values()])
    started = [answer for answer in answers if "said" in answer]
    assert 15 < len(started) < len(answers) - 15
    (plain,) = oracle.go([for_go(STARTS["plain"])])
    assert len(common(plain)["said"]) > 30


def test_all_wait_statuses_and_events_are_gos() -> None:
    for first, last in ((0, 2**16), *((event << 16 | 0x0500, event << 16 | 0x0600) for event in (*range(1, 8), 128))):
        (go,) = oracle.go([{"ask": "wait_statuses", "first": first, "last": last}])
        found = []
        for number in range(first, last):
            w = WaitStatus(number)
            found.append(
                {
                    "Exited": w.exited(),
                    "Signaled": w.signaled(),
                    "Stopped": w.stopped(),
                    "Continued": w.continued(),
                    "CoreDump": w.core_dump(),
                    "ExitStatus": w.exit_status(),
                    "Signal": int(w.signal()),
                    "StopSignal": int(w.stop_signal()),
                    "TrapCause": w.trap_cause(),
                }
            )
        assert found == go


def test_limits_are_gos() -> None:
    (go,) = oracle.go([{"ask": "limits"}])
    assert len(go) == 15
    for resource, (cur, most) in go.items():
        assert syscall.getrlimit(int(resource)) == syscall.Rlimit(cur, most)


def test_the_same_errors_for_wrong_input() -> None:
    beyond, pid = 2**31 - 1, os.getpid()
    calls: list[Callable[[], object]] = [
        lambda: syscall.getpgid(beyond),
        lambda: syscall.getpriority(77, 0),
        lambda: syscall.getpriority(syscall.PRIO_PROCESS, beyond),
        lambda: syscall.wait4(beyond),
        lambda: syscall.wait4(-1, 0x70000000),
        lambda: syscall.ptrace_peek_data(pid, 8, bytearray(8)),
        lambda: syscall.ptrace_poke_data(pid, 8, bytes(8)),
        lambda: syscall.ptrace_get_event_msg(pid),
        lambda: syscall.getrlimit(1000),
        lambda: syscall.setrlimit(1000, syscall.Rlimit()),
        lambda: syscall.setrlimit(syscall.RLIMIT_CORE, syscall.Rlimit(2, 1)),
        lambda: syscall.getrusage(77),
        lambda: syscall.kill(beyond, 0),
        lambda: syscall.kill(pid, 1000),
        lambda: syscall.tgkill(0, 0, 0),
        lambda: syscall.tgkill(pid, beyond, 0),
        lambda: syscall.setpgid(beyond, 0),
        lambda: syscall.setpgid(0, -5),
        lambda: syscall.setpriority(77, 0, 0),
        lambda: syscall.ptrace_attach(beyond),
        lambda: syscall.ptrace_attach(pid),
        lambda: syscall.ptrace_detach(pid),
        lambda: syscall.ptrace_cont(pid),
        lambda: syscall.ptrace_syscall(pid),
        lambda: syscall.ptrace_single_step(pid),
        lambda: syscall.ptrace_set_options(pid, 0),
        lambda: syscall.ptrace_get_regs(pid),
        lambda: syscall.ptrace_set_regs(pid, syscall.PtraceRegs()),
        lambda: syscall.exec("/nowhere", ["x"], []),
        lambda: syscall.exec("/etc/passwd", ["x"], []),
        lambda: syscall.unshare(1),
    ]
    found = []
    for call in calls:
        with pytest.raises(OSError) as caught:
            call()
        found.append(caught.value.errno)
    (go,) = oracle.go([{"ask": "process_errors"}])
    assert found == go

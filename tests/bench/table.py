"""A contest's results for people: a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from .contest import Contest, Floor, Measure

LESS_IS_BETTER = {"cpu", "latency", "memory", "dropped"}


def label(contest: Contest, measure: Measure) -> str:
    labels: dict[Measure, str] = {
        "rate": f"{contest.unit}/s",
        "per_cpu": f"{contest.unit}/CPU s",
        "cpu": "CPU s/million",
        "latency": "µs each",
        "dropped": "dropped",
        "memory": "MiB",
    }
    return labels[measure]


def number(value: float, measure: Measure) -> str:
    if measure == "dropped":
        return f"{value:.1%}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def rows(contest: Contest) -> list[list[str]]:
    """The table's cells, the head first."""
    head = ["contender"]
    for measure in contest.measures:
        head += [label(contest, measure)] if measure == "dropped" else [label(contest, measure), "min - max", "ratio"]
    table = [head]
    for name in contest.samples:
        row = [name]
        for measure in contest.measures:
            values = contest.values(name, measure)
            row.append(number(median(values), measure))
            if measure != "dropped":
                row.append(f"{number(min(values), measure)} - {number(max(values), measure)}")
                row.append(f"{contest.ratio(name, contest.baseline, measure):.2f}")
        table.append(row)
    return table


def verdict(contest: Contest, floor: Floor) -> str:
    """A sentence on a floor."""
    value, reached = contest.reached(floor)
    bound = f"at {'least' if floor.least else 'most'} "
    if floor.other is None:
        found = f"{number(value, floor.measure)} {label(contest, floor.measure)}"
        bound += number(floor.limit, floor.measure)
    else:
        found = f"{value:.2f} x the {label(contest, floor.measure)} of {floor.other}"
        bound += f"{floor.limit:.3g}"
    return f"{'reached' if reached else 'MISSED'}: {floor.contender}: {found} ({bound})"


def text(contest: Contest) -> str:
    """The table, the floors and what was left out, for a terminal."""
    table = rows(contest)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [contest.title]
    for row in table:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells))
    lines += [verdict(contest, floor) for floor in contest.judged()]
    return "\n".join([*lines, *contest.notes])


def markdown(contests: Sequence[Contest]) -> str:
    """One table for all: the baseline and the best contender of each other kind."""
    kinds = ["CPython", "pysyscall", "bare ctypes", "Go", "C"]
    lines = [f"| | {' | '.join(kinds)} |", "| --- |" + " --- |" * len(kinds)]
    for contest in contests:
        measure = contest.measures[0]
        best = min if measure in LESS_IS_BETTER else max
        cells = [f"{contest.title}: {label(contest, measure)}"]
        for kind in kinds:
            names = [name for name in contest.samples if name.partition(":")[0] == kind]
            cell = ""
            if names:
                best_one = best(names, key=lambda name: median(contest.values(name, measure)))
                name = contest.baseline if contest.baseline in names else best_one
                ratio = contest.ratio(name, contest.baseline, measure)
                way = name.partition(": ")[2]
                cell = f"{number(median(contest.values(name, measure)), measure)} ({ratio:.2f} x) {way}".strip()
            cells.append(cell)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"

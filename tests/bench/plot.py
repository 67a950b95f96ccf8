"""The results as a picture: a panel for each contest, a bar for each contender, a line from its least to its most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from statistics import median

from .contest import Contest
from .table import LESS_IS_BETTER, label, number

WIDTH, NAMES, VALUES, ROW, HEAD, MARGIN = 900, 340, 110, 22, 56, 16
LONGEST = WIDTH - NAMES - VALUES - 2 * MARGIN
COLOURS = {
    "pysyscall": "#2f6fb0",
    "CPython": "#d9a441",
    "scapy": "#d9a441",
    "bare ctypes": "#e8cf9e",
    "Go": "#4aa5a0",
    "C": "#8c8c8c",
}


def svg(contests: Sequence[Contest]) -> str:
    panels: list[str] = []
    top = 0
    for contest in contests:
        panels += panel(contest, top)
        top += HEAD + ROW * len(contest.samples)
    height = top + MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    style = 'font-family="system-ui, sans-serif" font-size="13" fill="#222"'
    return "\n".join(
        [f"{head} {style}>", f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', *panels, "</svg>\n"]
    )


def panel(contest: Contest, top: int) -> Iterator[str]:
    measure = contest.measures[0]
    better = "less" if measure in LESS_IS_BETTER else "more"
    yield f'<text x="{MARGIN}" y="{top + 28}" font-weight="bold">{escape(contest.title)}</text>'
    said = f"{label(contest, measure)}, {better} is better"
    yield f'<text x="{MARGIN}" y="{top + 46}" font-size="11" fill="#666">{escape(said)}</text>'
    scale = LONGEST / max(max(contest.values(name, measure)) for name in contest.samples)
    for i, name in enumerate(contest.samples):
        values = contest.values(name, measure)
        middle, y = median(values), top + HEAD + ROW * i
        length, least, most = (MARGIN + NAMES + value * scale for value in (middle, min(values), max(values)))
        colour = COLOURS.get(name.partition(":")[0], "#8c8c8c")
        yield f'<text x="{MARGIN + NAMES - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{MARGIN + NAMES}" y="{y + 3}" width="{middle * scale:.1f}" height="14" fill="{colour}"/>'
        yield f'<path d="M{least:.1f} {y + 10}H{most:.1f}" stroke="#222" stroke-width="1.5"/>'
        yield f'<text x="{max(length, most) + 6:.1f}" y="{y + 14}">{number(middle, measure)}</text>'

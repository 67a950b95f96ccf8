"""A contest: contenders that do the same work by turns, and what each turn took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, NamedTuple, TypeAlias

# Operations a second; operations a CPU second; CPU seconds a million operations; microseconds that one takes; the share
# of all that was lost; MiB.
Measure: TypeAlias = Literal["rate", "per_cpu", "cpu", "latency", "dropped", "memory"]


class Wrong(Exception):
    """Something was lost, or came back other than it was sent: the times mean nothing."""


class Missing(Exception):
    """What a benchmark, or one of its contenders, would need."""


class Sample(NamedTuple):
    """One turn of a contender: how many operations, and the seconds and CPU seconds that they took."""

    operations: int
    wall: float
    cpu: float
    dropped: int = 0
    memory: float = 0

    def value(self, measure: Measure) -> float:
        values = {
            "rate": self.operations / self.wall,
            "per_cpu": self.operations / self.cpu,
            "cpu": self.cpu / self.operations * 1e6,
            "latency": self.wall / self.operations * 1e6,
            "dropped": self.dropped / (self.operations + self.dropped),
            "memory": self.memory,
        }
        return values[measure]


class Floor(NamedTuple):
    """What is to be reached: the least or greatest of a contender's measure, over another's where one is named."""

    contender: str
    other: str | None
    measure: Measure
    limit: float
    least: bool = True


@dataclass
class Contest:
    """Contenders for one piece of work, by name, and the samples of each."""

    title: str
    unit: str  # of what an operation is, in the plural
    measures: Sequence[Measure]  # the one that it is about first
    baseline: str
    floors: Sequence[Floor] = ()
    turns: int = 1  # in a round
    contenders: dict[str, Callable[[], Sample]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    @contextmanager
    def optional(self) -> Iterator[None]:
        """Go on without contenders that this machine lacks something for, and say so."""
        try:
            yield
        except Missing as missing:
            self.notes.append(f"left out: {missing}")

    def run(self, rounds: int, progress: Callable[[str], None]) -> None:
        """Let all have their turn, again and again."""
        for i in range(rounds * self.turns):
            for name, contender in self.contenders.items():
                progress(f"{self.title}: turn {i + 1} of {rounds * self.turns}: {name}")
                self.samples.setdefault(name, []).append(contender())

    def values(self, name: str, measure: Measure) -> list[float]:
        return [sample.value(measure) for sample in self.samples[name]]

    def ratio(self, name: str, other: str, measure: Measure) -> float:
        """The median of the rounds' ratios: what else the machine does meanwhile, it does to both."""
        pairs = zip(self.values(name, measure), self.values(other, measure), strict=True)
        return median(one / another for one, another in pairs)

    def reached(self, floor: Floor) -> tuple[float, bool]:
        """The value that a floor is about, and whether it is enough."""
        if floor.other is None:
            value = median(self.values(floor.contender, floor.measure))
        else:
            value = self.ratio(floor.contender, floor.other, floor.measure)
        return value, value >= floor.limit if floor.least else value <= floor.limit

    def judged(self) -> list[Floor]:
        """The floors whose contenders all had their turn."""
        return [floor for floor in self.floors if {floor.contender, floor.other} - {None} <= self.samples.keys()]

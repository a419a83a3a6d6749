"""What was measured, as tables and verdicts. Nothing is measured here."""

import datetime as dt
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.processes import Usage

PREVIEW_SECONDS = 5.0
IMPORT_SECONDS = 0.05
OVER_CHAIN = 1.1
NOISE = 1.02
"""A median ratio up to this counts as not slower."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the numbers were measured on; `load` is its average of five minutes at the end."""

    processors: int
    memory_gb: int
    python: str
    engine: str
    load: float
    day: dt.date


@dataclass(frozen=True, slots=True)
class Row:
    """What the module and the straight-line program took for the same, in rounds of both."""

    what: str
    rounds: tuple[tuple[Usage, Usage], ...]

    def medians(self, figure: Callable[[Usage], float]) -> tuple[float, float]:
        """Return the median of a figure of the module, and of the straight-line program."""
        ours, others = zip(*self.rounds, strict=True)
        return statistics.median(map(figure, ours)), statistics.median(map(figure, others))

    def ratios(self, figure: Callable[[Usage], float]) -> list[float]:
        """Return the module's figure over that of the straight-line program, of each round, from the lowest."""
        return sorted(figure(ours) / figure(other) for ours, other in self.rounds)

    def summary(self) -> str:
        """Return seconds and processor seconds in a line."""
        seconds, processor = self.medians(_seconds), self.medians(_processor)
        return (
            f"{seconds[0]:.1f} s beside {seconds[1]:.1f} s, of processors {processor[0]:.1f} s beside "
            f"{processor[1]:.1f} s"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a budget is met, and a line that says so."""

    met: bool
    line: str


def longest_chain(resources: Iterable[Mapping[str, Any]], waits: Mapping[str, float]) -> float:
    """Return the longest time that resources of a stack's state wait for one another.

    Args:
        resources: Each has `urn`, `type` and, where it depends on others, their URNs as `dependencies`.
        waits: The seconds that Azure takes to make a resource, by type; none for others.
    """
    by_urn = {resource["urn"]: resource for resource in resources}

    @cache
    def ends(urn: str) -> float:
        resource = by_urn[urn]
        begins = max((ends(each) for each in resource.get("dependencies") or ()), default=0.0)
        return begins + waits.get(resource["type"], 0.0)

    return max(map(ends, by_urn), default=0.0)


def verdicts(rows: Sequence[Row], chain: float, added: float) -> list[Verdict]:
    """Return a verdict for each budget. The first row is the preview, the last one the `up` with waits."""
    preview = rows[0].medians(_seconds)[0]
    over_chain = rows[-1].medians(_seconds)[0] / chain
    slower = [row.what for row in rows if statistics.median(row.ratios(_processor)) > NOISE]
    return [
        _verdict(preview <= PREVIEW_SECONDS, f"preview of 50 pairs: {preview:.1f} s of {PREVIEW_SECONDS:.0f} s"),
        _verdict(
            over_chain <= OVER_CHAIN,
            f"`up` of 20 pairs over the longest chain of waits, {chain:.0f} s: {over_chain:.2f} of {OVER_CHAIN}",
        ),
        _verdict(added <= IMPORT_SECONDS, f"import adds {added * 1000:.0f} ms of {IMPORT_SECONDS * 1000:.0f} ms"),
        _verdict(not slower, f"more processor time than the straight-line program: {', '.join(slower) or 'nowhere'}"),
    ]


def page(rows: Sequence[Row], chain: float, added: float, machine: Machine) -> str:
    """Return the page in Markdown."""
    template = Path(__file__).with_name("performance.template.md").read_text(encoding="utf-8")
    timed = [[row.what, *_timed(row, _seconds), *_timed(row, _processor), str(len(row.rounds))] for row in rows]
    stored = [[row.what, *_stored(row, _program), *_stored(row, _total)] for row in rows]
    judged = [[verdict.line, "met" if verdict.met else "not met"] for verdict in verdicts(rows, chain, added)]
    return template.format(
        **asdict(machine),
        load_means=_busy(machine),
        time=_table(("", *_compared("clock"), *_compared("processor"), "rounds"), timed),
        memory=_table(("", *_compared("program"), *_compared("all processes")), stored),
        budgets=_table(("", "budget"), judged),
    )


def _verdict(met: bool, line: str) -> Verdict:
    return Verdict(met, f"{line[:1].upper()}{line[1:]}")


def _busy(machine: Machine) -> str:
    if machine.load > machine.processors:
        return "the machine was busy with other work, so look at the ratios and at processor time."
    return "the machine did little else."


def _compared(figure: str) -> tuple[str, ...]:
    return (f"{figure}: module", "straight-line", "ratio")


def _timed(row: Row, figure: Callable[[Usage], float]) -> list[str]:
    return [*(f"{each:.1f} s" for each in row.medians(figure)), _ratio(row.ratios(figure))]


def _stored(row: Row, figure: Callable[[Usage], float]) -> list[str]:
    return [*(f"{each / 1e6:.0f} MB" for each in row.medians(figure)), _ratio(row.ratios(figure))]


def _ratio(ratios: Sequence[float]) -> str:
    spread = f" ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
    return f"{statistics.median(ratios):.2f}{spread}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def _seconds(usage: Usage) -> float:
    return usage.seconds


def _processor(usage: Usage) -> float:
    return usage.processor


def _program(usage: Usage) -> float:
    return usage.program


def _total(usage: Usage) -> float:
    return usage.total

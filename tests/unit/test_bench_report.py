"""How `make bench` judges and shows what it measured."""

import datetime as dt
from typing import Any

from bench.processes import Usage
from bench.report import Machine, Row, longest_chain, page, verdicts

WAITS = {"workspace": 4.0, "subscription": 12.0, "endpoint": 16.0}
MACHINE = Machine(2, 8, "3.11.7", "3.259.0", load=0.5, day=dt.date(2026, 11, 22))


def resource(name: str, type_: str, *dependencies: str) -> dict[str, Any]:
    return {"urn": name, "type": type_, "dependencies": list(dependencies)}


def usage(seconds: float, processor: float) -> Usage:
    return Usage(seconds, processor, program=100_000_000, total=400_000_000)


PREVIEW, WITH_WAITS = usage(4, 4), usage(34, 10)


def rows(preview: Usage = PREVIEW, with_waits: Usage = WITH_WAITS) -> list[Row]:
    """Return a preview and an `up` with waits, each of three rounds, beside a program that takes 5 and 35 seconds."""
    return [
        Row("preview of 50 pairs", ((preview, usage(5, 5)),) * 3),
        Row("`up` with waits", ((with_waits, usage(35, 10)),) * 3),
    ]


def unmet(measured: list[Row], added: float = 0.02) -> list[str]:
    return [verdict.line for verdict in verdicts(measured, 32, added) if not verdict.met]


def test_longest_chain_follows_dependencies_and_not_what_waits_side_by_side() -> None:
    resources: list[dict[str, Any]] = [
        resource("endpoint", "endpoint", "group", "subscription"),
        resource("subscription", "subscription", "workspace"),
        resource("other-subscription", "subscription", "workspace"),
        resource("workspace", "workspace", "group"),
        {"urn": "group", "type": "group"},
    ]

    assert longest_chain(resources, WAITS) == 32
    assert longest_chain([], WAITS) == 0


def test_everything_within_the_budgets_is_met() -> None:
    assert unmet(rows()) == []


def test_each_budget_is_missed_by_itself() -> None:
    assert unmet(rows(preview=usage(5.2, 4))) == ["Preview of 50 pairs: 5.2 s of 5 s"]
    assert unmet(rows(with_waits=usage(36, 10))) == [
        "`up` of 20 pairs over the longest chain of waits, 32 s: 1.12 of 1.1"
    ]
    assert unmet(rows(), added=0.06) == ["Import adds 60 ms of 50 ms"]
    assert unmet(rows(with_waits=usage(34, 11))) == [
        "More processor time than the straight-line program: `up` with waits"
    ]


def test_ratios_are_taken_round_by_round() -> None:
    row = Row("drifting", ((usage(1, 1), usage(2, 1)), (usage(10, 1), usage(10, 1)), (usage(3, 1), usage(4, 1))))

    assert row.ratios(lambda each: each.seconds) == [0.5, 0.75, 1]
    assert row.medians(lambda each: each.seconds) == (3, 4)


def test_page_says_what_was_measured_where() -> None:
    text = page(rows(), 32, 0.02, MACHINE)

    assert "| preview of 50 pairs | 4.0 s | 5.0 s | 0.80 (0.80 to 0.80) |" in text
    assert "| Import adds 20 ms of 50 ms | met |" in text
    assert "Measured on 2026-11-22: 2 processors, 8 GB of memory" in text
    assert "the machine did little else" in text

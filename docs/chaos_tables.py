"""The tables of ``chaos.md``: the catalogue of faults, and what was seen of it."""

from __future__ import annotations

from collections.abc import Iterable

from docs.markdown import table
from tests.chaos.catalogue import PROMISES, ROWS, order_of, rows_of
from tests.chaos.recording import seen
from tests.chaos.scenarios import SCENARIOS


def promises() -> str:
    return table(("", "promise"), PROMISES.items())


def catalogue() -> str:
    """Return what attacks what, with links to the tests."""
    headings = ("id", "attacks", "how", "in `make test`", "in `make chaos`", "negative control", "target", "not done")
    rows = (
        (
            row.id,
            row.promises,
            row.attack,
            _links(row.tests),
            ", ".join(f"`{name}`" for name in row.scenarios),
            _links(row.controls),
            row.target,
            row.missing,
        )
        for row in ROWS
    )
    return table(headings, rows)


def scenarios() -> str:
    rows = (
        (" ".join(rows_of(name)), f"`{name}`", one.log, one.what, f"{one.seconds} s")
        for name, one in sorted(SCENARIOS.items(), key=lambda item: order_of(rows_of(item[0])))
    )
    return table(("id", "scenario", "log", "attack", "planned, quick"), rows)


def results() -> str:
    """Return the newest run of each scenario and size that was recorded."""
    headings = (
        *("id", "scenario", "size", "seed", "what was done", "acknowledged", "lost", "doubled", "order", "level p99"),
        *("control", "verdict", "day, cores, load"),
    )
    found = sorted(seen().values(), key=lambda one: (order_of(rows_of(one["scenario"])), one["scenario"]))
    rows = (
        (
            " ".join(rows_of(one["scenario"])),
            f"`{one['scenario']}`",
            one["profile"],
            str(one["seed"]),
            "; ".join([*(f"{times:,} × {what}" for what, times in one["attacks"].items()), *one["notes"]]),
            f"{one['acknowledged']:,}",
            *(str(one[name]) for name in ("lost", "doubled", "order")),
            "" if one["level_p99"] is None else f"{one['level_p99']:.1f} s",
            one["control"],
            one["verdict"],
            f"{one['at'][:10]}, {one['machine']['cores']}, {one['machine']['load_before']:.0f}",
        )
        for one in found
    )
    return table(headings, rows)


def _links(tests: Iterable[str]) -> str:
    named = (test.partition("::") for test in tests)
    return ", ".join(f"[{_words(name)}](../tests/{module}.py)" for module, _, name in named)


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")

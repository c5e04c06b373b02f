"""The catalogue of faults names what there is: for each attack a test or scenario, and a control seen to fail."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.catalogue import ROWS, rows_of
from tests.chaos.catalogue_row import Row
from tests.chaos.scenarios import QUICK_SECONDS, SCENARIOS
from tests.chaos.soak import Life, judged

HERE = Path(__file__).parent
ASKED = [*(f"R{number}" for number in range(1, 14)), "R16", *(f"R{number}" for number in range(21, 25))]


def missing(row: Row) -> list[str]:
    """Return what of a row cannot be true."""
    said = [f"{row.id}: there is no test {name}" for name in (*row.tests, *row.controls) if not _exists(name)]
    said += [f"{row.id}: there is no scenario {name}" for name in row.scenarios if name not in SCENARIOS]
    if not row.controls:
        said.append(f"{row.id}: nothing was seen to fail")
    if not row.tests and not row.scenarios and not row.missing:
        said.append(f"{row.id}: nothing does it, and that is not said")
    return said


def _exists(name: str) -> bool:
    module, _, test = name.partition("::")
    path = HERE / f"{module}.py"
    return path.exists() and test in _tests(path)


def _tests(path: Path) -> Iterable[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_what_a_row_of_the_catalogue_names_is_there(row: Row) -> None:
    assert missing(row) == []


def test_the_catalogue_is_whole_and_every_scenario_stands_in_it() -> None:
    assert [row.id for row in ROWS] == ASKED
    assert [name for name in SCENARIOS if not rows_of(name)] == []


def test_a_row_that_names_what_is_not_there_is_noticed() -> None:
    row = ROWS[0]
    assert missing(replace(row, controls=()))
    assert missing(replace(row, tests=("test_scheduler_faults::test_that_was_renamed",)))
    assert missing(replace(row, scenarios=("earthquake",)))
    assert missing(replace(row, tests=(), scenarios=(), missing=""))


def test_the_quick_size_is_planned_to_end_within_ten_minutes() -> None:
    """Two scenarios at once; the longest may begin last."""
    planned = [one.seconds for one in SCENARIOS.values()]
    assert sum(planned) / 2 + max(planned) / 2 <= QUICK_SECONDS


@pytest.mark.parametrize(
    ("minutes", "megabytes", "files", "kinds"),
    [(60, 20, 0, ["memory"]), (60, 0, 60, ["files"]), (60, 2, 3, []), (10, 20, 60, [])],
)
def test_a_process_that_piles_up_memory_or_files_is_named(
    minutes: int, megabytes: int, files: int, kinds: list[str]
) -> None:
    """``megabytes`` and ``files`` come on evenly; a life too short to tell is not judged."""
    share = [minute / minutes for minute in range(minutes + 1)]
    life = Life("projector", [(s * minutes * 60, 80 + s * megabytes, 30 + int(s * files)) for s in share])
    assert [found.kind for found in judged([life])] == kinds


def test_files_that_are_open_while_an_outage_is_over_are_no_leak() -> None:
    spiky = Life("scheduler", [(60.0 * minute, 80.0, 50 + 40 * (minute == 55)) for minute in range(61)])
    assert list(judged([spiky])) == []

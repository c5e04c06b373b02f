"""Each kind of leader of a side has a lock of its own: who holds one keeps none of the others from its work."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from events.database import connect
from services.completeness_answers import READERS
from services.notifying import LEADER_LOCK as OF_NOTICES
from services.number_watch import NumberWatch
from tests.linkage import Linkage

ROOT = Path(__file__).parents[1]


def locks(modules: Iterable[tuple[str, str]]) -> dict[int, list[str]]:
    """Return who takes each lock, by the constant that every leader's module has."""
    found: dict[int, list[str]] = {}
    for name, text in modules:
        for line in ast.parse(text).body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "LEADER_LOCK":
                found.setdefault(ast.literal_eval(line.value), []).append(name)
    return found


def shared(modules: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [names for names in locks(modules).values() if len(names) > 1]


def test_no_two_leaders_take_the_same_lock() -> None:
    sources = [
        (path.name, path.read_text())
        for folder in ("events", "projections", "services")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert len(locks(sources)) >= 6
    assert shared(sources) == []


def test_two_that_take_the_same_one_are_noticed() -> None:
    assert shared([("notices.py", "LEADER_LOCK = 0x5EE"), ("numbers.py", "LEADER_LOCK = 0x5EE")]) == [
        ["notices.py", "numbers.py"]
    ]


def test_numbers_are_watched_while_notices_are_sent(linkage: Linkage) -> None:
    watch = NumberWatch(linkage.supervision_url, "supervision", READERS["supervision"], lambda: linkage.log)
    with (
        connect(linkage.supervision_url, application="supervision-notices") as notices,
        connect(linkage.supervision_url, application="supervision-numbers") as numbers,
    ):
        notices.execute("SELECT pg_advisory_lock(%s)", (OF_NOTICES,))
        assert watch._leads(numbers)

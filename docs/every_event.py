"""One invented event of every type that there is: what the examples of the documentation and the golden files show."""

from __future__ import annotations

from collections.abc import Iterator

from docs import (
    invented,
    invented_erasures,
    invented_limits,
    invented_oversight,
    invented_parked,
    invented_penalties,
    invented_people,
    invented_rules,
    invented_statements,
    invented_tasks,
)
from events.approval import Said


def every_event() -> Iterator[Said]:
    yield from invented.decisions()
    yield from invented.others()
    yield from invented_oversight.oversight()
    yield from invented_limits.limits()
    yield from invented_limits.deadlines()
    yield from invented_people.people()
    yield from invented_penalties.penalties()
    yield from invented_penalties.of_parties_and_permits()
    yield from invented_rules.rules()
    yield from invented_tasks.tasks()
    yield from invented_statements.completeness()
    yield from invented_statements.statements()
    yield from invented_parked.parked()
    yield from invented_erasures.erasures()

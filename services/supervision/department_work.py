"""What has a department to do today: its pushes by light, its other open items, and what came back from approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from events.database import raw
from events.limits import LimitKind
from projections.task_receipts import answered_since
from services.open_deadlines import Standing, open_standings
from services.scheduling import OpenItems
from services.supervision.case_questions import CaseCounts, Which, case_as_json, cases_of, counts_of
from services.supervision.permit_answers import department_names
from services.time_rules import read_time_rules
from services.working_days import Light

OTHERS = frozenset(LimitKind) - {LimitKind.CLAIM}
"""Everything but pushes, which are asked for a page at a time."""


class ToDo(NamedTuple):
    """One thing to do. ``push_version``: of a push that waits for a signature; ``consultation``: the number of the one
    that waits for an opinion; ``None`` for everything else."""

    kind: LimitKind
    due_on: date | None
    estimated: bool
    light: Light | None
    permit: UUID | None
    push_version: int | None
    party_label: str
    permit_number: str
    certificate_name: str
    reason: str
    consultation: int | None = None


class Work(NamedTuple):
    """``todo``: what is due first before the rest; ``more``: pushes wait that it does not name, and ``left_off`` other
    things. ``results``: how much the approval side has answered since the time asked for."""

    counts: CaseCounts
    results: int
    todo: Sequence[ToDo]
    more: bool
    left_off: int


def work_of(
    connection: Connection,
    department: str,
    kinds: Sequence[OpenItems],
    today: date,
    since: datetime,
    most: int,
) -> Work:
    """Return what waits for ``department``: at most ``most`` pushes, and as much of what else has a limit."""
    calendar = read_time_rules(raw(connection)).calendar
    names = department_names(connection)
    rows, following = cases_of(connection, department, Which.UNSIGNED, today, calendar, None, most)
    pushes = [_push(case_as_json(row, calendar, today, names)) for row in rows]
    standings = open_standings(raw(connection), kinds, today, owner=department, of=OTHERS)
    named = standings[:most]
    facts = _facts(connection, department, [one.item.about for one in named if one.item.about])
    todo = pushes + [_other(one, facts) for one in named]
    todo.sort(key=lambda one: one.due_on or date.max)
    results = answered_since(raw(connection), department, since)
    counts = counts_of(connection, department, today, calendar)
    return Work(counts, results, todo, following is not None, len(standings) - len(named))


def _push(case: Mapping[str, Any]) -> ToDo:
    return ToDo(
        LimitKind.CLAIM, case["due_on"], case["due_estimated"], Light(case["light"]) if case["light"] else None,
        case["permit"], case["push_version"], case["party_label"] or "", case["permit_number"] or "",
        case["certificate_name"] or "", "",
    )  # fmt: skip


def _other(one: Standing, facts: Mapping[UUID, Row[Any]]) -> ToDo:
    permit = facts[one.item.about] if one.item.about else None
    called = [permit.party_label, permit.permit_number, permit.certificate_name] if permit else []
    party, number, certificate = (word or "" for word in called or ["", "", ""])
    argued = permit.consultation if permit and one.item.kind is LimitKind.OPINION else None
    urged = [clock.reason for clock in one.clocks.values() if clock.reason]
    estimated = any(clock.due.estimated for clock in one.clocks.values() if clock.due.day == one.due_on)
    return ToDo(
        one.item.kind, one.due_on, estimated, one.worst, one.item.about, None, party, number, certificate,
        urged[-1] if urged else "", argued,
    )  # fmt: skip


def _facts(connection: Connection, department: str, permits: Sequence[UUID]) -> Mapping[UUID, Row[Any]]:
    rows = connection.execute(
        text(
            """SELECT asked.permit, party_label, permit_number, certificate_name,
                   (SELECT max(number) FROM consultations c WHERE c.permit = asked.permit AND ruled_at IS NULL)
                       AS consultation
               FROM unnest(cast(:permits AS uuid[])) AS asked (permit)
               LEFT JOIN watch_list w ON w.department = :department AND w.permit = asked.permit"""
        ),
        {"department": department, "permits": list(permits)},
    )
    return {row.permit: row for row in rows}

"""How far is each push in each department? One row a case, and one for each consultation.

Rows are what the fold of the permit's stream says (``projections/oversight.py``), written where the event is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns
from projections.oversight import Oversight
from projections.push_case import LEAVING, Case, CaseState

TYPES: Mapping[str, str] = {
    "permit": "uuid",
    "push_version": "integer",
    "department": "text",
    "role": "text",
    "mode": "text",
    "state": "text",
    "body": "text",
    "push_number": "bigint",
    "matter_code": "text",
    "region_code": "text",
    "level": "text",
    "decision_version": "integer",
    "decision_date": "date",
    "opening_stock": "boolean",
    "delivered_at": "timestamptz",
    "due_on": "date",
    "due_estimated": "boolean",
    "calendar": "text",
    "first_delivered_at": "timestamptz",
    "first_due_on": "date",
    "read_at": "timestamptz",
    "signed_at": "timestamptz",
    "returned_at": "timestamptz",
    "handled_at": "timestamptz",
    "closed_at": "timestamptz",
    "moved_at": "timestamptz",
    "officer": "text",
    "reason": "text",
    "text": "text",
    "candidate": "text",
}
_BORN = tuple(TYPES)[:20]
"""What a case has from the beginning; the rest says what was done about it."""
_KEY = ("permit", "push_version", "department")
_DUE = ("due_on", "due_estimated", "calendar")
"""What a later notice of working days may have moved (``deadline_recomputed``): a receipt must not move it back."""

_OPEN = f"""
    INSERT INTO cases ({", ".join(_BORN)})
    SELECT * FROM unnest({", ".join(f"%s::{TYPES[name]}[]" for name in _BORN)})
"""
_UPSERT = f"""
    INSERT INTO cases ({", ".join(TYPES)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in TYPES.values())})
    ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in TYPES if name not in (*_KEY, *_DUE))}
"""


def open_cases(connection: psycopg.Connection, cases: Sequence[Case]) -> None:
    """Write the cases that new pushes open."""
    if cases:
        kinds = [TYPES[name] for name in _BORN]
        connection.execute(_OPEN, columns.of_rows(kinds, (case[: len(_BORN)] for case in cases)))


def move_on(connection: psycopg.Connection, left: Sequence[tuple[UUID, str]], at: datetime) -> None:
    """End what waits in departments that a permit has left."""
    if left:
        connection.execute(
            """UPDATE cases c SET state = %s, moved_at = %s
               FROM unnest(%s::uuid[], %s::text[]) AS l (permit, department)
               WHERE c.permit = l.permit AND c.department = l.department AND c.state = ANY(%s)""",
            (
                CaseState.MOVED.value,
                at,
                columns.uuids(one[0] for one in left),
                columns.texts(one[1] for one in left),
                sorted(LEAVING),
            ),
        )


def write_cases(connection: psycopg.Connection, states: Iterable[Oversight]) -> None:
    """Write every case and every consultation of these permits as they stand."""
    states = list(states)
    cases = sorted((case for state in states for case in state.cases.values()), key=_by_key)
    if cases:
        connection.execute(_UPSERT, columns.of_rows(TYPES.values(), cases))
    for state in states:
        _write_consultations(connection, state)


def _by_key(case: Case) -> tuple[int, int, str]:
    return case.permit.int, case.push_version, case.department


def _write_consultations(connection: psycopg.Connection, state: Oversight) -> None:
    if not state.consultations or state.decided is None:
        return
    facts = state.decided.facts
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO consultations (permit, number, opened_by, opened_at, bodies, answered, opinions_due,
                   due_estimated, matter_code, region_code, level, deciding_body, ruled_at, lead)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (permit, number) DO UPDATE SET answered = excluded.answered, ruled_at = excluded.ruled_at,
                   lead = excluded.lead""",
            [
                (
                    state.permit,
                    one.opened.number,
                    one.opened.opened_by.value,
                    one.opened_at,
                    list(one.opened.parties),
                    sorted({opinion.body for opinion, _ in one.opinions}),
                    one.opened.opinions_due.on,
                    one.opened.opinions_due.estimated,
                    facts.matter_code,
                    facts.region_code,
                    facts.level.value,
                    facts.deciding_body,
                    one.ruled_at,
                    one.ruling.lead if one.ruling else None,
                )
                for one in state.consultations
            ],
        )

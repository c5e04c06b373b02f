"""A signed list is carried out: each of its pushes gets its receipt, a page at a time, whatever stops between.

The signature itself is one event, recorded at once. Thirty thousand receipts in its transaction would keep the
department's other officers waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import psycopg

from events import columns
from events.oversight import PushSigned
from projections.push_case import UNSIGNED
from services.supervision.oversight_work import Work, load

PAGE = 500


def sign_rows(connection: psycopg.Connection, partitions: Iterable[int]) -> int:
    """Record a page of the receipts that signed lists still owe; return how many rows were looked at."""
    rows = _waiting(connection, "r.partition = ANY(%s)", list(partitions))
    if rows:
        work = load(connection, [row[2] for row in rows])
        _sign(connection, work, rows)
        work.record(connection)
    return len(rows)


def sign_first_rows(connection: psycopg.Connection, work: Work, handover: UUID) -> None:
    """Note the first page of a list's receipts in ``work``, so that a short list is signed at once."""
    rows = _waiting(connection, "r.list = %s", handover)
    work.load(connection, [row[2] for row in rows])
    _sign(connection, work, rows)


def _waiting(connection: psycopg.Connection, holds: str, given: object) -> list[tuple[UUID, str, UUID, int, str]]:
    return connection.execute(
        f"""SELECT r.list, r.department, r.permit, r.push_version, h.officer
            FROM handover_rows r JOIN handovers h ON h.list = r.list WHERE r.waits AND {holds}
            ORDER BY r.list, r.push_number LIMIT {PAGE} FOR UPDATE OF r""".encode(),
        (given,),
    ).fetchall()


def _sign(connection: psycopg.Connection, work: Work, rows: Sequence[tuple[UUID, str, UUID, int, str]]) -> None:
    """Sign what nobody has said anything about: what was returned, or signed by itself, stays so."""
    for handover, department, permit, push_version, officer in rows:
        case = work.states[permit].cases.get((push_version, department))
        if case is not None and case.state in UNSIGNED:
            signed = PushSigned(push_version=push_version, department=department, officer=officer, handover=handover)
            work.note(connection, permit, signed)
    if rows:
        connection.execute(
            """UPDATE handover_rows r SET waits = false FROM unnest(%s::uuid[], %s::uuid[], %s::integer[]) AS
                   d (list, permit, push_version)
               WHERE r.list = d.list AND r.permit = d.permit AND r.push_version = d.push_version AND r.waits""",
            columns.of_rows(("uuid", "uuid", "integer"), [(row[0], row[2], row[3]) for row in rows]),
        )

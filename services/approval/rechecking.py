"""A commitment check that is passed ends the tasks of earlier ones that failed, whichever of them is heard of first.

Each check is a stream of its own, and two workers may hear of two checks of one permit at once: the permit is locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import columns
from events.envelope import Record, event_id
from events.penalties import CommitmentChecked
from events.tasks import TaskKind


class Passed(NamedTuple):
    """The last passed check of a permit: its day, and the event that says so."""

    on: date
    cause: UUID


def lock(connection: psycopg.Connection, permits: Iterable[UUID]) -> None:
    """Let nobody else hear of checks of ``permits`` until the end of the transaction."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('check/' || p, 0)) FROM unnest(%s::uuid[]) AS t (p)",
        (columns.uuids(sorted(set(permits))),),  # in one order, so that two of us never wait for one another
    )


def passed_checks(
    connection: psycopg.Connection, heard: Sequence[tuple[Record, CommitmentChecked]]
) -> dict[UUID, Passed]:
    """Return the last passed check of each permit that a check was ``heard`` of, in this batch or before."""
    passed: dict[UUID, Passed] = {}
    rows = connection.execute(
        """SELECT permit, since, fact, version FROM party_facts
           WHERE kind = 'failed_commitment' AND NOT holds AND permit = ANY(%s)""",
        (columns.uuids(said.permit for _, said in heard),),
    ).fetchall()
    found = [(permit, Passed(on, event_id("supervision", stream, version))) for permit, on, stream, version in rows]
    found += [(said.permit, Passed(said.checked_on, record.id)) for record, said in heard if said.passed]
    for permit, one in found:
        passed[permit] = max(one, passed.get(permit, one))
    return passed


def failed_tasks(connection: psycopg.Connection, permits: Iterable[UUID]) -> list[UUID]:
    """Return the tasks of failed checks of ``permits``."""
    rows = connection.execute(
        "SELECT task FROM tasks WHERE permit = ANY(%s) AND kind = %s",
        (columns.uuids(permits), TaskKind.FAILED_COMMITMENT.value),
    )
    return [row[0] for row in rows]

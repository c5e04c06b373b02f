"""The exception queue: decisions that no duty covers yet. Each has a reason, an owner and a running clock.

Nothing in it is dropped. When the duty list changes, what waits is looked at again and finds its department by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from events import columns, store
from events.catalogue import CATALOGUE
from events.envelope import NewEvent, Record, canonical, partition_of
from projections.listed_decision import ListedDecision
from services.supervision.carrying import carried, original
from services.supervision.duty_list import Uncovered

SOURCE = "supervision"
PAGE = 500


@dataclass(frozen=True, slots=True)
class Raised:
    """A decision that has to wait, and the version under which that is recorded in the permit's stream here."""

    record: Record
    decided: ListedDecision
    reason: Uncovered
    owner: str
    version: int
    register_version: int

    @property
    def stream(self) -> UUID:
        return self.record.stream


def event(raised: Raised, now: datetime) -> NewEvent:
    """Return the ``exception_raised`` event; it carries the decision, to be routed later from here."""
    record = raised.record
    data: dict[str, Any] = {
        "decision": orjson.Fragment(carried(record)),
        "reason": raised.reason.value,
        "owner": raised.owner,
        "register_version": raised.register_version,
        "left": [],
    }
    return NewEvent(
        stream=record.stream,
        version=raised.version,
        type="exception_raised",
        schema=CATALOGUE["exception_raised"].version,
        occurred_at=now,
        data=canonical(data),
        personal=record.personal,
        correlation=record.correlation,
        causation=record.id,
    )


def write(
    connection: psycopg.Connection, raised: Sequence[Raised], resolved: Collection[UUID], recorded_at: datetime
) -> None:
    """Close what found its department and open what did not. A clock that runs already goes on."""
    connection.execute("DELETE FROM exceptions WHERE permit = ANY(%s)", (columns.uuids(resolved),))
    newest = {item.record.stream: item for item in raised if item.record.stream not in resolved}
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO exceptions (permit, partition, reason, owner, since, matter_code, region_code, level,
                   deciding_body, deciding_body_name, decision_date, raised_version, register_version)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (permit) DO UPDATE SET reason = excluded.reason, owner = excluded.owner,
                   matter_code = excluded.matter_code, region_code = excluded.region_code, level = excluded.level,
                   decision_date = excluded.decision_date, raised_version = excluded.raised_version,
                   register_version = excluded.register_version""",
            [
                (
                    permit,
                    partition_of(permit),
                    item.reason.value,
                    item.owner,
                    recorded_at,
                    item.decided.facts.matter_code,
                    item.decided.facts.region_code,
                    item.decided.facts.level.value,
                    item.decided.facts.deciding_body,
                    item.decided.facts.deciding_body_name,
                    item.decided.decision_date,
                    item.version,
                    item.register_version,
                )
                for permit, item in sorted(newest.items())
            ],
        )


def due(connection: psycopg.Connection, register_version: int, partitions: Iterable[int]) -> list[Record]:
    """Return decisions that wait since an older duty list, as the records they came in (a page of them)."""
    rows = connection.execute(
        """SELECT permit, raised_version FROM exceptions WHERE register_version < %s AND partition = ANY(%s)
           ORDER BY since LIMIT %s""",
        (register_version, list(partitions), PAGE),
    ).fetchall()
    if not rows:
        return []
    streams = store.load_streams(connection, SOURCE, [row[0] for row in rows])
    return [original(next(r for r in streams[permit] if r.version == version), "approval") for permit, version in rows]


def looked_at(connection: psycopg.Connection, permits: Sequence[UUID], register_version: int) -> None:
    """Note that these still wait under this version of the duty list."""
    connection.execute(
        "UPDATE exceptions SET register_version = %s WHERE permit = ANY(%s)", (register_version, list(permits))
    )

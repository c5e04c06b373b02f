"""What has a body published, newest first, and how far is each decision in each department? A row a decision, written
with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from events import columns, store
from events.approval import Decided
from events.catalogue import decode, type_name
from events.envelope import Record
from projections.bounced import Why
from projections.passed_over_told import PassedOverTold, passed_over_of_each
from projections.told import Reached, Waits, reached, steps_of_each, told_of_each, waiting_of_each
from services.approval.outcome import SOURCE


def note(connection: psycopg.Connection, decided: Iterable[tuple[UUID, int, Decided]], recorded_at: datetime) -> None:
    """Note what was ``decided`` (permit, version, decision), in the transaction that records it."""
    rows = [
        (
            permit,
            version,
            said.facts.deciding_body,
            type_name(type(said)),
            said.facts.party.party_id,
            recorded_at,
        )
        for permit, version, said in decided
    ]
    connection.execute(
        """INSERT INTO published (permit, version, body, type, party, recorded_at)
           SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[], %s::uuid[], %s::timestamptz[])""",
        columns.of_rows(("uuid", "integer", "text", "text", "uuid", "timestamptz"), rows),
    )


class Place(NamedTuple):
    """Where a page of the list ended."""

    recorded_at: datetime
    permit: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the list; empty ones let everything through. ``type``: of the decision's event. ``bounced``: only
    what waits or came back. ``batch``: of a file."""

    body: str
    type: str | None = None
    bounced: Why | None = None
    batch: UUID | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """One decision, and how far it is. ``waits``: why nobody was told, while nobody is. ``passed_over``: it is in no
    list for good. ``bounced``: it waits, or came back and nobody has signed since; said of the permit's newest
    decision alone."""

    permit: UUID
    version: int
    type: str
    recorded_at: datetime
    said: Decided
    reached: Sequence[Reached]
    waits: Waits | None
    passed_over: PassedOverTold | None
    bounced: str | None

    def as_json(self) -> dict[str, Any]:
        facts = self.said.facts
        return {
            "permit": str(self.permit),
            "version": self.version,
            "type": self.type,
            "decision_date": self.said.decision_date.isoformat(),
            "recorded_at": self.recorded_at.isoformat(),
            "party": facts.party.label,
            "matter_code": facts.matter_code,
            "permit_number": facts.permit_number,
            "batch": self.said.batch and str(self.said.batch),
            "reached": [one.as_json() for one in self.reached],
            "waits": self.waits and self.waits.as_json(),
            "passed_over": self.passed_over and self.passed_over.as_json(),
            "bounced": self.bounced,
        }


def find(connection: psycopg.Connection, wanted: Wanted, limit: int) -> list[Published]:
    """Return up to ``limit`` decisions of a body, those recorded last first."""
    newest = "p.version = (SELECT max(version) FROM published WHERE permit = p.permit)"
    conditions = {
        "p.type = %(type)s": wanted.type,
        "p.type <> 'permit_granted'": wanted.type and wanted.type != "permit_granted",
        f"b.why = %(bounced)s AND b.body = %(body)s AND {newest}": wanted.bounced,
        "(p.permit, p.version) IN (SELECT permit, version FROM batch_entries WHERE batch = %(batch)s)": wanted.batch,
        "(p.recorded_at, p.permit, p.version) < (%(at)s, %(permit)s, %(version)s)": wanted.after,
    }
    where = " AND ".join(["p.body = %(body)s", *(text for text, asked in conditions.items() if asked)])
    at, permit, version = wanted.after or (None, None, None)
    rows = connection.execute(
        f"""SELECT p.permit, p.version, p.type, p.recorded_at, b.why FROM published p
            LEFT JOIN bounced b ON b.permit = p.permit WHERE {where}
            ORDER BY p.recorded_at DESC, p.permit DESC, p.version DESC LIMIT %(limit)s""".encode(),
        {
            "body": wanted.body, "type": wanted.type, "bounced": wanted.bounced and wanted.bounced.value,
            "batch": wanted.batch, "at": at, "permit": permit, "version": version, "limit": limit,
        },
    ).fetchall()  # fmt: skip
    return _with_facts(connection, rows)


def permits_of(connection: psycopg.Connection, party: UUID, limit: int) -> list[UUID]:
    """Return up to ``limit`` permits that were ever decided about for ``party``, the newest first."""
    rows = connection.execute(
        """SELECT permit FROM published WHERE party = %s GROUP BY permit ORDER BY max(recorded_at) DESC, permit
           LIMIT %s""",
        (party, limit),
    )
    return [permit for (permit,) in rows]


def last_said(connection: psycopg.Connection, permits: Sequence[UUID]) -> dict[UUID, Decided]:
    """Return the newest decision about each of ``permits``."""
    records = store.load_streams(connection, SOURCE, permits)
    return {permit: _said(found, len(found)) for permit, found in records.items() if found}


def _with_facts(connection: psycopg.Connection, rows: Sequence[Sequence[Any]]) -> list[Published]:
    permits = list(dict.fromkeys(row[0] for row in rows))
    records = store.load_streams(connection, SOURCE, permits)
    told, steps = told_of_each(connection, permits), steps_of_each(connection, permits)
    waits, passed = waiting_of_each(connection, permits), passed_over_of_each(connection, permits)
    found = []
    for permit, version, kind, recorded_at, why in rows:
        whom = told[permit].get(version, [])
        found.append(
            Published(
                permit, version, kind, recorded_at, _said(records[permit], version), reached(whom, steps[permit]),
                None if whom else waits[permit].get(version), passed[permit].get(version),
                why if version == records[permit][-1].version else None,
            )
        )  # fmt: skip
    return found


def _said(records: Sequence[Record], version: int) -> Decided:
    record = records[version - 1]
    said = decode(record.type, record.schema, record.data)
    assert isinstance(said, Decided)
    return said

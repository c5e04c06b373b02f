"""What one attempt of the desk has decided: permits as they were loaded, then as the new events leave them; recorded
at the end in one go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

import psycopg

from events import columns, sealing, store
from events.approval import Decided, DecisionRetracted
from events.catalogue import decode, encode
from events.envelope import NewEvent, Record
from events.store import Lane, VersionConflict
from projections import party_facts
from services.approval import published
from services.approval.outcome import SOURCE, Outcome
from services.approval.permit_state import Permit, evolve
from services.approval.reasking_tasks import ask_again
from services.working_days import CHINA


@dataclass(slots=True)
class Work:
    """What one attempt has loaded and decided so far. ``prints``: the fingerprint of each (body, permit number);
    ``rules_version``: which version of the rule changes its decisions must meet."""

    prints: dict[tuple[str, str], bytes] = field(default_factory=dict)
    permits: dict[UUID, Permit] = field(default_factory=dict)
    numbers: dict[bytes, UUID] = field(default_factory=dict)
    new_numbers: dict[bytes, UUID] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    batches: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    sealed: dict[tuple[UUID, int], bytes | None] = field(default_factory=dict)
    rules_version: int = 0
    decided: list[tuple[UUID, int, Decided]] = field(default_factory=list)

    def load(self, streams: Mapping[UUID, Sequence[Record]]) -> None:
        """Take in permits as their records leave them."""
        for stream, records in streams.items():
            self.permits[stream] = fold(records)
            for record in records:
                self.sealed[stream, record.version] = record.personal

    def note(self, stream: UUID, before: Permit, event: Decided, sealed: bytes | None) -> Outcome:
        """Add what was decided about a permit, so that later decisions of the same attempt rest on it."""
        version = before.version + 1
        self.permits[stream] = evolve(before, version, event)
        self.sealed[stream, version] = sealed
        self.decided.append((stream, version, event))
        name, schema, data = encode(event)
        occurred_at = datetime.combine(event.decision_date, time(), CHINA)
        self.events.append(NewEvent(stream, version, name, schema, occurred_at, data, sealed, correlation=event.batch))
        if event.batch:
            self.batches.append((event.batch, stream, version))
        return Outcome(True, stream, version, name, flagged=event.flagged)

    def record(self, connection: psycopg.Connection, lane: Lane) -> None:
        """Record it in the caller's transaction; ``VersionConflict`` when others came first."""
        if not self.events:
            return
        if self.new_numbers:
            prints = sorted(self.new_numbers)
            inserted = connection.execute(
                """INSERT INTO permit_numbers (fingerprint, permit) SELECT * FROM unnest(%s::bytea[], %s::uuid[])
                   ON CONFLICT DO NOTHING""",
                (columns.blobs(prints), columns.uuids(self.new_numbers[p] for p in prints)),
            ).rowcount
            if inserted != len(prints):
                raise VersionConflict  # somebody granted the same number while we decided
        recorded_at = store.append(connection, SOURCE, self.events, lane=lane)
        published.note(connection, self.decided, recorded_at)
        facts = (party_facts.of_decision(*one, recorded_at) for one in self.decided)
        party_facts.write(connection, {fact.fact: fact for fact in facts if fact})
        retracted = [(stream, said) for stream, _, said in self.decided if isinstance(said, DecisionRetracted)]
        if retracted:
            ask_again(connection, retracted, recorded_at)
        if self.batches:
            connection.execute(
                "INSERT INTO batch_entries SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[])",
                columns.of_rows(("uuid", "uuid", "integer"), self.batches),
            )


def load_permits(connection: psycopg.Connection, prints: Mapping[tuple[str, str], bytes]) -> Work:
    """Begin an attempt with those of the permits under ``prints`` that are known."""
    # One question for both: a decision at a window would feel a second one.
    rows = connection.execute(
        """SELECT r.version, n.fingerprint, n.permit FROM rule_register r
           LEFT JOIN permit_numbers n ON n.fingerprint = ANY(%s)""",
        (columns.blobs(prints.values()),),
    ).fetchall()
    known = {fingerprint: permit for _, fingerprint, permit in rows if permit is not None}
    work = Work(dict(prints), numbers=known, rules_version=rows[0][0])
    work.load(store.load_streams(connection, SOURCE, work.numbers.values()))
    return work


def number_print(master: bytes, body: str, permit_number: str) -> bytes:
    """Return the fingerprint under which a body's permit number is known. Some numbers are identity numbers."""
    return sealing.fingerprint(master, "permit", f"{body}/{permit_number}")


def fold(records: Sequence[Record]) -> Permit:
    """Fold a permit's records into its state."""
    permit = Permit()
    for record in records:
        event = decode(record.type, record.schema, record.data)
        assert isinstance(event, Decided)
        permit = evolve(permit, record.version, event)
    return permit

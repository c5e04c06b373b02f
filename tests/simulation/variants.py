"""Broken on purpose: the faults that the product does not have. Each must be found, or a simulation proves nothing.

``finds`` is the kind of finding by which each is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg

from events import bookmark, columns, ledger
from events.database import raw
from events.envelope import Record, link, partition_of
from events.log import Batch
from events.sequencer import MOVE, SELECT_OUTBOX
from projections import projector, received_numbers
from projections.projection import Outcome
from projections.projector import Projector

if TYPE_CHECKING:
    from tests.simulation.member import Member


@dataclass(frozen=True, slots=True)
class Variant:
    """``broken`` exchanges names of the product by ones that do it wrong. ``bureau_looks``: see ``Bureau``."""

    name: str
    finds: str
    broken: Mapping[str, Callable[..., Any] | str] = field(default_factory=dict)
    bureau_looks: bool = True

    @contextmanager
    def in_place(self) -> Iterator[None]:
        with ExitStack() as patches:
            for name, value in self.broken.items():
                patches.enter_context(patch(name, value))
            yield


def _moves(self: Projector, batch: Batch) -> tuple[dict[int, int], dict[int, int]]:
    positions: dict[int, int] = {}
    for record in batch.records:
        positions[record.partition] = max(record.position, positions.get(record.partition, 0))
    return {p: c for p, c in batch.cursors.items() if c != self.lease.cursors[p]}, positions


def checkpoint_first(self: Projector, batch: Batch) -> Outcome:
    """The checkpoint is moved in a transaction of its own, and what was read is applied in the next one."""
    cursors, positions = _moves(self, batch)
    outcome = Outcome()
    with self.engine.begin() as transaction:
        bookmark.advance(raw(transaction), self.lease, cursors, positions)
    bookmark.moved(self.lease, cursors, positions)
    with self.engine.begin() as transaction:
        connection = raw(transaction)
        received_numbers.note_records(connection, self.projection.name, batch.records)
        self._settle(connection, projector._by_stream(batch.records), outcome)
    return outcome


def unfenced(self: Projector, batch: Batch) -> Outcome:
    """Nobody asks whose partition it is: the checkpoint is written last, whatever its epoch is by now."""
    cursors, positions = _moves(self, batch)
    outcome = Outcome()
    with self.engine.begin() as transaction:
        connection = raw(transaction)
        received_numbers.note_records(connection, self.projection.name, batch.records)
        self._settle(connection, projector._by_stream(batch.records), outcome)
        for partition, cursor in sorted(cursors.items()):
            connection.execute(
                "UPDATE checkpoints SET cursor = %s WHERE reader = %s AND log = %s AND partition = %s",
                (cursor, self.lease.reader, self.lease.log, partition),
            )
    bookmark.moved(self.lease, cursors, positions)
    return outcome


def believed(_connection: psycopg.Connection, _name: str, streams: Mapping[Any, Sequence[Record]]) -> dict[Any, int]:
    """Whatever comes is the next of its stream."""
    return {stream: min(record.version for record in records) - 1 for stream, records in streams.items()}


def number_by_sequence(connection: psycopg.Connection, *_: Any, **__: Any) -> int:
    """The number is the one that the row got from a sequence when it was written; readers go on above the highest."""
    with connection.transaction():
        rows = connection.execute(f"{SELECT_OUTBOX} ORDER BY id FOR UPDATE SKIP LOCKED").fetchall()
        connection.execute(
            MOVE,
            (
                ids := columns.bigints(row[1] for row in rows),
                ids,
                ids,
                columns.smallints(partition_of(row[2]) for row in rows),
                columns.blobs(bytes(32) for _ in rows),
            ),
        )
    return len(rows)


def drop_then_write(connection: psycopg.Connection, *_: Any, **__: Any) -> int:
    """The outbox row is gone, and committed as gone, before the ledger row is there."""
    row = connection.execute("SELECT * FROM outbox ORDER BY id LIMIT 1").fetchone()
    if row is None:
        return 0
    head = ledger.head(connection)
    lane, number, stream, *event = row
    recorded, digest = event[4], event[-1]
    connection.execute("DELETE FROM outbox WHERE lane = %s AND id = %s", (lane, number))
    hashed = link(head.hash, head.position + 1, recorded, digest)
    with connection.transaction():
        connection.execute(
            "UPDATE ledger_head SET position = %s, hash = %s, recorded_at = %s", (head.position + 1, hashed, recorded)
        )
        connection.execute(
            "INSERT INTO ledger VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (head.position + 1, partition_of(stream), lane, stream, *event, hashed),
        )
    return 1


def from_the_brokers_offsets(self: Member, assigned: Sequence[int]) -> dict[int, int]:
    """Reading resumes where the consumer group's offsets are, which were committed when the records were read."""
    reader = self.reader
    committed = self.world.broker.topics["approval"].committed
    held = {p: committed.get(p, 0) for p in reader.take(self.log, assigned, assigned=True)}
    assert reader._projector is not None
    reader._projector.lease.cursors.update(held)
    for partition, cursor in held.items():
        reader._kept().execute(
            "UPDATE checkpoints SET cursor = %s WHERE reader = 'listing' AND partition = %s", (cursor, partition)
        )
    return held


def without_looking_back(self: Any, connection: psycopg.Connection, identity: Any, publisher: Any) -> int:
    """The relay believes its bookmark, whatever became of the log."""
    row = connection.execute("SELECT max(ledger_position) FROM checkpoints WHERE reader = 'relay'").fetchone()
    return int(row[0] or 0) if row else 0


def never_short(*_: Any) -> bool:
    """The relay compares heads only: an end that was lost is hidden by what it writes there next."""
    return False


def fill_nothing(*_: Any) -> None:
    """The relay writes on where the log now ends: a reader that stood beyond it takes what is new there for read."""


RECEIVE = "projections.projector.Projector.receive"
NUMBER = "events.sequencer.number_once"
VARIANTS = (
    Variant("the checkpoint is committed before what it stands for", "ahead", {RECEIVE: checkpoint_first}),
    Variant("nobody asks whose partition it is", "list", {RECEIVE: unfenced}),
    Variant("versions are not compared", "list", {"projections.projector._seen": believed}),
    Variant("numbers come from a sequence", "ahead", {NUMBER: number_by_sequence}),
    Variant("the outbox row goes before the ledger row is there", "lost", {NUMBER: drop_then_write}),
    Variant("a bulk event overtakes the live one before it", "order", {"events.sequencer.BEHIND_NO_LIVE_ONE": ""}),
    Variant("the relay believes its bookmark", "not level", {"events.relay.Relay._resume": without_looking_back}),
    Variant("the relay compares heads alone", "not level", {"events.relay._short": never_short}),
    Variant("the relay leaves a lost end short", "not level", {"events.relay.Relay._fill": fill_nothing}),
    Variant(
        "the reader believes the broker's offsets", "ahead",
        {"tests.simulation.member.Member.take": from_the_brokers_offsets},
    ),
    Variant("a bureau tries again without looking", "doubled", bureau_looks=False),
)  # fmt: skip

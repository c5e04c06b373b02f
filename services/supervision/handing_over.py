"""Opening stock arrives: when all of a batch has come, each department gets one handover list (移交清单) of its part.

Whole is what the body said it handed over, whatever comes first. What comes later (a row that a person settled, a
decision that waited for a duty) stands on a list of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import columns, store
from events.catalogue import encode
from events.envelope import NewEvent, Record, partition_of
from events.handovers import HandoverListMade, ListedRow, hash_of, list_stream, stretches
from projections import handovers
from projections.listed_decision import ListedDecision
from services.supervision.pushing import Push, Reached

SOURCE = "supervision"

Batch = tuple[UUID, str]
"""A batch, and the body whose decisions they are."""


class Arrived(NamedTuple):
    """A decision that came, pushed or waiting."""

    record: Record
    decided: ListedDecision

    @property
    def batch(self) -> Batch | None:
        """Return the batch of opening stock that it belongs to, if any."""
        of_stock = self.record.type == "permit_granted" and self.decided.opening_stock
        return (self.decided.batch, self.decided.facts.deciding_body) if of_stock and self.decided.batch else None


def note(
    connection: psycopg.Connection,
    arrived: Iterable[Arrived],
    pushed: Sequence[tuple[Push, Sequence[Reached]]],
    now: datetime,
    *,
    first: bool,
) -> None:
    """Note what came of opening stock and what was taken back of it, and make the lists that are whole by now.

    ``first``: it comes for the first time, and not out of the exception queue, where it was counted.
    """
    came = {(one.record.stream, one.record.version): one.batch for one in arrived}
    counts = Counter(batch for batch in came.values() if batch)
    _withdraw(connection, pushed)
    if not counts:
        return
    _write_rows(connection, pushed)
    keys = sorted(counts)
    connection.execute(
        """INSERT INTO stock_batches AS s (batch, body, arrived)
           SELECT * FROM unnest(%s::uuid[], %s::text[], %s::integer[])
           ON CONFLICT (batch, body) DO UPDATE SET arrived = s.arrived + excluded.arrived""",
        (
            columns.uuids(key[0] for key in keys),
            columns.texts(key[1] for key in keys),
            columns.integers(counts[key] if first else 0 for key in keys),
        ),
    )
    make_lists(connection, keys, now)


def announce(connection: psycopg.Connection, batch: Batch, body_name: str, decisions: int) -> None:
    """Note how many decisions a body says it handed over. Less than it said before is an older word."""
    connection.execute(
        """INSERT INTO stock_batches AS s (batch, body, body_name, announced) VALUES (%s, %s, %s, %s)
           ON CONFLICT (batch, body) DO UPDATE SET
               body_name = excluded.body_name, announced = greatest(s.announced, excluded.announced)""",
        (*batch, body_name, decisions),
    )


def make_lists(connection: psycopg.Connection, batches: Collection[Batch], now: datetime) -> None:
    """Make the lists of those ``batches`` of which everything has come: one for each department."""
    pairs = (columns.uuids(one[0] for one in batches), columns.texts(one[1] for one in batches))
    whole = connection.execute(
        """SELECT s.batch, s.body, s.body_name FROM stock_batches s
           JOIN unnest(%s::uuid[], %s::text[]) AS w (batch, body) ON w.batch = s.batch AND w.body = s.body
           WHERE s.announced > 0 AND s.arrived >= s.announced ORDER BY s.batch, s.body FOR UPDATE OF s""",
        pairs,
    ).fetchall()
    events, made = [], []
    for batch, body, body_name in whole:
        for department, rows in _unlisted(connection, batch, body):
            said = HandoverListMade(
                number=_next_number(connection, body, department),
                body=body,
                body_name=body_name,
                department=department,
                batch=batch,
                permits=len(rows),
                pushes=stretches([row.push_number for row in rows]),
                sha256=hash_of(rows),
            )
            stream = list_stream(body, department, said.number)
            kind, schema, data = encode(said)
            events.append(NewEvent(stream, 1, kind, schema, now, data, correlation=batch))
            made.append((stream, said))
            connection.execute(
                """UPDATE handover_rows SET list = %s
                   WHERE batch = %s AND body = %s AND department = %s AND list IS NULL AND NOT withdrawn""",
                (stream, batch, body, department),
            )
    if events:
        at = store.append(connection, SOURCE, events)
        for stream, said in made:
            handovers.write(connection, stream, 1, said, at)


def _unlisted(connection: psycopg.Connection, batch: UUID, body: str) -> Iterator[tuple[str, list[ListedRow]]]:
    rows = connection.execute(
        """SELECT department, push_number, permit, decision_version FROM handover_rows
           WHERE batch = %s AND body = %s AND list IS NULL AND NOT withdrawn ORDER BY department, push_number""",
        (batch, body),
    ).fetchall()
    for department, listed in groupby(rows, key=lambda row: str(row[0])):
        yield department, [ListedRow(*row[1:]) for row in listed]


def _next_number(connection: psycopg.Connection, body: str, department: str) -> int:
    row = connection.execute(
        """INSERT INTO handover_numbers AS n (body, department, last) VALUES (%s, %s, 1)
           ON CONFLICT (body, department) DO UPDATE SET last = n.last + 1 RETURNING last""",
        (body, department),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _write_rows(connection: psycopg.Connection, pushed: Sequence[tuple[Push, Sequence[Reached]]]) -> None:
    rows = [
        (
            body, one.department, one.push_number, batch, push.stream, partition_of(push.stream), push.version,
            push.record.version,
        )
        for push, reached in pushed
        if (found := Arrived(push.record, push.decided).batch)
        for batch, body in (found,)
        for one in reached
    ]  # fmt: skip
    if rows:
        connection.execute(
            """INSERT INTO handover_rows (body, department, push_number, batch, permit, partition, push_version,
                   decision_version)
               SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::uuid[], %s::smallint[],
                   %s::integer[], %s::integer[])""",
            columns.of_rows(("text", "text", "bigint", "uuid", "uuid", "smallint", "integer", "integer"), rows),
        )


def _withdraw(connection: psycopg.Connection, pushed: Sequence[tuple[Push, Sequence[Reached]]]) -> None:
    """Mark the rows whose decision was taken back: nobody takes them over any more."""
    gone = [(push.stream, push.decided.retracted_version) for push, _ in pushed if push.decided.retracted_version]
    if gone:
        connection.execute(
            """UPDATE handover_rows r SET withdrawn = true, waits = false
               FROM unnest(%s::uuid[], %s::integer[]) AS g (permit, version)
               WHERE r.permit = g.permit AND r.decision_version = g.version""",
            columns.of_rows(("uuid", "integer"), gone),
        )

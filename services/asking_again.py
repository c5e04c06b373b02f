"""Missing numbers are asked for again: which, when, and since when they are here. Decided purely, recorded as events.

A request is an event in our own ledger: the other side reads it and sends the numbers again. Where its ledger can be
read by number, they are read there at once and handed to the reader that missed them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events import store
from events.catalogue import encode
from events.completeness import NumberRun, NumbersArrived, NumbersAskedFor
from events.envelope import NewEvent, new_stream
from events.log import Log
from events.numbers import Run, without
from projections import parking

AGAIN_AFTER = timedelta(minutes=10)
"""How long the other side has to send what was asked for, before it is asked once more."""
MOST_RUNS = 500
MOST_NUMBERS = 5000
"""What one request may name. The rest is asked for when that has come, so that a flood is sent in parts."""
BY_ITSELF = "linkage"


@dataclass(frozen=True, slots=True)
class Request:
    """Numbers of the ledger of ``source`` that were asked for and have not all come."""

    id: UUID
    version: int
    source: str
    runs: tuple[Run, ...]
    asked: int
    asked_at: datetime


Step = tuple[Request | None, NumbersAskedFor | NumbersArrived]


def steps(
    source: str, gaps: Sequence[Run], waiting: Sequence[Request], now: datetime, by: str, *, at_once: bool = False
) -> Iterator[Step]:
    """Yield what must be said now that ``gaps`` are what is missing.

    A request of which nothing is missing any more has arrived. One that waits for too long, or ``at_once``, is asked
    again, for what is left of it. Then what nobody asked for yet.
    """
    for request in waiting:
        left = without(request.runs, without(request.runs, gaps))
        if not left:
            yield request, NumbersArrived(source=source, runs=_said(request.runs), asked=request.asked)
        elif at_once or now - request.asked_at >= AGAIN_AFTER:
            yield request, NumbersAskedFor(source=source, runs=_said(left), asked=request.asked + 1, by=by)
    fresh = _some(without(gaps, (run for request in waiting for run in request.runs)))
    if fresh:
        yield None, NumbersAskedFor(source=source, runs=_said(fresh), asked=1, by=by)


def ask(
    connection: psycopg.Connection, side: str, source: str, gaps: Sequence[Run], now: datetime, by: str = BY_ITSELF,
    *, at_once: bool = False,
) -> list[Run]:  # fmt: skip
    """Record what must be said about ``gaps`` and return which numbers are asked for by that.

    ``VersionConflict`` when somebody else said something about one of the requests at the same time.
    """
    asked: list[Run] = []
    with connection.transaction():
        for request, said in steps(source, gaps, open_requests(connection, source), now, by, at_once=at_once):
            stream, version = (request.id, request.version + 1) if request else (new_stream(), 1)
            kind, schema, data = encode(said)
            at = store.append(connection, side, [NewEvent(stream, version, kind, schema, now, data)])
            _keep(connection, stream, version, said, at)
            if isinstance(said, NumbersAskedFor):
                asked += ((run.first, run.last) for run in said.runs)
    return asked


def fetch(connection: psycopg.Connection, log: Log, reader: str, runs: Sequence[Run]) -> int | None:
    """Hand the records of ``runs`` to ``reader``, where ``log`` is read by number; return how many these are."""
    records = log.numbered(runs) if runs else []
    if records is None:
        return None
    parking.hand_back(connection, reader, records)
    return len(records)


def open_requests(connection: psycopg.Connection, source: str) -> list[Request]:
    """Return the requests to ``source`` that have not arrived, oldest first."""
    rows = connection.execute(
        """SELECT request, version, source, runs, asked, asked_at FROM number_requests
           WHERE source = %s AND arrived_at IS NULL ORDER BY asked_at, request""",
        (source,),
    )
    return [Request(row[0], row[1], row[2], tuple((run[0], run[1]) for run in row[3]), *row[4:]) for row in rows]


def _keep(
    connection: psycopg.Connection, stream: UUID, version: int, said: NumbersAskedFor | NumbersArrived, at: datetime
) -> None:
    if isinstance(said, NumbersArrived):
        connection.execute(
            "UPDATE number_requests SET version = %s, arrived_at = %s WHERE request = %s", (version, at, stream)
        )
        return
    connection.execute(
        """INSERT INTO number_requests (request, version, source, runs, asked, asked_at, by_whom)
           VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (request) DO UPDATE SET version = excluded.version, asked = excluded.asked,
               asked_at = excluded.asked_at, by_whom = excluded.by_whom""",
        (stream, version, said.source, Jsonb([[r.first, r.last] for r in said.runs]), said.asked, at, said.by),
    )


def _said(runs: Iterable[Run]) -> tuple[NumberRun, ...]:
    return tuple(NumberRun(first=first, last=last) for first, last in runs)


def _some(runs: Sequence[Run]) -> list[Run]:
    """Return as many of the first numbers as one request may name."""
    found: list[Run] = []
    room = MOST_NUMBERS
    for first, last in runs[:MOST_RUNS]:
        if room <= 0:
            break
        found.append((first, min(last, first + room - 1)))
        room -= found[-1][1] - first + 1
    return found

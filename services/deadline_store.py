"""What was said about deadlines, as events and as one row an item: written in one transaction, by one fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from events import columns, store
from events.catalogue import encode
from events.deadlines import LimitReached, OfClock, ReminderGiven, Urged
from events.envelope import NAMESPACE, NewEvent, event_id
from services.deadlines import NOTHING_SAID, Deadline, evolve
from services.notices import Occasion, Tiding
from services.tidings import note

_AS_JSON = TypeAdapter(Deadline)


OCCASION_OF: Mapping[type[OfClock], Occasion] = {
    ReminderGiven: Occasion.REMINDER,
    LimitReached: Occasion.OVERDUE,
    Urged: Occasion.URGED,
}
"""What of it the officer who holds the item is told."""


def stream_of(item: UUID) -> UUID:
    """Return the stream of an item's deadlines, which is not the item's own."""
    return uuid5(NAMESPACE, f"deadline/{item}")


def read_deadlines(connection: psycopg.Connection, items: Iterable[UUID]) -> dict[UUID, Deadline]:
    """Return what was said about those of ``items`` of which anything was."""
    rows = connection.execute("SELECT item, content FROM deadlines WHERE item = ANY(%s)", (columns.uuids(items),))
    return {item: _AS_JSON.validate_python(content) for item, content in rows}


def record(
    connection: psycopg.Connection, side: str, said: Sequence[OfClock], known: Mapping[UUID, Deadline], now: datetime
) -> dict[UUID, Deadline]:
    """Record ``said``, which was decided on what is ``known``, in the caller's transaction; return what holds then.

    ``VersionConflict`` when anybody recorded something about one of the items since: what was decided is then
    decided anew, and never said twice.
    """
    states = dict(known)
    events, told = [], []
    for one in said:
        state = evolve(states.get(one.item, NOTHING_SAID), one)
        states[one.item] = state
        name, schema, data = encode(one)
        stream = stream_of(one.item)
        events.append(NewEvent(stream, state.version, name, schema, now, data))
        if (occasion := OCCASION_OF.get(type(one))) is not None:
            told.append(Tiding(event_id(side, stream, state.version), one.item, one.kind, occasion, None, now))
    store.append(connection, side, events)
    note(connection, told)
    write(connection, {one.item: states[one.item] for one in said})
    return states


def write(connection: psycopg.Connection, deadlines: Mapping[UUID, Deadline]) -> None:
    items = sorted(deadlines)
    connection.execute(
        """INSERT INTO deadlines (item, version, content) SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::jsonb[])
           ON CONFLICT (item) DO UPDATE SET version = excluded.version, content = excluded.content""",
        (
            columns.uuids(items),
            columns.integers(deadlines[item].version for item in items),
            [Jsonb(_AS_JSON.dump_python(deadlines[item], mode="json")) for item in items],
        ),
    )

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
from events.deadlines import OfClock
from events.envelope import NAMESPACE, NewEvent
from services.deadlines import NOTHING_SAID, Deadline, evolve

_AS_JSON = TypeAdapter(Deadline)


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
    events = []
    for one in said:
        state = evolve(states.get(one.item, NOTHING_SAID), one)
        states[one.item] = state
        name, schema, data = encode(one)
        events.append(NewEvent(stream_of(one.item), state.version, name, schema, now, data))
    store.append(connection, side, events)
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

"""Who holds each item, as events and as one row an item: written in one transaction, by one fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb

from events import columns, store
from events.catalogue import decode, encode
from events.envelope import NAMESPACE, NewEvent, event_id
from events.people import HolderNamed
from services.holding import HELD_WORDS, Held
from services.notices import Occasion, Tiding
from services.tidings import note


def stream_of(item: UUID) -> UUID:
    """Return the stream of who holds an item, which is not the item's own."""
    return uuid5(NAMESPACE, f"held/{item}")


def read_holders(connection: psycopg.Connection, items: Iterable[UUID]) -> dict[UUID, Held]:
    """Return who holds those of ``items`` of which that was ever said."""
    rows = connection.execute(
        "SELECT item, version, content FROM holders WHERE item = ANY(%s)", (columns.uuids(items),)
    )
    return {item: Held(version, HolderNamed.model_validate(content)) for item, version, content in rows}


def record_holders(
    connection: psycopg.Connection, side: str, said: Sequence[HolderNamed], known: Mapping[UUID, Held], now: datetime
) -> None:
    """Record ``said``, which was decided on what is ``known``, in the caller's transaction. ``VersionConflict`` when
    anybody gave one of the items to another officer meanwhile."""
    held = {one.item: Held(known[one.item].version + 1 if one.item in known else 1, one) for one in said}
    events = []
    for item, one in held.items():
        name, schema, data = encode(one.said)
        events.append(NewEvent(stream_of(item), one.version, name, schema, now, data))
    store.append(connection, side, events)
    note(connection, _tidings(side, held, known, now))
    items = sorted(held)
    connection.execute(
        """INSERT INTO holders (item, version, officer, content)
           SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::text[], %s::jsonb[])
           ON CONFLICT (item) DO UPDATE
               SET version = excluded.version, officer = excluded.officer, content = excluded.content""",
        (
            columns.uuids(items),
            columns.integers(held[item].version for item in items),
            [held[item].said.officer for item in items],
            [Jsonb(held[item].said.model_dump(mode="json")) for item in items],
        ),
    )


def _tidings(side: str, held: Mapping[UUID, Held], known: Mapping[UUID, Held], now: datetime) -> Iterator[Tiding]:
    """Yield what those are to be told who hold an item that they did not hold before."""
    for item, one in held.items():
        officer = one.said.officer
        if officer and (item not in known or known[item].said.officer != officer):
            told = event_id(side, stream_of(item), one.version)
            yield Tiding(told, item, one.said.kind, Occasion.NEW, officer, now)


def held_as_json(held: Held | None) -> dict[str, Any]:
    """Return what lists say of who holds an item."""
    if held is None:
        return {"officer": None, "principal": None, "held_by": None, "held_by_in_words": None}
    said = held.said
    return {
        "officer": said.officer,
        "principal": said.principal,
        "held_by": said.why.value,
        "held_by_in_words": HELD_WORDS[said.why],
    }


def history_of(connection: psycopg.Connection, side: str, item: UUID) -> list[dict[str, Any]]:
    """Return everybody who held an item, the first one first; nothing when nobody ever did."""
    stream = stream_of(item)
    found = []
    for record in store.load_streams(connection, side, [stream])[stream]:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, HolderNamed)
        found.append(
            {
                "at": record.recorded_at.isoformat(),
                "department": said.department,
                **held_as_json(Held(record.version, said)),
                "by": said.by or None,
                "reason": said.reason or None,
            }
        )
    return found

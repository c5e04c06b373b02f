"""What somebody is to be told, noted in the transaction that records the fact: once for each, whatever is replayed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns
from events.limits import LimitKind
from services.notices import Occasion, Outcome, Tiding


def note(connection: psycopg.Connection, tidings: Iterable[Tiding]) -> None:
    """Note ``tidings`` in the caller's transaction; their ids are those of the events that they tell."""
    some = list(tidings)
    if some:
        connection.execute(
            """INSERT INTO tidings (tiding, item, kind, occasion, officer, since)
               SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
               ON CONFLICT DO NOTHING""",
            (
                columns.uuids(one.id for one in some),
                columns.uuids(one.item for one in some),
                [one.kind.value for one in some],
                [one.occasion.value for one in some],
                [one.officer for one in some],
                [one.since for one in some],
            ),
        )


def waiting(connection: psycopg.Connection, most: int) -> list[Tiding]:
    """Return what was not told yet, the oldest first."""
    rows = connection.execute(
        """SELECT tiding, item, kind, occasion, officer, since FROM tidings
           WHERE outcome IS NULL ORDER BY since, tiding LIMIT %s""",
        (most,),
    )
    return [
        Tiding(tiding, item, LimitKind(kind), Occasion(occasion), officer, since)
        for tiding, item, kind, occasion, officer, since in rows
    ]


def settle(connection: psycopg.Connection, outcomes: dict[UUID, Outcome], now: datetime) -> None:
    connection.execute(
        """UPDATE tidings SET outcome = o, settled_at = %s
           FROM unnest(%s::uuid[], %s::text[]) AS s (t, o) WHERE tiding = s.t""",
        (now, columns.uuids(outcomes), [outcome.value for outcome in outcomes.values()]),
    )

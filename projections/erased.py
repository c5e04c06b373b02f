"""Of which parties are the personal facts erased? Their mask is no longer shown either, in whatever list it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from events import columns
from events.approval import Party

LABEL = "（已删除）"
"""Stands in place of the mask."""

ERASED_1 = """
CREATE TABLE erased_parties (
    party uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
COMMENT ON TABLE erased_parties IS 'whose personal facts nobody can read any more; alike on both sides';
"""


def erased_parties(connection: psycopg.Connection) -> frozenset[UUID]:
    return frozenset(party for (party,) in connection.execute("SELECT party FROM erased_parties"))


def note(connection: psycopg.Connection, parties: Collection[UUID], at: datetime) -> None:
    connection.execute(
        """INSERT INTO erased_parties (party, erased_at) SELECT p, %s FROM unnest(%s::uuid[]) AS p
           ON CONFLICT DO NOTHING""",
        (at, columns.uuids(parties)),
    )


def label_of(party: Party | Mapping[str, Any], erased: Collection[UUID]) -> str:
    """Return what is shown of a party, as an event says it."""
    if isinstance(party, Mapping):
        return LABEL if UUID(str(party["party_id"])) in erased else str(party["label"])
    return LABEL if party.party_id in erased else party.label

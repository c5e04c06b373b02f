"""A party was erased on the approval side: lists show 已删除 in place of its mask, also when they are rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns
from events.catalogue import decode
from events.envelope import Record
from events.erasures import PartyErased
from projections import erased
from projections.rebuild import OTHER


@dataclass(slots=True)
class ErasureUnit:
    """Who was erased, as one batch of the log says it."""

    heard: dict[UUID, datetime] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, PartyErased)
        self.heard[said.party_id] = record.recorded_at

    def write(self, connection: psycopg.Connection) -> None:
        for party, at in self.heard.items():
            erased.note(connection, [party], at)
        there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (OTHER,)).fetchone()
        # A list that is being made anew was folded before this was heard, and would bring the mask back.
        for table in ("watch_list", OTHER) if there and there[0] else ("watch_list",):
            connection.execute(
                f"UPDATE {table} SET party_label = %s WHERE party = ANY(%s)".encode(),
                (erased.LABEL, columns.uuids(self.heard)),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class ErasureHearing:
    """A reaction of the supervision side."""

    types = frozenset({"party_erased"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> ErasureUnit:
        return ErasureUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

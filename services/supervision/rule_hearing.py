"""What approval bodies answer to rule changes is heard: delivered, answered, added to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events.approval import Said
from events.catalogue import decode
from events.envelope import Record
from projections import rule_changes


@dataclass(slots=True)
class HearingUnit:
    """The answers of one batch, in the order of their streams."""

    heard: list[tuple[Record, Said]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        self.heard.append((record, decode(record.type, record.schema, record.data)))

    def write(self, connection: psycopg.Connection) -> None:
        for record, said in self.heard:
            rule_changes.write(connection, record.stream, record.version, said, record.recorded_at)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class RuleHearing:
    """A reaction of the supervision side."""

    types = frozenset({"rule_change_received", "rule_change_acknowledged"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> HearingUnit:
        return HearingUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

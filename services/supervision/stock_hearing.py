"""A body says how much opening stock it handed over: when all of it has come, its handover lists are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events.catalogue import decode
from events.envelope import Record
from events.stock import StockHandedOver
from services.supervision.handing_over import announce, make_lists
from services.supervision.handover_signing import sign_rows


@dataclass(slots=True)
class StockUnit:
    """What was handed over, as one batch of the log says it."""

    now: datetime
    heard: list[StockHandedOver] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, StockHandedOver)
        self.heard.append(said)

    def write(self, connection: psycopg.Connection) -> None:
        for said in sorted(self.heard, key=lambda one: (one.batch, one.body)):
            announce(connection, (said.batch, said.body), said.body_name, said.decisions)
        make_lists(connection, {(said.batch, said.body) for said in self.heard}, self.now)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class StockHearing:
    """A reaction of the supervision side. What it tends: the receipts that follow from signed lists."""

    types = frozenset({"stock_handed_over"})

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> StockUnit:
        return StockUnit(self.clock())

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return sign_rows(connection, partitions)

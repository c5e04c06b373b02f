"""A rule change reaches the approval side: it is kept for the desks, and every body in scope is asked to answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events import store
from events.approval import Said
from events.catalogue import decode, encode
from events.envelope import NewEvent, Record
from events.rule_answers import RuleChangeReceived, answer_stream
from events.rule_changes import BodyInScope, RuleChangeCorrected, RuleChanged, Why
from projections import rule_changes
from services.approval import rule_register
from services.approval.outcome import SOURCE
from services.approval.place_register import read_places
from services.approval.rule_answer import in_scope
from services.working_days import china_day


@dataclass(slots=True)
class ReceivingUnit:
    """The rule changes of one batch."""

    now: datetime
    received: list[tuple[Record, Said]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        self.received.append((record, decode(record.type, record.schema, record.data)))

    def write(self, connection: psycopg.Connection) -> None:
        """Keep what came, in the order of its streams, and ask who must answer it."""
        if not self.received:
            return
        for record, said in self.received:
            rule_changes.write(connection, record.stream, record.version, said, record.recorded_at)
            if isinstance(said, RuleChanged) or (isinstance(said, RuleChangeCorrected) and said.asks_again):
                self._ask(connection, record, said)
        rule_register.raise_version(connection)

    def _ask(self, connection: psycopg.Connection, record: Record, said: RuleChanged | RuleChangeCorrected) -> None:
        """Record that it has reached each body in scope, and again each that was asked before."""
        asked = {one.body: one for one in in_scope(said, read_places(connection), china_day(self.now))}
        for before in rule_changes.read_answers(connection, [record.stream])[record.stream]:
            asked.setdefault(before.body, BodyInScope(body=before.body, name=before.name, why=Why(before.why)))
        streams = {body: answer_stream(record.stream, body) for body in sorted(asked)}
        rows = connection.execute(
            "SELECT stream, version FROM streams WHERE stream = ANY(%s)", (list(streams.values()),)
        )
        versions: dict[UUID, int] = dict(rows.fetchall())
        events, delivered = [], []
        for body, stream in streams.items():
            one = RuleChangeReceived(
                rule=record.stream,
                rule_version=record.version,
                body=body,
                body_name=asked[body].name,
                why=asked[body].why,
            )
            name, schema, data = encode(one)
            version = versions.get(stream, 0) + 1
            events.append(
                NewEvent(stream, version, name, schema, self.now, data, correlation=record.stream, causation=record.id)
            )
            delivered.append((stream, version, one))
        if not events:
            return
        at = store.append(connection, SOURCE, events)
        for stream, version, one in delivered:
            rule_changes.write(connection, stream, version, one, at)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class RuleReceiving:
    """A reaction of the approval side."""

    types = frozenset({"rule_changed", "rule_change_corrected", "rule_change_withdrawn"})

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> ReceivingUnit:
        return ReceivingUnit(self.clock())

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

"""Pushes, exceptions and receipts, as the other side recorded them, become rows of who was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from events import columns
from events.envelope import Record, canonical
from projections import received_numbers, statement_days
from projections.completeness import push_series
from projections.received_numbers import day_of

STEPS = frozenset(
    {
        "push_read", "push_signed", "push_returned", "push_handled", "push_closed",
        "consultation_opened", "opinion_given", "ruling_made",
    }
)  # fmt: skip
_APART = ("push_version", "department", "officer")


@dataclass(slots=True)
class ToldUnit:
    """The pushes and exceptions of one batch."""

    told: list[tuple[UUID, int, int, str, str, int, datetime, str]] = field(default_factory=list)
    waits: list[tuple[UUID, int, str, str, datetime]] = field(default_factory=list)
    steps: list[tuple[UUID, int, str, int | None, str, str, str, datetime]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = orjson.loads(record.data)
        if record.type in STEPS:
            self.steps.append(_step(record, said))
            return
        version = int(said["decision"]["version"])
        if record.type in ("push_made", "push_moved"):
            body = said["decision"]["payload"]["facts"]["deciding_body"]
            self.told += [
                (
                    record.stream,
                    version,
                    record.version,
                    r["department"],
                    r["role"],
                    r["push_number"],
                    record.recorded_at,
                    body,
                )
                for r in said["receivers"]
            ]
        else:
            self.waits.append((record.stream, version, said["reason"], said["owner"], record.recorded_at))

    def write(self, connection: psycopg.Connection) -> None:
        if self.told:
            connection.execute(
                """INSERT INTO told (permit, permit_version, push_version, department, role, push_number, told_at,
                                     deciding_body)
                   SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::integer[], %s::text[], %s::text[], %s::bigint[],
                                        %s::timestamptz[], %s::text[])""",
                columns.of_rows(
                    ("uuid", "integer", "integer", "text", "text", "bigint", "timestamptz", "text"), self.told
                ),
            )
            # body, department, day, number of each
            pushed = [(one[7], one[3], day_of(one[6]), one[5]) for one in self.told]
            received_numbers.note(connection, ((push_series(body, to), day, n) for body, to, day, n in pushed))
            statement_days.mark(connection, (one[:3] for one in pushed))
        if self.waits:
            connection.execute(
                """INSERT INTO told_waiting (permit, permit_version, reason, owner, since)
                   SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[], %s::timestamptz[])
                   ON CONFLICT (permit, permit_version) DO NOTHING""",
                columns.of_rows(("uuid", "integer", "text", "text", "timestamptz"), self.waits),
            )

        if self.steps:
            connection.execute(
                """INSERT INTO told_steps (permit, version, step, push_version, department, officer, said, at)
                   SELECT p, v, s, n, d, o, j::jsonb, a FROM unnest(%s::uuid[], %s::integer[], %s::text[],
                       %s::integer[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
                       AS t (p, v, s, n, d, o, j, a)""",
                columns.of_rows(
                    ("uuid", "integer", "text", "integer", "text", "text", "text", "timestamptz"), self.steps
                ),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class Telling:
    """A reaction of the approval side: pushes, exceptions and receipts become who was told, and how far each is."""

    types = frozenset({"push_made", "push_moved", "exception_raised"}) | STEPS

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> ToldUnit:
        return ToldUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def _step(record: Record, said: dict[str, Any]) -> tuple[UUID, int, str, int | None, str, str, str, datetime]:
    rest = {name: value for name, value in said.items() if name not in _APART and value not in ("", None)}
    return (
        record.stream,
        record.version,
        record.type,
        said.get("push_version"),
        said.get("department", ""),
        said.get("officer", said.get("by", "")),
        canonical(rest).decode(),
        record.recorded_at,
    )

"""The smallest projection there is: which versions of each stream were applied, and in which order. And its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from events import columns
from events.database import connect
from events.envelope import NewEvent, Record, canonical, partition_of

AT = datetime(2026, 11, 20, 1, tzinfo=UTC)


def noted(stream: UUID, version: int = 1) -> NewEvent:
    """An event that says nothing but that it is there."""
    return NewEvent(stream, version, "noted", 1, AT, canonical({"version": version}))


def recorded(stream: UUID, version: int, position: int) -> Record:
    """The same, as a log delivers it."""
    data = canonical({"version": version})
    partition = partition_of(stream)
    return Record("approval", position, partition, stream, version, "noted", 1, AT, AT, data, cursor=position + 1)


@dataclass(slots=True)
class TallyUnit:
    applied: dict[UUID, list[int]] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        self.applied.setdefault(record.stream, []).append(record.version)

    def write(self, connection: psycopg.Connection) -> None:
        """Add to what is there: whatever is applied twice stands there twice."""
        streams = sorted(self.applied, key=lambda stream: stream.int)
        connection.execute(
            """INSERT INTO tally AS t SELECT s, string_to_array(v, ',')::integer[]
               FROM unnest(%s::uuid[], %s::text[]) AS n (s, v)
               ON CONFLICT (stream) DO UPDATE SET versions = t.versions || excluded.versions""",
            (columns.uuids(streams), columns.texts(",".join(map(str, self.applied[s])) for s in streams)),
        )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class Tally:
    """``opening`` is called with each batch's transaction, after the versions seen were read."""

    name = "tally"

    def __init__(self, url: str, opening: Callable[[psycopg.Connection], None] = lambda _: None) -> None:
        self.url = url
        self.opening = opening
        with connect(url, application="test") as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS tally (stream uuid PRIMARY KEY, versions integer[] NOT NULL)"
            )

    def concerns(self, kind: str) -> bool:
        return True

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> TallyUnit:
        self.opening(connection)
        return TallyUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

    def applied(self) -> Mapping[UUID, Sequence[int]]:
        with connect(self.url, application="test") as connection:
            return dict(connection.execute("SELECT stream, versions FROM tally").fetchall())


def once_and_in_order(streams: Mapping[UUID, int]) -> Mapping[UUID, Sequence[int]]:
    """What must stand in a tally when each stream has so many versions: each once, in order."""
    return {stream: list(range(1, last + 1)) for stream, last in streams.items()}

"""Who was told of a decision, and when? The sender's side of every push, as the other side recorded it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from events import columns
from events.envelope import Record


@dataclass(frozen=True, slots=True)
class Told:
    """A department that was told of one version of a permit. ``push_number``: dense per (body, department)."""

    department: str
    role: str
    push_number: int
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "department": self.department,
            "role": self.role,
            "push_number": self.push_number,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Waits:
    """No duty covered this version yet: why, and who owns it there."""

    reason: str
    owner: str
    since: datetime

    def as_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "owner": self.owner, "since": self.since.isoformat()}


@dataclass(slots=True)
class ToldUnit:
    """The pushes and exceptions of one batch."""

    told: list[tuple[UUID, int, int, str, str, int, datetime]] = field(default_factory=list)
    waits: list[tuple[UUID, int, str, str, datetime]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = orjson.loads(record.data)
        version = int(said["decision"]["version"])
        if record.type == "push_made":
            self.told += [
                (
                    record.stream,
                    version,
                    record.version,
                    r["department"],
                    r["role"],
                    r["push_number"],
                    record.recorded_at,
                )
                for r in said["receivers"]
            ]
        else:
            self.waits.append((record.stream, version, said["reason"], said["owner"], record.recorded_at))

    def write(self, connection: psycopg.Connection) -> None:
        if self.told:
            connection.execute(
                """INSERT INTO told (permit, permit_version, push_version, department, role, push_number, told_at)
                   SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::integer[], %s::text[], %s::text[], %s::bigint[],
                                        %s::timestamptz[])""",
                columns.of_rows(("uuid", "integer", "integer", "text", "text", "bigint", "timestamptz"), self.told),
            )
        if self.waits:
            connection.execute(
                """INSERT INTO told_waiting (permit, permit_version, reason, owner, since)
                   SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[], %s::timestamptz[])
                   ON CONFLICT (permit, permit_version) DO NOTHING""",
                columns.of_rows(("uuid", "integer", "text", "text", "timestamptz"), self.waits),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class Telling:
    """A reaction of the approval side: pushes and exceptions become who was told, and who waits."""

    types = frozenset({"push_made", "exception_raised"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> ToldUnit:
        return ToldUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def told_of(connection: psycopg.Connection, permit: UUID) -> dict[int, list[Told]]:
    """Return who was told of each version of a permit, in the order in which they were."""
    rows = connection.execute(
        """SELECT permit_version, department, role, push_number, told_at FROM told
           WHERE permit = %s ORDER BY push_version, role DESC, department""",
        (permit,),
    )
    found: dict[int, list[Told]] = {}
    for version, *told in rows:
        found.setdefault(version, []).append(Told(*told))
    return found


def waiting_of(connection: psycopg.Connection, permit: UUID) -> dict[int, Waits]:
    """Return, for each version that found no duty when it came, why and with whom it waited."""
    rows = connection.execute(
        "SELECT permit_version, reason, owner, since FROM told_waiting WHERE permit = %s", (permit,)
    )
    return {row[0]: Waits(*row[1:]) for row in rows}

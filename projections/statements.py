"""What did each side say of a day between a body and a department? Both halves, and who signed or disputed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb

from events.envelope import Record

TYPES = frozenset({"statement_drawn", "statement_signed", "statement_disputed"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which statements: of one day or the newest, of one body, of one department."""

    day: date | None = None
    body: str = ""
    department: str = ""
    limit: int = 200


def write(
    connection: psycopg.Connection, side: str, kind: str, version: int, said: dict[str, Any], at: datetime
) -> None:
    """Keep what ``side`` said: a part of its half, or a verdict. Said is the event's data as JSON has it."""
    key = (said["body"], said["department"], said["day"], side)
    totals = (said["part"], said["pushes"], said["ids_hash"])
    if kind == "statement_drawn":
        runs = [[run["first"], run["last"]] for run in said["runs"]]
        connection.execute(
            """INSERT INTO statements (body, department, day, side, part, pushes, ids_hash, runs, drawn_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (*key, *totals, Jsonb(runs), at),
        )
        return
    signed = kind == "statement_signed"
    connection.execute(
        """INSERT INTO statement_verdicts (body, department, day, side, version, part, pushes, ids_hash, signed,
               officer, reason, at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (*key, version, *totals, signed, said["officer"], said.get("reason", ""), at),
    )


_KEY = "body, department, day"


def days(connection: psycopg.Connection, wanted: Wanted) -> list[tuple[str, str, date]]:
    """Return body, department and day of the statements that are wanted, the newest day first."""
    rows = connection.execute(
        f"""SELECT {_KEY} FROM statements
            WHERE (%(day)s::date IS NULL OR day = %(day)s) AND %(body)s IN ('', body)
              AND %(department)s IN ('', department)
            GROUP BY {_KEY} ORDER BY day DESC, body, department LIMIT %(limit)s""",
        {"day": wanted.day, "body": wanted.body, "department": wanted.department, "limit": wanted.limit},
    )
    return list(rows.fetchall())


def parts(connection: psycopg.Connection, keys: Sequence[tuple[str, str, date]]) -> list[tuple[Any, ...]]:
    """Return every part of these days: body, department, day, side, part, pushes, hash, runs, when."""
    return connection.execute(
        f"""SELECT {_KEY}, side, part, pushes, ids_hash, runs, drawn_at FROM statements
            JOIN unnest(%s::text[], %s::text[], %s::date[]) AS k (body, department, day) USING ({_KEY})
            ORDER BY {_KEY}, side, part""",
        _columns(keys),
    ).fetchall()


def verdicts(connection: psycopg.Connection, keys: Sequence[tuple[str, str, date]]) -> list[tuple[Any, ...]]:
    """Return every verdict on these days: body, department, day, side, part, pushes, hash, signed, who, why, when."""
    return connection.execute(
        f"""SELECT {_KEY}, side, part, pushes, ids_hash, signed, officer, reason, at FROM statement_verdicts
            JOIN unnest(%s::text[], %s::text[], %s::date[]) AS k (body, department, day) USING ({_KEY})
            ORDER BY {_KEY}, at, version""",
        _columns(keys),
    ).fetchall()


def _columns(keys: Sequence[tuple[str, str, date]]) -> tuple[list[str], list[str], list[date]]:
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]


@dataclass(slots=True)
class _Unit:
    side: str
    heard: list[Record] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = orjson.loads(record.data)
        _ = said["body"], said["department"], date.fromisoformat(said["day"]), said["part"]
        self.heard.append(record)

    def write(self, connection: psycopg.Connection) -> None:
        for record in self.heard:
            said = orjson.loads(record.data)
            write(connection, record.source, record.type, record.version, said, record.recorded_at)
            if record.type == "statement_drawn":
                # Of a day of which nothing came here there is no mark: without one this half were never drawn.
                connection.execute(
                    """INSERT INTO statement_days (body, department, day) SELECT %(body)s, %(department)s, %(day)s
                       WHERE NOT EXISTS (SELECT FROM statements WHERE body = %(body)s AND department = %(department)s
                                         AND day = %(day)s AND side = %(side)s)
                       ON CONFLICT DO NOTHING""",
                    {"body": said["body"], "department": said["department"], "day": said["day"], "side": self.side},
                )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class StatementsHeard:
    """A reaction of both sides: the other side's half of every statement, and its verdicts. ``side`` is ours."""

    types = TYPES

    def __init__(self, side: str) -> None:
        self.side = side

    def open(self, connection: psycopg.Connection, streams: Sequence[Any]) -> _Unit:
        return _Unit(self.side)

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

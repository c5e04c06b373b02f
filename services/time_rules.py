"""Limits and calendar of one side, in its own database: taken as events, read as one register with a version.

Both sides have one each. Who decides reads it in the transaction that it decides in; a change that comes meanwhile
holds for what is opened after it, never for what is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb

from events import store
from events.catalogue import encode
from events.envelope import NAMESPACE, NewEvent
from events.limits import CalendarDaysSet, LimitKind, LimitSet
from services.limits import Limits
from services.working_days import Calendar, Due, Notice, published_notices

Entry = LimitSet | CalendarDaysSet


@dataclass(frozen=True, slots=True)
class TimeRules:
    """What is due when, by one version of the register."""

    version: int
    limits: Limits
    calendar: Calendar

    def due(self, kind: LimitKind, opened: date, *, matter: str = "") -> Due:
        """Return the last day of what is opened on ``opened``."""
        return self.limits.of(kind, matter=matter, day=opened).due(opened, self.calendar)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many entries were recorded, how many said nothing new, and the version of the register afterwards."""

    recorded: int
    unchanged: int
    version: int


def read_time_rules(connection: psycopg.Connection, known: TimeRules | None = None) -> TimeRules:
    """Return the rules in force; ``known`` itself when nothing changed since it was read *from this database*."""
    version = rules_version(connection)
    if known is not None and known.version == version:
        return known
    taken = (Notice(said.notice, said.notice_year, _works(said)) for said in read_notices(connection))
    limits = Limits.set_by(version, read_limits(connection))
    return TimeRules(version, limits, Calendar.of([*published_notices(), *taken]))


def rules_version(connection: psycopg.Connection) -> int:
    """Return the version of the register: it rises with every limit and notice that is taken."""
    row = connection.execute("SELECT version FROM time_rules").fetchone()
    assert row is not None
    return int(row[0])


def read_limits(connection: psycopg.Connection) -> list[LimitSet]:
    """Return every limit that this side has set, past and future ones too."""
    return [LimitSet.model_validate(content) for content in _contents(connection, "limit_set")]


def read_notices(connection: psycopg.Connection) -> list[CalendarDaysSet]:
    """Return every notice that this side has taken, in the order in which it was."""
    return [CalendarDaysSet.model_validate(content) for content in _contents(connection, "calendar_days_set")]


def _contents(connection: psycopg.Connection, kind: str) -> list[Any]:
    query = "SELECT content FROM time_rule_entries WHERE kind = %s ORDER BY taken, entry"
    return [content for (content,) in connection.execute(query, (kind,))]


def _works(said: CalendarDaysSet) -> dict[date, bool]:
    return {one.day: one.works for one in said.days}


def entry_id(entry: Entry) -> UUID:
    """Return the identity of an entry: of a limit its kind, matter and first day; of a notice its year, or its name
    when it is the site's own."""
    if isinstance(entry, LimitSet):
        return uuid5(NAMESPACE, f"limit/{entry.kind}/{entry.matter_code}/{entry.valid_from}")
    return uuid5(NAMESPACE, f"calendar/{entry.notice_year or entry.notice}")


def take_entries(connection: psycopg.Connection, side: str, entries: Sequence[Entry], now: datetime) -> Taken:
    """Record what is new or changed in one transaction; of two entries with one identity the last holds."""
    wanted = {entry_id(entry): entry for entry in entries}
    with connection.transaction():
        row = connection.execute("SELECT version FROM time_rules FOR UPDATE").fetchone()
        assert row is not None
        stored = connection.execute(
            "SELECT entry, version, content FROM time_rule_entries WHERE entry = ANY(%s)", (list(wanted),)
        )
        known = {entry: (version, content) for entry, version, content in stored}
        events, contents = [], []
        for stream, entry in sorted(wanted.items()):
            version, before = known.get(stream, (0, None))
            content = entry.model_dump(mode="json")
            if before is None or before | {"officer": ""} != content | {"officer": ""}:
                name, schema, data = encode(entry)
                events.append(NewEvent(stream, version + 1, name, schema, now, data))
                contents.append(Jsonb(content))
        version = int(row[0])
        if events:
            version += 1
            store.append(connection, side, events)
            connection.execute("UPDATE time_rules SET version = %s", (version,))
            connection.execute(
                """INSERT INTO time_rule_entries (entry, kind, version, taken, content)
                   SELECT e, k, v, %s, c
                   FROM unnest(%s::uuid[], %s::text[], %s::integer[], %s::jsonb[]) AS t (e, k, v, c)
                   ON CONFLICT (entry) DO UPDATE
                       SET version = excluded.version, taken = excluded.taken, content = excluded.content""",
                (
                    version,
                    [event.stream for event in events],
                    [event.type for event in events],
                    [event.version for event in events],
                    contents,
                ),
            )
    return Taken(len(events), len(wanted) - len(events), version)

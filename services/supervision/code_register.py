"""Mappings of codes in the database: taken as events, part of the duty register and its version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from events import store
from events.catalogue import encode
from events.code_mappings import CodeKind, CodeMapped
from events.envelope import NewEvent
from services.supervision.code_mapping import Clash, clashes, mapping_id
from services.supervision.reroutes_due import note_days
from services.working_days import china_day

SOURCE = "supervision"


class Clashing(Exception):
    """One code would have two meanings on one day, or stand for itself. Nothing was taken."""

    def __init__(self, found: Sequence[Clash]) -> None:
        super().__init__(f"{len(found)} clashing entries")
        self.found = found


@dataclass(frozen=True, slots=True)
class MappingsTaken:
    recorded: int
    unchanged: int


def read_mappings(connection: psycopg.Connection) -> list[CodeMapped]:
    """Return every mapping, past and future ones too."""
    rows = connection.execute("SELECT content FROM code_mappings ORDER BY mapping")
    return [CodeMapped.model_validate(row[0]) for row in rows]


def take_mappings(connection: psycopg.Connection, entries: Sequence[CodeMapped], now: datetime) -> MappingsTaken:
    """Record what is new or changed, in one transaction, or raise ``Clashing``.

    Current permits follow by events, as after a change of the duty list.
    """
    with connection.transaction():
        connection.execute("SELECT version FROM duty_register FOR UPDATE")
        rows = connection.execute("SELECT mapping, version, content FROM code_mappings").fetchall()
        known = {row[0]: (row[1], CodeMapped.model_validate(row[2])) for row in rows}
        wanted = {mapping_id(entry): entry for entry in entries}
        after = {mapping: entry for mapping, (_, entry) in known.items()} | wanted
        if len(wanted) < len(entries) or (found := clashes(list(after.values()))):
            raise Clashing(clashes(entries) or found)
        fresh = [m for m, entry in sorted(wanted.items()) if m not in known or known[m][1] != entry]
        if not fresh:
            return MappingsTaken(0, len(wanted))
        events = []
        for mapping in fresh:
            kind, schema, data = encode(wanted[mapping])
            events.append(NewEvent(mapping, known[mapping][0] + 1 if mapping in known else 1, kind, schema, now, data))
        store.append(connection, SOURCE, events)
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO code_mappings (mapping, version, content) VALUES (%s, %s, %s)
                   ON CONFLICT (mapping) DO UPDATE SET version = excluded.version, content = excluded.content""",
                [(e.stream, e.version, Jsonb(wanted[e.stream].model_dump(mode="json"))) for e in events],
            )
            cursor.executemany(
                "INSERT INTO departments (department, name) VALUES (%s, %s) ON CONFLICT (department) DO NOTHING",
                [(e.new, e.new_name or e.new) for e in wanted.values() if e.kind is CodeKind.DEPARTMENT],
            )
        connection.execute("UPDATE duty_register SET version = version + 1")
        _follow(connection, [wanted[mapping] for mapping in fresh], now)
    return MappingsTaken(len(fresh), len(wanted) - len(fresh))


def _follow(connection: psycopg.Connection, entries: Iterable[CodeMapped], now: datetime) -> None:
    """Have the permits looked at that a mapping may move: those of its matter, or of every matter of the list."""
    rows = connection.execute("SELECT DISTINCT content->>'matter_code' FROM duties ORDER BY 1").fetchall()
    every = [row[0] for row in rows]
    today = china_day(now)
    note_days(
        connection,
        (
            (matter, entry.valid_from, entry.valid_to)
            for entry in entries
            for matter in ([entry.old] if entry.kind is CodeKind.MATTER else every)
        ),
        today,
    )

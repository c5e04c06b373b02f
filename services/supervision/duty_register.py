"""The duty list in the database: imported as events, read as one register with a version.

Every accepted import raises the version, under a row lock that the intake shares: a decision is routed wholly before
a new list or wholly after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from events import store
from events.catalogue import CATALOGUE, encode
from events.database import raw
from events.envelope import NewEvent
from events.supervision import DutyAssigned, DutyChanged
from services.supervision.code_mapping import CodeMappings
from services.supervision.code_register import read_mappings
from services.supervision.duty_list import Conflict, Duty, Register, conflicts, duty_id
from services.supervision.reroutes_due import note_changes
from services.working_days import china_day

SOURCE = "supervision"


class Conflicting(Exception):
    """The list names two leads for one day. Nothing of it was taken."""

    def __init__(self, found: Sequence[Conflict]) -> None:
        super().__init__(f"{len(found)} conflicting entries")
        self.found = found


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import of the duty list did."""

    assigned: int
    changed: int
    unchanged: int
    version: int


def register_version(connection: psycopg.Connection, *, lock: bool = False) -> int:
    """Return the version of the duty list; with ``lock`` it stays so until the transaction ends."""
    row = connection.execute(f"SELECT version FROM duty_register{' FOR SHARE' if lock else ''}").fetchone()
    assert row is not None
    return int(row[0])


def current_register(connection: psycopg.Connection, known: Register, *, changing: bool = False) -> Register:
    """Return the duty list, which stays as it is to the end of the transaction; ``known`` itself when it is the same.

    ``changing``: for who will change it. Two that shared the lock first would wait for one another for ever.
    """
    row = connection.execute(f"SELECT version FROM duty_register FOR {'UPDATE' if changing else 'SHARE'}").fetchone()
    assert row is not None
    return known if known.version == row[0] else read_register(connection)


def read_register(connection: psycopg.Connection) -> Register:
    """Return the whole duty list."""
    duties = read_duties(connection)
    return Register.of(register_version(connection), duties.values(), CodeMappings.of(read_mappings(connection)))


def take_duties(
    engine: Engine, entries: Sequence[DutyAssigned], departments: Mapping[str, str], now: datetime
) -> Taken:
    """Record ``entries`` as duties assigned or changed, with ``departments`` (code → name), or raise ``Conflicting``.

    The same list again changes nothing.
    """
    with engine.begin() as transaction:
        return record_duties(raw(transaction), entries, departments, now)


def record_duties(
    connection: psycopg.Connection, entries: Sequence[DutyAssigned], departments: Mapping[str, str], now: datetime
) -> Taken:
    """As ``take_duties``, in the caller's transaction."""
    connection.execute("SELECT version FROM duty_register FOR UPDATE")
    known = read_duties(connection)
    wanted = {duty_id(entry): entry for entry in entries}
    if len(wanted) < len(entries) or (found := conflicts(_standing(known, wanted))):
        raise Conflicting(conflicts(entries) or found)
    events = [
        event
        for duty, entry in sorted(wanted.items())
        if (event := _event(duty, known.get(duty), entry, now)) is not None
    ]
    if events:
        store.append(connection, SOURCE, events)
        connection.execute("UPDATE duty_register SET version = version + 1")
        note_changes(connection, [wanted[event.stream] for event in events], china_day(now))
    connection.execute(
        """INSERT INTO duties (duty, version, content) SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::jsonb[])
           ON CONFLICT (duty) DO UPDATE SET version = excluded.version, content = excluded.content""",
        (
            [event.stream for event in events],
            [event.version for event in events],
            [Jsonb(wanted[event.stream].model_dump(mode="json")) for event in events],
        ),
    )
    connection.execute(
        """INSERT INTO departments (department, name) SELECT * FROM unnest(%s::text[], %s::text[])
           ON CONFLICT (department) DO UPDATE SET name = excluded.name""",
        (sorted(departments), [departments[code] for code in sorted(departments)]),
    )
    assigned = sum(event.type == "duty_assigned" for event in events)
    return Taken(assigned, len(events) - assigned, len(wanted) - len(events), register_version(connection))


def read_duties(connection: psycopg.Connection) -> dict[UUID, Duty]:
    """Return every entry of the duty list by its identity, past and future ones too."""
    rows = connection.execute("SELECT duty, version, content FROM duties")
    return {row[0]: Duty(row[0], row[1], DutyAssigned.model_validate(row[2])) for row in rows}


def _standing(known: Mapping[UUID, Duty], wanted: Mapping[UUID, DutyAssigned]) -> list[DutyAssigned]:
    return list(({duty: entry.content for duty, entry in known.items()} | dict(wanted)).values())


def _event(duty: UUID, known: Duty | None, entry: DutyAssigned, now: datetime) -> NewEvent | None:
    if known is None:
        name, schema, data = encode(entry)
        return NewEvent(duty, 1, name, schema, now, data)
    if known.content == entry:
        return None
    _, _, data = encode(DutyChanged.model_validate(entry.model_dump()))
    return NewEvent(duty, known.version + 1, "duty_changed", CATALOGUE["duty_changed"].version, now, data)

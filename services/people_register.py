"""The register of officers of one side, in its own database: taken as events, with a version that rises with each.

Names and ways to reach an officer are rows of this database alone. No event, and no other side, has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from events import store
from events.approval import Said
from events.catalogue import encode
from events.envelope import NewEvent
from events.people import OfficerAppointed
from services import people
from services.deadlines import Item
from services.holding import Place
from services.people import Officer, OfOfficer, People, appointment_id, officer_id

_AS_JSON = TypeAdapter(Officer)


class Whereabouts(Protocol):
    """Where the permits of open items are, and what departments have become: each side knows it from its own tables."""

    def places(self, connection: psycopg.Connection, items: Iterable[Item]) -> Mapping[UUID, Place]:
        """Return the place of each item that has one, by the item's id."""
        ...

    def became(self, connection: psycopg.Connection) -> Callable[[str, str, date], str]:
        """Return what says which department stands for another, in a region, on a day."""
        ...


class NoPlaces:
    """Of a side whose officers are appointed to matters of a body, wherever the permit is."""

    def places(self, connection: psycopg.Connection, items: Iterable[Item]) -> Mapping[UUID, Place]:
        return {}

    def became(self, connection: psycopg.Connection) -> Callable[[str, str, date], str]:
        return lambda department, region, day: department


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An officer as a file or a form states it. Everything from ``name`` on stays in this database."""

    number: str
    department: str
    name: str
    post: str = ""
    mail: str = ""
    phone: str = ""
    webhook: str = ""


@dataclass(slots=True)
class Taken:
    """How many said something new, how many nothing."""

    recorded: int = 0
    unchanged: int = 0
    events: list[NewEvent] = field(default_factory=list)


def people_version(connection: psycopg.Connection, *, lock: bool = False) -> int:
    """Return the version of the register, 0 when nobody was ever registered; with ``lock`` it stays so."""
    row = connection.execute(f"SELECT version FROM people_register{' FOR UPDATE' if lock else ''}").fetchone()
    assert row is not None
    return int(row[0])


def read_people(connection: psycopg.Connection, whereabouts: Whereabouts) -> People:
    """Return all officers and appointments, past and future ones too."""
    officers = connection.execute("SELECT content FROM officers").fetchall()
    appointments = connection.execute("SELECT content FROM appointments ORDER BY appointment").fetchall()
    return People.of(
        (_AS_JSON.validate_python(content) for (content,) in officers),
        (OfficerAppointed.model_validate(content) for (content,) in appointments),
        whereabouts.became(connection),
    )


def read_enrolments(connection: psycopg.Connection, officers: Iterable[str] | None = None) -> dict[str, Enrolment]:
    """Return how those ``officers`` are reached; all of them without any named."""
    rows = connection.execute(
        """SELECT officer, department, name, post, mail, phone, webhook FROM officers
           WHERE %(all)s OR officer = ANY(%(some)s) ORDER BY department, officer""",
        {"all": officers is None, "some": list(officers or ())},
    ).fetchall()
    return {row[0]: Enrolment(*row) for row in rows}


def officers_at(connection: psycopg.Connection, department: str, day: date) -> dict[str, tuple[str, Officer]]:
    """Return those who work at ``department`` on ``day``, on leave or not: by number the name, and what was said."""
    rows = connection.execute(
        "SELECT officer, name, content FROM officers WHERE department = %s ORDER BY officer", (department,)
    ).fetchall()
    found = {number: (name, _AS_JSON.validate_python(content)) for number, name, content in rows}
    return {number: one for number, one in found.items() if one[1].works_on(day)}


def enrol(connection: psycopg.Connection, side: str, entries: Sequence[Enrolment], by: str, now: datetime) -> Taken:
    """Register officers, or take what a file says anew of them; a name or an address that changed is no event."""
    with connection.transaction():
        people_version(connection, lock=True)
        known = _officers(connection)
        taken = Taken()
        before = read_enrolments(connection)
        for entry in entries:
            said = people.register(known.get(entry.number), entry.number, entry.department, by)
            if said is not None:
                _note(taken, known, said, now)
            elif before.get(entry.number) == entry:
                taken.unchanged += 1
                continue
            taken.recorded += 1
            _write_officer(connection, known[entry.number], entry)
        _record(connection, side, taken)
        return taken


def say(
    connection: psycopg.Connection, side: str, number: str, decide: Callable[[People], OfOfficer], now: datetime
) -> OfOfficer:
    """Record what ``decide`` says of an officer, in one transaction; a ``Refused`` leaves nothing behind."""
    with connection.transaction():
        people_version(connection, lock=True)
        known = _officers(connection)
        said, taken = decide(People.of(known.values(), _appointments(connection).values())), Taken()
        _note(taken, known, said, now)
        _write_officer(connection, known[number])
        _record(connection, side, taken)
        return said


def appoint_one(connection: psycopg.Connection, side: str, wanted: OfficerAppointed, now: datetime) -> bool:
    """Record an appointment; return whether it said something new. ``Refused`` when it cannot be."""
    with connection.transaction():
        people_version(connection, lock=True)
        appointments = _appointments(connection)
        key = appointment_id(wanted)
        said = people.appoint(wanted, People.of(_officers(connection).values(), appointments.values()))
        row = connection.execute("SELECT version FROM appointments WHERE appointment = %s", (key,)).fetchone()
        version = row[0] + 1 if row else 1
        if row and appointments[key].model_copy(update={"by": said.by}) == said:
            return False
        connection.execute(
            """INSERT INTO appointments (appointment, version, content) VALUES (%s, %s, %s)
               ON CONFLICT (appointment) DO UPDATE SET version = excluded.version, content = excluded.content""",
            (key, version, Jsonb(said.model_dump(mode="json"))),
        )
        _record(connection, side, Taken(events=[_event(key, version, said, now)]))
        return True


def _officers(connection: psycopg.Connection) -> dict[str, Officer]:
    rows = connection.execute("SELECT officer, content FROM officers").fetchall()
    return {number: _AS_JSON.validate_python(content) for number, content in rows}


def _appointments(connection: psycopg.Connection) -> dict[UUID, OfficerAppointed]:
    rows = connection.execute("SELECT appointment, content FROM appointments").fetchall()
    return {key: OfficerAppointed.model_validate(content) for key, content in rows}


def _note(taken: Taken, known: dict[str, Officer], said: OfOfficer, now: datetime) -> None:
    officer = known[said.officer] = people.evolve(known.get(said.officer), said)
    taken.events.append(_event(officer_id(said.officer), officer.version, said, now))


def _event(stream: UUID, version: int, said: Said, now: datetime) -> NewEvent:
    name, schema, data = encode(said)
    return NewEvent(stream, version, name, schema, now, data)


def _record(connection: psycopg.Connection, side: str, taken: Taken) -> None:
    if taken.events:
        store.append(connection, side, taken.events)
        connection.execute("UPDATE people_register SET version = version + 1")


def _write_officer(connection: psycopg.Connection, officer: Officer, entry: Enrolment | None = None) -> None:
    content: dict[str, Any] = _AS_JSON.dump_python(officer, mode="json")
    if entry is None:
        connection.execute(
            "UPDATE officers SET version = %s, content = %s WHERE officer = %s",
            (officer.version, Jsonb(content), officer.number),
        )
        return
    connection.execute(
        """INSERT INTO officers (officer, version, department, content, name, post, mail, phone, webhook)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (officer) DO UPDATE SET version = excluded.version, department = excluded.department,
               content = excluded.content, name = excluded.name, post = excluded.post, mail = excluded.mail,
               phone = excluded.phone, webhook = excluded.webhook""",
        (
            officer.number, officer.version, officer.department, Jsonb(content),
            entry.name, entry.post, entry.mail, entry.phone, entry.webhook,
        ),
    )  # fmt: skip

"""Officers as they are shown, on the command line and over HTTP: who is there, who holds what, what nobody does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import psycopg

from services.assigning import unassigned, without_officer
from services.deadlines import Item
from services.holders import held_as_json
from services.holding import Held
from services.limits import KIND_WORDS
from services.open_deadlines import open_standings
from services.people import Officer
from services.people_register import Whereabouts, read_enrolments, read_people
from services.scheduling import OpenItems

STATE_WORDS = {"at_work": "在岗", "away": "请假", "departed": "离岗"}


def officers_of(
    connection: psycopg.Connection,
    kinds: Sequence[OpenItems],
    whereabouts: Whereabouts,
    today: date,
    department: str | None = None,
) -> list[dict[str, Any]]:
    """Return every officer with how many open items each holds. How they are reached is told as channels only."""
    held = Counter(one.officer for one in open_standings(connection, kinds, today))
    return listed_officers(connection, whereabouts, today, held, department)


def listed_officers(
    connection: psycopg.Connection,
    whereabouts: Whereabouts,
    today: date,
    held: Mapping[str | None, int],
    department: str | None = None,
) -> list[dict[str, Any]]:
    """Return every officer; ``held``: how many open items each holds, by staff number."""
    people, entries = read_people(connection, whereabouts), read_enrolments(connection)
    found = []
    for number, entry in entries.items():
        if department not in (None, entry.department):
            continue
        officer = people.officers[number]
        channels = {"mail": entry.mail, "sms": entry.phone, "webhook": entry.webhook}
        found.append(
            {
                "officer": number,
                "name": entry.name,
                "department": entry.department,
                "post": entry.post,
                "channels": [channel for channel, address in channels.items() if address],
                **_state(officer, today),
                "open": held.get(number, 0),
                "appointments": [
                    {
                        **one.model_dump(mode="json", exclude={"by", "department"}),
                        "as_deputy": one.deputy == number,
                    }
                    for one in people.appointments.get(entry.department, ())
                    if number in (one.officer, one.deputy)
                ],
            }
        )
    return found


def _state(officer: Officer, today: date) -> dict[str, Any]:
    state = "departed" if not officer.works_on(today) else "away" if officer.is_away_on(today) else "at_work"
    return {
        "state": state,
        "state_in_words": STATE_WORDS[state],
        "leaves": [
            {"first": first.isoformat(), "last": last.isoformat()}
            for first, last in officer.leaves.items()
            if last >= today
        ],
        "departed_from": officer.departed_from and officer.departed_from.isoformat(),
        "successor": officer.successor,
    }


def unassigned_of(connection: psycopg.Connection, kinds: Sequence[OpenItems]) -> list[dict[str, Any]]:
    """Return what is open without an officer of its department, with who owns it meanwhile."""
    return unassigned_as_json(unassigned(connection, kinds))


def unassigned_as_json(items: Iterable[tuple[Item, Held | None]]) -> list[dict[str, Any]]:
    return [
        {
            "item": str(item.id),
            "kind": item.kind.value,
            "kind_in_words": KIND_WORDS[item.kind],
            "owner": item.owner,
            "superior": item.superior,
            "permit": str(item.about) if item.about else None,
            "due_on": item.due.day.isoformat(),
            **held_as_json(held),
        }
        for item, held in items
    ]


def gaps_of(connection: psycopg.Connection, side: str, whereabouts: Whereabouts, today: date) -> list[str]:
    """Return the departments that must supervise something and have named nobody for what no duty names."""
    if side != "supervision":
        return []
    rows = connection.execute("SELECT department FROM departments ORDER BY department").fetchall()
    people = read_people(connection, whereabouts)
    codes = (code for (code,) in rows if people.became(code, "", today) == code)
    return without_officer(people, list(codes), today)

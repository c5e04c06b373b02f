"""Questions about pushes and consultations: what waits for a department, how far a push is, what is argued about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services import wording
from services.working_days import Calendar, Light, china_day, light


class Which(StrEnum):
    """What a department asks for. ``unsigned``: delivered or read; of those ``due_soon``: with a yellow light,
    ``overdue``: past their last day."""

    UNSIGNED = "unsigned"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    SIGNED = "signed"
    RETURNED = "returned"
    HANDLED = "handled"
    CLOSED = "closed"
    MOVED = "moved"


class After(NamedTuple):
    """Where the next page begins: behind this case."""

    place: str
    permit: UUID
    push_version: int

    def as_text(self) -> str:
        return f"{self.place}~{self.permit}~{self.push_version}"

    @classmethod
    def of(cls, given: str) -> After:
        """Read a cursor; ``ValueError`` when it is spoiled."""
        place, permit, version = given.replace(" ", "+").split("~")
        datetime.fromisoformat(place)
        return cls(place, UUID(permit), int(version))


WAITING = Which.UNSIGNED, Which.DUE_SOON, Which.OVERDUE
NEVER = date(9999, 12, 31)
CAP = 10_000

_FACTS = """c.permit, c.push_version, c.department, c.role, c.mode, c.state, c.body, c.push_number, c.matter_code,
    c.region_code, c.level, c.decision_version, c.decision_date, c.opening_stock, c.delivered_at, c.due_on,
    c.due_estimated, c.first_delivered_at, c.first_due_on, c.read_at, c.signed_at, c.returned_at, c.handled_at,
    c.closed_at, c.moved_at, c.officer, c.reason, c.text, c.candidate, w.party_label, w.permit_number,
    w.certificate_name, w.deciding_body_name"""
_OPENED = "(c.delivered_at AT TIME ZONE 'Asia/Shanghai')::date"
_PAIRS = f"""SELECT {_OPENED} AS opened, c.due_on, count(*) AS amount FROM cases c
    WHERE c.department = :department AND c.state IN ('delivered', 'read')"""
_LISTED = "LEFT JOIN watch_list w ON w.department = c.department AND w.permit = c.permit"


def cases_of(
    connection: Connection,
    department: str,
    which: Which,
    today: date,
    calendar: Calendar,
    after: After | None,
    limit: int,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return a page of a department's cases and what names the next one: what waits by its last day, the soonest first;
    what is done by its delivery, the newest first."""
    days: dict[str, list[date]] = {}
    if which in WAITING:
        place, order, state = f"coalesce(c.due_on, '{NEVER}')", ">", "c.state IN ('delivered', 'read')"
        sort = f"{place}, c.permit, c.push_version"
        if which is Which.OVERDUE:
            state += " AND c.due_on < :today"
        if which is Which.DUE_SOON:
            soon = due_soon(connection, department, today, calendar)
            days = {"opened": [opened for opened, _ in soon], "due": [due for _, due in soon]}
            state += (
                f" AND ({_OPENED}, c.due_on) IN (SELECT * FROM unnest(cast(:opened AS date[]), cast(:due AS date[])))"
            )
        kind = "date"
    else:
        place, order, state = "c.delivered_at", "<", f"c.state = '{which.value}'"
        sort = f"{place} DESC, c.permit DESC, c.push_version DESC"
        kind = "timestamptz"
    behind = f"AND ({place}, c.permit, c.push_version) {order} (cast(:place AS {kind}), :permit, :version)"
    rows = connection.execute(
        text(
            f"""SELECT {_FACTS}, {place} AS place FROM cases c {_LISTED}
                WHERE c.department = :department AND {state} {behind if after else ""}
                ORDER BY {sort} LIMIT :most"""
        ),
        {"department": department, "today": today, "most": limit + 1}
        | days
        | ({"place": after.place, "permit": after.permit, "version": after.push_version} if after else {}),
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    following = After(last.place.isoformat(), last.permit, last.push_version).as_text() if last else None
    return rows[:limit], following


def due_soon(connection: Connection, department: str, today: date, calendar: Calendar) -> list[tuple[date, date]]:
    """Return each pair of days, of delivery and of the limit, whose unsigned pushes have a yellow light ``today``."""
    rows = connection.execute(
        text(_PAIRS + " AND c.due_on >= :today GROUP BY 1, 2"), {"department": department, "today": today}
    )
    return [(row.opened, row.due_on) for row in rows if light(row.opened, row.due_on, today, calendar) is Light.YELLOW]


class CaseCounts(NamedTuple):
    """How much waits for a department. ``unsigned`` and ``returned`` are exact up to ``CAP``."""

    unsigned: int
    due_soon: int
    overdue: int
    returned: int


def counts_of(connection: Connection, department: str, today: date, calendar: Calendar) -> CaseCounts:
    """Count what waits for a department by its lights; what has no limit (opening stock) waits too."""
    rows = connection.execute(
        text(_PAIRS + " AND c.due_on IS NOT NULL GROUP BY 1, 2"), {"department": department}
    ).all()
    lights: Counter[Light] = Counter()
    for row in rows:
        lights[light(row.opened, row.due_on, today, calendar)] += row.amount
    unlimited, returned = (
        connection.scalar(
            text(
                f"SELECT count(*) FROM (SELECT FROM cases WHERE department = :department AND {which} LIMIT :most) AS c"
            ),
            {"department": department, "most": CAP + 1},
        )
        for which in ("state IN ('delivered', 'read') AND due_on IS NULL", "state = 'returned'")
    )
    return CaseCounts(lights.total() + (unlimited or 0), lights[Light.YELLOW], lights[Light.RED], returned or 0)


def push_numbers(
    connection: Connection, department: str, pushes: Collection[tuple[UUID, int]]
) -> dict[tuple[UUID, int], int]:
    """Return the number under which ``department`` knows each of ``pushes`` (permit, push version)."""
    rows = connection.execute(
        text(
            """SELECT permit, push_version, push_number FROM cases
               WHERE permit = ANY(:permits) AND department = :department"""
        ),
        {"permits": [permit for permit, _ in pushes], "department": department},
    )
    return {(row.permit, row.push_version): row.push_number for row in rows}


def cases_of_permits(connection: Connection, permits: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return every case of some permits, permit by permit, oldest push first."""
    query = f"""SELECT {_FACTS} FROM cases c {_LISTED} WHERE c.permit = ANY(:permits)
        ORDER BY c.permit, c.push_version, c.department"""
    return connection.execute(text(query), {"permits": list(permits)}).all()


def cases_of_permit(connection: Connection, permit: UUID) -> Sequence[Row[Any]]:
    """Return every case of a permit, oldest push first."""
    return cases_of_permits(connection, [permit])


def case_as_json(row: Row[Any], calendar: Calendar, today: date, names: dict[str, str]) -> dict[str, Any]:
    """Return a case with its words, and the light of its limit while it waits."""
    said = {name: value for name, value in row._mapping.items() if name != "place"}
    waiting = row.state in ("delivered", "read")
    shown = light(china_day(row.delivered_at), row.due_on, today, calendar) if waiting and row.due_on else None
    return said | {
        "name": names.get(row.department, ""),
        "state_in_words": wording.CASE_STATES[row.state],
        "light": shown.value if shown else None,
        "light_in_words": shown.words if shown else None,
        "reason_in_words": wording.RETURN_REASONS.get(row.reason, "") if row.reason else "",
        "candidate_name": names.get(row.candidate or "", ""),
    }


def consultations(connection: Connection, *, still_open: bool, limit: int) -> Sequence[Row[Any]]:
    """Return consultations, longest open first, or those that were ruled, newest ruling first."""
    where, sort = ("ruled_at IS NULL", "opened_at") if still_open else ("ruled_at IS NOT NULL", "ruled_at DESC")
    query = f"SELECT * FROM consultations WHERE {where} ORDER BY {sort}, permit, number LIMIT :limit"
    return connection.execute(text(query), {"limit": limit}).all()

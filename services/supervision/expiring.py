"""Permits expire by themselves: said once for each permit and last day, and once more when it is over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import store
from events.approval import Party
from events.catalogue import encode
from events.envelope import NewEvent
from events.expiry import ExpiryEnded, ExpiryEnding, PermitExpired, expiry_stream
from events.store import Lane
from services.working_days import CHINA, china_day

SOURCE = "supervision"
AT_ONCE = 500
EVERY_SECONDS = 600.0
"""How long a permit that came with its last day already over may wait to be noticed; the others are on the day."""


class _Listed(NamedTuple):
    """A permit as its lead's list has it, with the last day that the expiry is about."""

    permit: UUID
    valid_to: date
    status: str
    valid_now: date | None
    permit_number: str
    deciding_body: str
    matter_code: str
    department: str
    department_name: str
    party: UUID
    party_kind: str
    party_label: str


class Expiring:
    """Says which permits have expired, and of which that is over."""

    def __init__(self) -> None:
        self._looked: tuple[date, float] | None = None

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        """Say a page of what is new since the last look, the earliest expiry first; return how much that was."""
        today = china_day(now)
        if self._looked is not None:
            day, at = self._looked
            if day == today and time.monotonic() - at < EVERY_SECONDS:
                return 0
        found, over = _expired(connection, today), _over(connection)
        with connection.transaction():
            if found:
                _say_expired(connection, found)
            if over:
                _say_over(connection, over, now)
        if not found and not over:
            self._looked = (today, time.monotonic())
        return len(found) + len(over)


_LISTED = """w.permit, {valid_to}, w.status, w.valid_to, w.permit_number, w.deciding_body, w.matter_code, w.department,
    d.name, w.party, w.party_kind, w.party_label"""


def _expired(connection: psycopg.Connection, today: date) -> Sequence[_Listed]:
    rows = connection.execute(
        f"""SELECT f.* FROM departments d CROSS JOIN LATERAL (
                SELECT {_LISTED.format(valid_to="w.valid_to AS expired")} FROM watch_list w
                WHERE w.department = d.department AND w.status = 'valid' AND w.valid_to < %s AND w.role = 'lead'
                  AND NOT EXISTS (SELECT FROM expiries e WHERE e.permit = w.permit AND e.valid_to = w.valid_to)
                ORDER BY w.valid_to, w.permit LIMIT %s) AS f
            ORDER BY f.expired, f.permit LIMIT %s""",
        (today, AT_ONCE, AT_ONCE),
    )
    return [_Listed(*row) for row in rows]


def _over(connection: psycopg.Connection) -> Sequence[_Listed]:
    rows = connection.execute(
        f"""SELECT {_LISTED.format(valid_to="e.valid_to")} FROM expiries e
            JOIN placements p ON p.permit = e.permit
            JOIN watch_list w ON w.department = p.lead AND w.permit = e.permit
            JOIN departments d ON d.department = w.department
            WHERE e.ended_at IS NULL AND (w.status <> 'valid' OR w.valid_to IS DISTINCT FROM e.valid_to)
            ORDER BY e.valid_to, e.permit LIMIT %s""",
        (AT_ONCE,),
    )
    return [_Listed(*row) for row in rows]


def _say_expired(connection: psycopg.Connection, found: Sequence[_Listed]) -> None:
    events = []
    for one in found:
        kind, schema, data = encode(PermitExpired(**_about(one)))
        first = datetime.combine(one.valid_to + timedelta(days=1), datetime.min.time(), CHINA)
        events.append(NewEvent(expiry_stream(one.permit, one.valid_to), 1, kind, schema, first, data))
    at = store.append(connection, SOURCE, events, lane=Lane.BULK)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO expiries (permit, valid_to, said_at) VALUES (%s, %s, %s)",
            [(one.permit, one.valid_to, at) for one in found],
        )


def _say_over(connection: psycopg.Connection, over: Sequence[_Listed], now: datetime) -> None:
    events = []
    for one in over:
        how = ExpiryEnding.RENEWED if one.status == "valid" else ExpiryEnding.ENDED
        kind, schema, data = encode(ExpiryEnded(**_about(one), how=how))
        events.append(NewEvent(expiry_stream(one.permit, one.valid_to), 2, kind, schema, now, data))
    at = store.append(connection, SOURCE, events, lane=Lane.BULK)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE expiries SET ended_at = %s WHERE permit = %s AND valid_to = %s",
            [(at, one.permit, one.valid_to) for one in over],
        )


def _about(one: _Listed) -> dict[str, object]:
    party = Party.model_validate({"party_id": one.party, "kind": one.party_kind, "label": one.party_label})
    return {
        "permit": one.permit, "permit_number": one.permit_number, "deciding_body": one.deciding_body,
        "matter_code": one.matter_code, "party": party, "department": one.department,
        "department_name": one.department_name, "valid_to": one.valid_to,
    }  # fmt: skip

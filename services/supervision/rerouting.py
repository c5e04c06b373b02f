"""A changed duty list moves what it touches: current permits go to whom the list names now, by recorded events.

The list itself is asked once, when a permit is moved; what was moved stands in its stream. What a ruling or the
coordinator has placed stays, and so does what no duty covers any more. Done page by page, and taken up where it stood.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
import structlog

from services.supervision.claim_limits import ClaimLimits, read_claim_limits
from services.supervision.duty_list import Duty, Register
from services.supervision.duty_register import current_register
from services.supervision.oversight import move_by_list
from services.supervision.oversight_work import load
from services.supervision.reroutes_due import FIRST
from services.supervision.situation import Ground, departments_of
from services.working_days import china_day

log = structlog.get_logger()

PAGE = 500
AT_A_TIME_SECONDS = 1.0
"""Between two such pieces of work whoever leads may be asked to stop."""


class Rerouting:
    """Carries out what is due: the permits of one matter from one day on."""

    def __init__(self) -> None:
        self._register = Register(-1)
        self._limits: ClaimLimits | None = None

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        """Move permits whose duty has changed by today, for a second; return how many, at least 1 when more is due."""
        moved, until = 0, time.monotonic() + AT_A_TIME_SECONDS
        while (due := _due(connection, china_day(now))) is not None:
            if time.monotonic() > until:
                return max(moved, 1)
            moved += self._step(connection, due, now)
        return moved

    def _step(self, connection: psycopg.Connection, due: _Due, now: datetime) -> int:
        with connection.transaction():
            self._register = current_register(connection, self._register)
            permits = _permits(connection, due)
            moved = self._move(connection, permits, now) if permits else 0
            if permits:
                _note(connection, due, due.department, permits[-1], moved)
                return moved
            following = _next_department(connection, due)
            if following is not None:
                _note(connection, due, following, FIRST, 0)
                return 0
        # Apart: it must not raise, to an exclusive lock, the shared one that the page held.
        with connection.transaction():
            connection.execute(
                "UPDATE reroutes SET done_at = clock_timestamp() WHERE matter_code = %s AND day = %s",
                (due.matter, due.day),
            )
            if due.later:
                # What waits in the exception queue is looked at again, now that the day has come.
                connection.execute("UPDATE duty_register SET version = version + 1")
        log.info("matter_rerouted", matter=due.matter, day=due.day.isoformat())
        return 0

    def _move(self, connection: psycopg.Connection, permits: Sequence[UUID], now: datetime) -> int:
        limits = self._limits = read_claim_limits(connection, self._limits)
        ground = Ground(self._register, limits, departments_of(connection), now)
        work = load(connection, permits)
        moved = 0
        for permit in permits:
            state = work.states[permit]
            found = ground.situation(state)
            if isinstance(found.route, Duty):
                for event in move_by_list(state, found.route, found):
                    work.note(connection, permit, event)
                    moved += 1
        work.record(connection)
        return moved


class _Due(NamedTuple):
    matter: str
    day: date
    department: str
    after: UUID
    later: bool


def _due(connection: psycopg.Connection, today: date) -> _Due | None:
    row = connection.execute(
        """SELECT matter_code, day, department, after, later FROM reroutes
           WHERE done_at IS NULL AND day <= %s ORDER BY day, matter_code LIMIT 1""",
        (today,),
    ).fetchone()
    return _Due(*row) if row else None


def _permits(connection: psycopg.Connection, due: _Due) -> list[UUID]:
    rows = connection.execute(
        """SELECT permit FROM watch_list WHERE department = %s AND permit > %s AND matter_code = %s
               AND role = 'lead' AND status = 'valid' ORDER BY permit LIMIT %s""",
        (due.department, due.after, due.matter, PAGE),
    )
    return [row[0] for row in rows]


def _next_department(connection: psycopg.Connection, due: _Due) -> str | None:
    row = connection.execute(
        """SELECT min(department) FROM departments d WHERE d.department > %s AND EXISTS (
               SELECT FROM watch_list w
               WHERE w.department = d.department AND w.status = 'valid' AND w.matter_code = %s)""",
        (due.department, due.matter),
    ).fetchone()
    return row[0] if row else None


def _note(connection: psycopg.Connection, due: _Due, department: str, after: UUID, moved: int) -> None:
    connection.execute(
        "UPDATE reroutes SET department = %s, after = %s, moved = moved + %s WHERE matter_code = %s AND day = %s",
        (department, after, moved, due.matter, due.day),
    )

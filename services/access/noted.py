"""What is done at the entrance, in the audit trail: who came in, who did not, what became of an account.

In the transaction of the act itself: what cannot be written down is not done.
"""

from __future__ import annotations

from enum import StrEnum

import psycopg
import structlog
from sqlalchemy import Engine

from services.access.audit import Act, Entry, Result, keep, write
from services.pages.seats import Seat

log = structlog.get_logger()


class Done(StrEnum):
    """The operation, as the trail names it (``place``)."""

    SIGN_IN = "sign in"
    FIRST_SIGN_IN = "first sign in"
    SIGN_OUT = "sign out"
    CHANGE_PASSWORD = "change password"  # noqa: S105 - the name of an act
    END_SESSION = "end session"
    ADD = "accounts add"
    DISABLE = "accounts disable"
    ENABLE = "accounts enable"
    RESET = "accounts reset"
    ROLE = "accounts role"

    @property
    def act(self) -> Act:
        if self in (Done.SIGN_IN, Done.FIRST_SIGN_IN):
            return Act.LOGGED_IN
        return Act.LOGGED_OUT if self is Done.SIGN_OUT else Act.ADMINISTERED


def note(
    connection: psycopg.Connection, done: Done, caller: str, *, seat: Seat | None = None, about: object = "",
    origin: str = "",
) -> None:  # fmt: skip
    """Write down that ``caller`` (id of an account; a staff number for a change of accounts) did it, to ``about``."""
    write(connection, _entry(done, caller, seat, about, origin, Result.DONE, ""))
    _say(done, caller, Result.DONE)


def note_refused(engine: Engine, done: Done, caller: str, *, origin: str, reason: str = "") -> None:
    """Write down that it was tried and refused. ``caller``: the account that was tried, empty when there is none."""
    keep(engine, _entry(done, caller, None, "", origin, Result.REFUSED, reason))
    _say(done, caller, Result.REFUSED)


def _entry(
    done: Done, caller: str, seat: Seat | None, about: object, origin: str, result: Result, reason: str
) -> Entry:  # fmt: skip
    return Entry(
        done.act, caller, seat.role.value if seat else "", seat.body if seat else "", done.value,
        objects=(str(about),) if about else (), reason=reason, result=result, origin=origin,
    )  # fmt: skip


def _say(done: Done, caller: str, result: Result) -> None:
    log.info("entrance", done=done.value, caller=caller, result=result.value)

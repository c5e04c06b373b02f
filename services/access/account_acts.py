"""What is done at the entrance, as lines of the audit trail: who came in, who did not, what became of an account."""

from __future__ import annotations

from enum import StrEnum

from services.access.audit import Act, Entry, Result
from services.pages.seats import Seat


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


def line(
    done: Done, caller: str, *, seat: Seat | None = None, about: object = "", origin: str = "",
    result: Result = Result.DONE, reason: str = "",
) -> Entry:  # fmt: skip
    """Return the line that ``caller`` (id of an account; a staff number for a change of accounts; empty when there is
    none) did it, to ``about``. It is written as any other: in the transaction of the act, or, when that was refused, in
    one of its own."""
    return Entry(
        done.act, caller, seat.role.value if seat else "", seat.body if seat else "", done.value,
        objects=(str(about),) if about else (), reason=reason, result=result, origin=origin,
    )  # fmt: skip

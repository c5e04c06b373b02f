"""Who asks, and whose rows are theirs to see."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from services.access.actions import Action
from services.pages.seats import Seat


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows may be read and written: those of ``bodies`` (18-character codes), or of ``everybody``.

    ``purpose`` is what the rows are asked for, as the audit repeats it.
    """

    bodies: frozenset[str] = frozenset()
    everybody: bool = False
    purpose: str = ""

    def covers(self, body: str) -> bool:
        return self.everybody or body in self.bodies


NOBODY = Scope()
EVERYBODY = Scope(everybody=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """``name``: what the journal and the audit call whoever asks: the id of an account or a key, a seat's staff number;
    never a person's name. Empty for one who said nothing of themselves. ``seat``: who sits before a page; a program
    has none, but ``actions`` that its key allows it."""

    name: str
    scope: Scope
    seat: Seat | None = None
    actions: frozenset[Action] = frozenset()


STRANGER = Caller("", NOBODY)
"""Whoever shows nothing where something has to be shown."""
UNASKED = Caller("", EVERYBODY)
"""Whoever comes through an open door: of programs nothing is asked there."""

scope_now: ContextVar[Scope] = ContextVar("scope_now", default=NOBODY)
"""The scope of the request at work, for what opens a connection for it. Nothing is anybody's until somebody asked."""


def scope_of(seat: Seat) -> Scope:
    """A role of one body sees that body's rows, an administrator none; the others look at all of them."""
    if seat.role.is_administrator:
        return NOBODY
    return Scope(frozenset((seat.body,))) if seat.role.of_a_body else EVERYBODY

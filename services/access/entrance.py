"""The one door of a web service: every request is asked who it is before its handler begins.

A doorkeeper knows one way to show who one is: the seat of a demo, the session of an account, the key of a program. The
first that knows the caller decides. A service without any doorkeeper of accounts is open: it takes everybody's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

from services.access.actions import Action
from services.access.audit import Act, note
from services.access.callers import STRANGER, UNASKED, Caller, scope_now, scope_of
from services.access.guard import let_in
from services.access.own_forms import from_own_form, token_of
from services.access.rate_limits import UNLIMITED, Rates
from services.access.rights import rights
from services.access.signing_in import SigningIn
from services.pages.seats import Role, seat_of
from services.problems import Problem


class Doorkeeper(Protocol):
    def __call__(self, request: Request) -> Caller | None:
        """Return who asks; None when nothing of its kind is shown, or a session that is over: whoever comes with
        one is led to the log-in. Raises a Problem (401) for a key that does not hold."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """``otherwise``: who one is that no doorkeeper knows. ``rates``: how often one may ask. ``signing_in``: how people
    sign in, where they do. ``again_seconds``: how often whoever reads a stream is asked again."""

    doorkeepers: Sequence[Doorkeeper]
    otherwise: Caller = STRANGER
    rates: Rates = UNLIMITED
    signing_in: SigningIn | None = None
    again_seconds: float = 10.0

    @property
    def is_open(self) -> bool:
        """Whether everybody's word is taken, so that every page has to say so."""
        return self.otherwise is UNASKED

    @property
    def by_https_alone(self) -> bool:
        """Whether browsers are to come by https and not otherwise: where the public address says so."""
        return self.signing_in is not None and self.signing_in.secure

    def caller(self, request: Request) -> Caller:
        """Return who asks; asked once for each request."""
        known: Caller | None = getattr(request.state, "caller", None)
        if known is None:
            try:
                known = self.asked_anew(request)
            except Problem as problem:
                if problem.status == 401:
                    self.rates.failed(request)
                raise
            request.state.caller = known
        return known

    def form_token(self, request: Request) -> str:
        """Return what each form of this reader has to bear; empty where nobody signs in, and without a session."""
        here = self.signing_in
        return token_of(here.key, request.cookies.get(here.cookie, "")) if here else ""

    def asked_anew(self, request: Request) -> Caller:
        """Return who asks by what holds now, not when the request began."""
        return next((who for keeper in self.doorkeepers if (who := keeper(request))), self.otherwise)


def by_seat(request: Request) -> Caller | None:
    """Whoever chose a seat is who they said: for a demo, and for a site whose gateway knows its people."""
    pages = request.app.state.pages
    seat = seat_of(request.cookies.get(f"seat-{pages.cookies}", ""), pages.roles)
    return Caller(seat.staff, scope_of(seat), seat) if seat else None


OPEN = Entrance((by_seat,), otherwise=UNASKED)


def entrance_of(app: FastAPI) -> Entrance:
    entrance: Entrance = app.state.entrance
    return entrance


WRITTEN_ELSEWHERE = ("/size", "/seat", "/log", "/accounts", "/sessions")
"""How a page looks is nobody's act; who comes in, and accounts, are written down where that is done, with more."""


def administers(request: Request, caller: Caller) -> bool:
    """Tell whether this is an act of an operator or an administrator, be it by a program of theirs: such is written
    down before it is done."""
    if request.method in ("GET", "HEAD"):
        return False
    place = getattr(request.scope.get("route"), "path", "")
    if caller.seat is None:
        right = rights().get((request.app.state.side, request.method, place))
        return right is not None and right.action is Action.OPERATE and Action.OPERATE in caller.actions
    role = caller.seat.role
    return (role.is_administrator or role is Role.OPERATOR) and not place.startswith(WRITTEN_ELSEWHERE)


async def enter(request: Request) -> None:
    """Learn who asks before the handler begins, let its connections know, and refuse whoever may not. In the request's
    own task, so that the handler's thread inherits it; the questions themselves may go to the database."""
    entrance = entrance_of(request.app)
    caller = await run_in_threadpool(entrance.caller, request)
    scope_now.set(caller.scope)
    entrance.rates.count(request, caller)
    await let_in(request, caller, is_open=entrance.is_open)
    await from_own_form(request, entrance.form_token(request))
    if administers(request, caller):
        await run_in_threadpool(note, request, Act.ADMINISTERED)
        request.state.audited = False  # that it was refused after all is written down beside it

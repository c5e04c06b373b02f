"""Signing in: staff number and password, then a one-time code; at the first time a password of one's own instead.

Whoever is refused learns the same, whether there is such an account or not, after the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from fastapi import Request
from sqlalchemy import Engine

from events import sealing
from events.database import raw
from services.access import accounts, attempts, sessions
from services.access.account_acts import Done, line
from services.access.accounts import Account
from services.access.arriving import arrive
from services.access.audit import Result, keep, write
from services.access.callers import Caller, scope_of
from services.access.oidc import Provider
from services.access.one_time_codes import new_secret, step_of
from services.access.passwords import Passwords
from services.access.sessions import Session, Stage, Whence
from services.access.sign_in_refusals import begin_anew, not_signed_in, too_many, wrong_code
from services.access.weak_passwords import WEAK, refuse_weak
from services.problems import Problem
from services.refusing import Refused

BY_ITSELF = "x-by-itself"
"""A page that refreshes itself says so in this header: it keeps nobody signed in who has gone home."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class SigningIn:
    """How people sign in on one side. ``key`` seals second factors. ``public_url``: where browsers reach this side, or
    empty. ``provider``: who asks for the password instead (OpenID Connect). ``own_words``: names of the site's own that
    no password is made of."""

    engine: Engine
    side: str
    key: bytes
    public_url: str = ""
    provider: Provider | None = None
    passwords: Passwords = field(default_factory=Passwords)
    now: Callable[[], datetime] = _now
    own_words: Sequence[str] = ()

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def cookie(self) -> str:
        """Its name: with ``__Host-`` no neighbour of the same domain can set it (RFC 6265bis, 4.1.3.2). A browser takes
        such a one by https only."""
        return f"__Host-linkage-{self.side}" if self.secure else f"linkage-{self.side}"

    def by_session(self, request: Request) -> Caller | None:
        """Return who is signed in, as the account is now. Part of each request, and asked again for open streams."""
        token = request.cookies.get(self.cookie)
        if not token:
            return None
        now = self.now()
        with self.engine.begin() as transaction:
            session = sessions.find(raw(transaction), token, now)
            if session is None or session.stage != Stage.IN:
                return None
            account = accounts.by_id(raw(transaction), session.account)
            assert account is not None
            used = not hasattr(request.state, "caller") and not _by_itself(request)
            if used and now - session.seen_at > sessions.SEEN_EVERY:
                sessions.seen(raw(transaction), session, now)
        request.state.session = session.id
        return Caller(str(account.id), scope_of(account.seat), account.seat)

    def waiting(self, token: str, stage: Stage) -> tuple[Session, Account]:
        """Return the log-in that has come as far as ``stage``. Raises a problem when it is none, or is over."""
        with self.engine.connect() as connection:
            session = sessions.find(raw(connection), token, self.now()) if token else None
            account = accounts.by_id(raw(connection), session.account) if session else None
        if session is None or account is None or session.stage != stage:
            raise begin_anew()
        return session, account

    def with_password(self, staff: str, password: str, whence: Whence) -> tuple[str, Stage]:
        """Take the first step. Return what the browser is to hold, and which step is next."""
        self._count(staff, whence)
        with self.engine.connect() as connection:
            account = accounts.find(raw(connection), staff)
        right = self.passwords.matches(account.password if account else "", password)
        if account is None or not right or not self._may(account):
            raise self._refused(account, whence, not_signed_in())
        with self.engine.begin() as transaction:
            self._take_back(raw(transaction), staff, whence)
            stage = Stage.FIRST if account.is_new else Stage.CODE
            drawn = sealing.wrap(self.key, account.id, new_secret().encode()) if account.is_new else None
            return sessions.begin(raw(transaction), account.id, stage, whence, self.now(), drawn=drawn), stage

    def with_code(self, token: str, code: str, whence: Whence) -> str:
        """Take the second step: return what the browser is to hold from now on."""
        session, account = self.waiting(token, Stage.CODE)
        self._count(account.staff, whence)
        assert account.second_factor is not None
        secret = sealing.unwrap(self.key, account.id, account.second_factor).decode()
        with self.engine.begin() as transaction:
            taken = self._take_code(raw(transaction), account, secret, code)
            if taken:
                sessions.end(raw(transaction), session.id, account.id)
                return self._arrived(raw(transaction), account, whence, Done.SIGN_IN)
        raise self._refused(account, whence, wrong_code())

    def drawn_secret(self, token: str) -> tuple[Account, str]:
        """Return the secret that the first log-in shows, to be taken into a program."""
        session, account = self.waiting(token, Stage.FIRST)
        assert session.drawn is not None
        return account, sealing.unwrap(self.key, account.id, session.drawn).decode()

    def first_time(self, token: str, password: str, code: str, whence: Whence) -> str:
        """Take the second step of the first log-in: a password of one's own, and a code that proves that the secret was
        taken. Return what the browser is to hold. Raises ``Refused`` for a weak password."""
        account, secret = self.drawn_secret(token)
        session, _ = self.waiting(token, Stage.FIRST)
        refuse_weak(password, account.staff, self.own_words)
        if self.passwords.matches(account.password, password):
            raise Refused(WEAK)
        self._count(account.staff, whence)
        kept = self.passwords.kept(password)
        with self.engine.begin() as transaction:
            if self._take_code(raw(transaction), account, secret, code):
                raw(transaction).execute(
                    "UPDATE accounts SET password = %s, password_until = NULL, second_factor = %s WHERE id = %s",
                    (kept, session.drawn, account.id),
                )
                raw(transaction).execute("DELETE FROM account_sessions WHERE account = %s", (account.id,))
                return self._arrived(raw(transaction), account, whence, Done.FIRST_SIGN_IN)
        raise self._refused(account, whence, wrong_code())

    def change_password(
        self, caller: Caller, session: UUID, old: str, password: str, code: str, whence: Whence
    ) -> None:  # fmt: skip
        """Take another password of one who is in, has the present one and a code, and end their other sessions. Raises
        ``Refused`` for a weak one."""
        assert caller.seat is not None
        refuse_weak(password, caller.seat.staff, self.own_words)
        self._count(caller.seat.staff, whence)
        with self.engine.connect() as connection:
            account = accounts.by_id(raw(connection), UUID(caller.name))
        assert account is not None
        if not self.passwords.matches(account.password, old):
            raise self._refused(account, whence, not_signed_in())
        if old == password:
            raise Refused(WEAK)
        assert account.second_factor is not None
        secret = sealing.unwrap(self.key, account.id, account.second_factor).decode()
        kept = self.passwords.kept(password)
        with self.engine.begin() as transaction:
            if self._take_code(raw(transaction), account, secret, code):
                self._take_back(raw(transaction), account.staff, whence)
                raw(transaction).execute("UPDATE accounts SET password = %s WHERE id = %s", (kept, account.id))
                raw(transaction).execute(
                    "DELETE FROM account_sessions WHERE account = %s AND id <> %s", (account.id, session)
                )
                done = line(Done.CHANGE_PASSWORD, caller.name, seat=caller.seat, origin=whence.address)
                write(raw(transaction), done)
                return
        raise self._refused(account, whence, wrong_code())

    def end(self, caller: Caller, session: UUID, whence: Whence, done: Done = Done.END_SESSION) -> bool:
        """End one of the caller's sessions; tell whether there was such a one."""
        with self.engine.begin() as transaction:
            ended = sessions.end(raw(transaction), session, UUID(caller.name))
            if ended:
                write(raw(transaction), line(done, caller.name, seat=caller.seat, about=session, origin=whence.address))
        return ended

    def _may(self, account: Account) -> bool:
        initial_over = account.password_until is not None and account.password_until < self.now()
        return account.disabled_at is None and not initial_over

    def _take_code(self, connection: psycopg.Connection, account: Account, secret: str, code: str) -> bool:
        """Tell whether the code holds, and see that it holds once: of two who send it at once one is too late."""
        step = step_of(secret, code, self.now())
        taken = connection.execute(
            "UPDATE accounts SET last_step = %s WHERE id = %s AND last_step < %s AND disabled_at IS NULL",
            (step, account.id, step),
        )
        return taken.rowcount > 0

    def _count(self, staff: str, whence: Whence) -> None:
        """Count the attempt in a transaction of its own: it stays counted whatever becomes of it."""
        with self.engine.begin() as transaction:
            connection, now = raw(transaction), self.now()
            shut = attempts.count(connection, self.key, attempts.OF_ADDRESS, whence.address, now)
            shut = shut or attempts.count(connection, self.key, attempts.OF_ACCOUNT, staff, now)
            account = accounts.find(connection, staff) if shut else None
        if shut:
            self._note_refused(account, whence, "shut out")
            raise too_many(-(-int(shut.total_seconds()) // 60))

    def _take_back(self, connection: psycopg.Connection, staff: str, whence: Whence) -> None:
        attempts.take_back(connection, self.key, attempts.OF_ADDRESS, whence.address)
        attempts.take_back(connection, self.key, attempts.OF_ACCOUNT, staff)

    def _arrived(self, connection: psycopg.Connection, account: Account, whence: Whence, done: Done) -> str:
        attempts.take_back(connection, self.key, attempts.OF_ADDRESS, whence.address)
        attempts.forget(connection, self.key, attempts.OF_ACCOUNT, account.staff, self.now())
        return arrive(connection, account, whence, done, self.now())

    def _refused(self, account: Account | None, whence: Whence, problem: Problem) -> Problem:
        self._note_refused(account, whence, "")
        return problem

    def _note_refused(self, account: Account | None, whence: Whence, reason: str) -> None:
        """After the transaction: what it took back must not take the line with it."""
        caller = str(account.id) if account else ""
        refused = line(Done.SIGN_IN, caller, origin=whence.address, result=Result.REFUSED, reason=reason)
        keep(self.engine, refused)


def _by_itself(request: Request) -> bool:
    path = request.url.path
    return BY_ITSELF in request.headers or path in ("/live", "/behind") or path.endswith("/events")

"""Signing in at the site's provider: there and back, once, by the browser that set out."""

from __future__ import annotations

import hmac
import secrets

from events import sealing
from events.database import raw
from services.access import accounts, sessions
from services.access.account_acts import Done, line
from services.access.accounts import AccountDesk
from services.access.arriving import arrive
from services.access.audit import Result, keep
from services.access.oidc import Provider, SettingOut, no_place, not_believed
from services.access.sessions import ON_THE_WAY, Whence
from services.access.sign_in_refusals import not_signed_in
from services.access.signing_in import SigningIn
from services.pages.seats import Role
from services.problems import Problem
from services.refusing import Refused

BY = "provider"
"""Who made and changed an account that the provider vouches for."""


def set_out(here: SigningIn, provider: Provider, back: str, to: str) -> tuple[str, str]:
    """Return what the browser is to hold until it comes back, and where it goes. ``to``: the page it wanted."""
    out, token, now = provider.set_out(back), secrets.token_urlsafe(32), here.now()
    with here.engine.begin() as transaction:
        raw(transaction).execute("DELETE FROM provider_visits WHERE ends_at < %s", (now,))
        raw(transaction).execute(
            """INSERT INTO provider_visits (token, state, nonce, verifier, back_to, ends_at)
               VALUES (%s, %s, %s, %s, %s, %s)""",
            (sessions.digest_of(token), out.state, out.nonce, out.verifier, to, now + ON_THE_WAY),
        )
    return token, out.address


def come_back(
    here: SigningIn, provider: Provider, roles: tuple[Role, ...], *, token: str, state: str, code: str, back: str,
    whence: Whence,
) -> tuple[str, str]:  # fmt: skip
    """Return what the browser is to hold from now on, and the page it wanted. A visit is used up by coming back, so
    that an answer that was overheard is good for nothing. Whoever is not let in is written down, with the reason."""
    try:
        return _arrived(here, provider, roles, token, state, code, back, whence)
    except Problem as problem:
        if problem.status in (401, 403):
            refused = line(
                Done.SIGN_IN, "", origin=whence.address, result=Result.REFUSED, reason=f"by provider: {problem.code}"
            )
            keep(here.engine, refused)
        raise


def _arrived(
    here: SigningIn, provider: Provider, roles: tuple[Role, ...], token: str, state: str, code: str, back: str,
    whence: Whence,
) -> tuple[str, str]:  # fmt: skip
    now = here.now()
    with here.engine.begin() as transaction:
        visit = raw(transaction).execute(
            """DELETE FROM provider_visits WHERE token = %s AND ends_at > %s
               RETURNING state, nonce, verifier, back_to""",
            (sessions.digest_of(token), now),
        ).fetchone()  # fmt: skip
    if visit is None or not hmac.compare_digest(visit[0].encode(), state.encode()):
        raise not_believed()
    person = provider.arrived(code, SettingOut("", *visit[:3]), back, now)
    subject = sealing.fingerprint(here.key, "subject", f"{provider.issuer} {person.subject}").hex()
    try:
        with here.engine.begin() as transaction:
            desk = AccountDesk(raw(transaction), here.passwords, roles, BY, now)
            account = accounts.find(raw(transaction), person.staff, changing=True)
            if account is None:
                account, _ = desk.add(person.staff, person.role, person.body, subject=subject)
            if account.disabled_at is not None or account.subject not in ("", subject):
                raise not_signed_in()  # the number of somebody who left, or of another person there
            if (account.role, account.body) != (person.role, person.body):
                account = desk.change_role(person.staff, person.role, person.body)
            raw(transaction).execute(
                "UPDATE accounts SET subject = %s, password = '', password_until = NULL WHERE id = %s",
                (subject, account.id),
            )
            return arrive(raw(transaction), account, whence, Done.SIGN_IN, now), visit[3]
    except Refused:
        raise no_place() from None

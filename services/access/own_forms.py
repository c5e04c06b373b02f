"""Whether what changes something was sent by a form that we showed to this very session.

``own_pages`` asks the browser from where a request comes; an old browser does not say it, and a page of ours into which
somebody wrote something would say the right thing. Each form therefore carries a token of the session: an HMAC, under
the key of the entrance, of what the browser holds in its cookie (OWASP ASVS 5.0, 3.5.1; RFC 2104). Neither another site
nor another session can know it, and it tells nothing of the cookie.
"""

from __future__ import annotations

import hmac

from fastapi import Request

from events.sealing import fingerprint
from services.problems import Problem

FIELD = "form_token"
HEADER = "x-form-token"
"""Where a program of a person who is signed in says it: JSON has no hidden field."""


def form_out_of_date() -> Problem:
    return Problem(
        403,
        "form_out_of_date",
        "页面放得太久，没有提交",
        "打开本页之后又重新登录过，或者这次提交不是由本页发出的。为防止他人冒用，没有办理。",
        "请刷新后再提交；已填的较长文字，请先复制下来。",
    )


def token_of(key: bytes, held: str) -> str:
    """Return the token of the session whose cookie says ``held``; empty without one. ``key``: of the entrance."""
    return fingerprint(key, "form", held).hex() if held else ""


async def from_own_form(request: Request, token: str) -> None:
    """Refuse what changes something and does not bear ``token``. Without a session there is none, and nothing to be
    had in somebody's name; what ``own_pages`` asks then is the browser alone."""
    if not token or request.method in ("GET", "HEAD"):
        return
    said = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), token.encode()):
        raise form_out_of_date()

"""Rows of the table of rights for the pages that both sides have: files to take away, prints and streams are pages too.

A page has no action, since no key opens it; a count that a search shows is of the page that shows it.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.access.rights import NOBODY, SEEN, PageRow, path
from services.access.rights_of_both import CLERKS, OFFICERS, OPERATORS
from services.pages.seats import Role

BUSINESS: Mapping[str, frozenset[Role]] = {
    "approval": frozenset((Role.CLERK, Role.OPERATOR)),
    "supervision": frozenset((Role.OFFICER, Role.POLICY, Role.COORDINATOR, Role.LEADER, Role.OPERATOR)),
}
"""Whoever works on a side. A page for all of them is read without a seat where no door is shut."""
ADMINISTRATORS = frozenset((Role.SYSTEM, Role.SECURITY, Role.AUDIT))
STRANGERS = frozenset[Role]()
"""No role in particular: answered before anybody said who they are."""
_OF_A_BODY = frozenset(role for role in Role if role.of_a_body)
_SENDS = frozenset((Role.COORDINATOR, Role.OPERATOR))
_SECURITY = frozenset((Role.SECURITY,))
_AUDIT = frozenset((Role.AUDIT,))


def pages_of_both(side: str, own: str) -> tuple[PageRow, ...]:
    """``own``: what a body of this side is called where two bodies stand in an address."""
    works = BUSINESS[side]
    anybody = works | ADMINISTRATORS
    signers = CLERKS if side == "approval" else OFFICERS
    statement = "/statements/{body}/{department}/{day}"
    return (
        ("GET /", SEEN, anybody),
        ("GET /live", SEEN, anybody),
        ("GET /behind", NOBODY, anybody),
        ("GET /help", NOBODY, anybody),
        ("GET /statements", SEEN, works),
        (f"GET {statement}", path(own), works),
        (f"POST {statement}", path(own), signers),
        ("GET /handovers", SEEN, works),
        ("GET /handovers/{listed}", SEEN, works),
        ("GET /systems", SEEN, works & _OF_A_BODY),
        ("GET /check", NOBODY, works),
        ("POST /check", NOBODY, works),
        ("GET /check/{stream}/{version}", NOBODY, works),
        ("GET /notices", NOBODY, _SENDS & works),
        ("GET /notices/rows", NOBODY, _SENDS & works),
        ("POST /notices", NOBODY, _SENDS & works),
        ("GET /runbook", NOBODY, OPERATORS),
        ("POST /silences", NOBODY, OPERATORS),
        ("POST /silences/{silence}/end", NOBODY, OPERATORS),
        ("GET /audit", NOBODY, _AUDIT),
        ("GET /audit/pack", NOBODY, _AUDIT),
        ("GET /accounts", NOBODY, _SECURITY),
        ("POST /accounts", NOBODY, _SECURITY),
        ("GET /accounts/{staff}", NOBODY, _SECURITY),
        ("POST /accounts/{staff}/role", NOBODY, _SECURITY),
        ("POST /accounts/{staff}/disable", NOBODY, _SECURITY),
        ("POST /accounts/{staff}/enable", NOBODY, _SECURITY),
        ("POST /accounts/{staff}/reset", NOBODY, _SECURITY),
        ("POST /accounts/{staff}/sessions/{session}/end", NOBODY, _SECURITY),
        ("GET /sessions", NOBODY, anybody),
        ("POST /sessions/{session}/end", NOBODY, anybody),
        ("POST /password", NOBODY, anybody),
        ("POST /logout", NOBODY, anybody),
        ("GET /login", NOBODY, STRANGERS),
        ("POST /login", NOBODY, STRANGERS),
        ("GET /login/code", NOBODY, STRANGERS),
        ("POST /login/code", NOBODY, STRANGERS),
        ("GET /login/first", NOBODY, STRANGERS),
        ("POST /login/first", NOBODY, STRANGERS),
        ("GET /login/provider", NOBODY, STRANGERS),
        ("GET /login/back", NOBODY, STRANGERS),
        ("GET /seat", NOBODY, STRANGERS),
        ("POST /seat", NOBODY, STRANGERS),
        ("POST /size", NOBODY, STRANGERS),
        ("GET /openapi.json", NOBODY, STRANGERS),
        # What machines of the house look at.
        ("GET /healthz", NOBODY, STRANGERS),
        ("GET /readyz", NOBODY, STRANGERS),
        ("GET /metrics", NOBODY, STRANGERS),
    )

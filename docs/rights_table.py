"""Who may ask what, as ``rights.md`` shows it: the table of rights itself, one line for each route of each API."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.access.rights import Right, Where, rights
from services.pages.seats import Role

BUSINESS = (Role.CLERK, Role.OFFICER, Role.POLICY, Role.COORDINATOR, Role.LEADER, Role.OPERATOR)
"""The three administrators may ask nothing of any of these routes; their work is on pages of their own."""


def cell(right: Right, role: Role) -> str:
    """``all``: of every body; ``own``: of the body of the seat alone; ``yes``: nothing of a body is in it."""
    if role not in right.roles:
        return "–"
    if not role.of_a_body:
        return "all"
    if right.whose.where is Where.SEVERAL:
        return "–"
    return "own" if right.own_body_only else "yes"


def of_side(side: str, table: Callable[[Iterable[str], Iterable[Iterable[str]]], str]) -> str:
    """Return the lines of ``side``."""
    rows = [
        (
            f"`{one.method} {one.path.removeprefix('/api/v1')}`",
            f"`{one.action.value}`",
            f"{one.whose.where.value} {one.whose.name}".strip(),
            *(cell(one, role) for role in BUSINESS),
        )
        for one in rights().values()
        if one.side == side
    ]
    return table(("route", "action of a key", "whose it is stands in", *(role.value for role in BUSINESS)), rows)

"""Who may ask what, as ``rights.md`` shows it: the table of rights itself, one line for each route of each API, and one
for pages that lie together and are the same people's."""

from __future__ import annotations

from itertools import groupby

from docs.markdown import table
from services.access.rights import Right, Where, rights
from services.access.rights_of_pages import ADMINISTRATORS, BUSINESS
from services.pages.seats import Role

OF_PROGRAMS = (Role.CLERK, Role.OFFICER, Role.POLICY, Role.COORDINATOR, Role.LEADER, Role.OPERATOR)
"""The three administrators may ask nothing of any route of the APIs; their work is on pages of their own."""


def cell(right: Right, role: Role) -> str:
    """``all``: of every body; ``own``: of the body of the seat alone; ``yes``: nothing of a body is in it."""
    if right.is_page and not right.roles:
        return "yes"
    if role not in right.roles:
        return "–"
    if role.is_administrator or (right.is_page and not right.own_body_only):
        return "yes"
    if not role.of_a_body:
        return "all"
    if right.whose.where is Where.SEVERAL:
        return "–"
    return "own" if right.own_body_only else "yes"


def of_side(side: str) -> str:
    """Return the lines of the API of ``side``."""
    rows = [
        (
            f"`{one.method} {one.path.removeprefix('/api/v1')}`",
            f"`{one.action.value}`",
            f"{one.whose.where.value} {one.whose.name}".strip(),
            *(cell(one, role) for role in OF_PROGRAMS),
        )
        for one in rights().values()
        if one.side == side and one.action is not None
    ]
    return table(("route", "action of a key", "whose it is stands in", *(role.value for role in OF_PROGRAMS)), rows)


def pages_of_side(side: str) -> str:
    """Return the lines of the pages of ``side``; those for whoever comes stand last, in one."""
    roles = [role for role in Role if role in BUSINESS[side] | ADMINISTRATORS]

    def shown(one: Right) -> tuple[str, ...]:
        whose = f"{one.whose.where.value} {one.whose.name}".strip()
        return whose, *(cell(one, role) for role in roles)

    def together(one: Right) -> tuple[str, ...]:
        return ("" if not one.roles else one.path.split("/")[1], *shown(one))

    pages = [one for one in rights().values() if one.side == side and one.is_page]
    pages.sort(key=lambda one: (not one.roles, together(one)))
    rows = []
    for (_, *cells), ones in groupby(pages, together):
        rows.append((", ".join(f"`{one.method} {one.path}`" for one in ones), *cells))
    return table(("pages", "whose it is stands in", *(role.value for role in roles)), rows)

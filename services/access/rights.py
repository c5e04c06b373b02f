"""Who may ask what of the web services: one row for each route of each side's API. What has no row is refused.

A row says which action a machine key needs, which roles a seat, and where the request says for which body it is. A test
walks the routes of both sides and holds them against the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from services.access.actions import Action
from services.pages.seats import Role


class Where(StrEnum):
    """Where a request says whose it is. ``ITEMS``: in each of the things that it states, which the route refuses one by
    one. ``ROW``: nowhere; what its path names is some body's. ``SEVERAL``: the answer, or the act, is of many bodies.
    ``NOBODY``: nothing of a body is in it."""

    PATH = "path"
    QUERY = "query"
    FIELD = "field"
    ITEMS = "items"
    ROW = "row"
    SEVERAL = "several"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Whose:
    """``name``: of the parameter or the field; for ``ROW`` the kind of row, and its name in the path or the form.
    ``restated``: the field, with dots into inner ones, where the form says once more whose the row is to be.
    ``shared``: the row may be several bodies', and each of them may ask this for itself."""

    where: Where
    name: str = ""
    restated: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Right:
    """``roles``: of seats that may; ``own_body_only``: a role of one body may for that body alone."""

    side: str
    method: str
    path: str
    action: Action
    whose: Whose
    roles: frozenset[Role] = field(default_factory=frozenset)

    @property
    def own_body_only(self) -> bool:
        return self.whose.where is not Where.NOBODY

    @property
    def key(self) -> tuple[str, str, str]:
        return self.side, self.method, self.path


SEVERAL = Whose(Where.SEVERAL)
NOBODY = Whose(Where.NOBODY)


def path(name: str) -> Whose:
    return Whose(Where.PATH, name)


def query(name: str) -> Whose:
    return Whose(Where.QUERY, name)


def stated(name: str) -> Whose:
    return Whose(Where.FIELD, name)


def items(name: str) -> Whose:
    return Whose(Where.ITEMS, name)


def row(name: str, restated: str = "", *, shared: bool = False) -> Whose:
    return Whose(Where.ROW, name, restated, shared)


Row = tuple[str, Action, Whose, frozenset[Role]]
"""Method and path, as one text; and the rest."""


def _of_side(side: str, rows: tuple[Row, ...]) -> Iterator[Right]:
    for asked, action, whose, roles in rows:
        method, template = asked.split()
        yield Right(side, method, template, action, whose, roles)


@cache
def rights() -> Mapping[tuple[str, str, str], Right]:
    """Return every row by side, method and path template."""
    from services.access.rights_of_approval import APPROVAL
    from services.access.rights_of_both import both
    from services.access.rights_of_supervision import SUPERVISION

    every = {
        "approval": (*APPROVAL, *both("body")),
        "supervision": (*SUPERVISION, *both("department")),
    }
    found: dict[tuple[str, str, str], Right] = {}
    for side, rows in every.items():
        for right in _of_side(side, rows):
            if right.key in found:
                raise ValueError(f"{right.key} has two rows")
            found[right.key] = right
    return found


ANYBODY = frozenset(("/healthz", "/readyz"))
"""What says nothing of anybody's rows, and is asked by who watches the machines."""


def guarded(template: str) -> bool:
    """Tell whether a route is one of programs, whose row stands in the table. Pages ask the seat for themselves."""
    return template.startswith(("/api/", "/internal/"))

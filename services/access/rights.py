"""Who may ask what of the web services: one row for each route of each side, API and pages. What has no row is refused.

A row says which action a machine key needs, which roles a seat, and where the request says for which body it is. A test
walks the routes of both sides and holds them against the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from services.access.actions import Action
from services.pages.seats import Role


class Where(StrEnum):
    """Where a request says whose it is. ``ITEMS``: in each of the things that it states, which the route refuses one by
    one. ``ROW``: nowhere; what its path names is some body's. ``SEVERAL``: the answer, or the act, is of many bodies.
    ``SEEN``: nowhere; a page shows what its reader may see, and the database holds back the rest. ``NOBODY``: nothing
    of a body is in it."""

    PATH = "path"
    QUERY = "query"
    FIELD = "field"
    ITEMS = "items"
    ROW = "row"
    SEVERAL = "several"
    SEEN = "seen"
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
    """``action``: what a key needs; none opens a page. ``roles``: of seats that may; a page without any is answered to
    whoever comes. ``own_body_only``: a role of one body may for that body alone."""

    side: str
    method: str
    path: str
    action: Action | None
    whose: Whose
    roles: frozenset[Role] = field(default_factory=frozenset)

    @property
    def is_page(self) -> bool:
        return self.action is None

    @property
    def own_body_only(self) -> bool:
        return self.whose.where is not Where.NOBODY

    @property
    def key(self) -> tuple[str, str, str]:
        return self.side, self.method, self.path


SEVERAL = Whose(Where.SEVERAL)
SEEN = Whose(Where.SEEN)
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
PageRow = tuple[str, Whose, frozenset[Role]]


def _of_side(side: str, rows: Iterable[Row], pages: Iterable[PageRow]) -> Iterator[Right]:
    of_pages = ((asked, None, whose, roles) for asked, whose, roles in pages)
    for asked, action, whose, roles in (*rows, *of_pages):
        method, template = asked.split()
        yield Right(side, method, template, action, whose, roles)


@cache
def rights() -> Mapping[tuple[str, str, str], Right]:
    """Return every row by side, method and path template."""
    from services.access.rights_of_approval import APPROVAL
    from services.access.rights_of_approval_pages import APPROVAL_PAGES
    from services.access.rights_of_both import both
    from services.access.rights_of_pages import pages_of_both
    from services.access.rights_of_supervision import SUPERVISION
    from services.access.rights_of_supervision_pages import SUPERVISION_PAGES

    every = (
        ("approval", "body", APPROVAL, APPROVAL_PAGES),
        ("supervision", "department", SUPERVISION, SUPERVISION_PAGES),
    )
    found: dict[tuple[str, str, str], Right] = {}
    for side, own, rows, pages in every:
        for right in _of_side(side, (*rows, *both(own)), (*pages, *pages_of_both(side, own))):
            if right.key in found:
                raise ValueError(f"{right.key} has two rows")
            found[right.key] = right
    return found


def right_of(side: str, method: str, template: str) -> Right | None:
    """Return the row of a route; whoever may GET a thing may ask for its HEAD."""
    return rights().get((side, "GET" if method == "HEAD" else method, template))


def guarded(template: str) -> bool:
    """Tell whether a route is one of programs, and no page."""
    return template.startswith(("/api/", "/internal/"))

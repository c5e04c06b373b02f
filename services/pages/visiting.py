"""One visit of a browser to a page: who asks, what was just done, and how the page is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Protocol
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID, uuid4

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Engine

from events.database import raw
from events.reserve import Room
from projections.erased import erased_parties, label_of
from projections.lag import Lag
from services.access.entrance import entrance_of
from services.access.own_forms import FIELD
from services.access.rights import right_of
from services.access.rights_of_pages import BUSINESS
from services.live_feed import LiveFeed
from services.pages.menus import Entry
from services.pages.rendering import Rendering
from services.pages.seats import NoSeat, Role, Seat
from services.problems import Problem

SIZES = {"normal": "标准", "large": "大", "larger": "特大"}
YEAR_SECONDS = 366 * 86400
MORE_EXACT = frozenset({"lag", "as_of", "room"})
"""What every page shows and one may know better: when its own rows were read, or that the database is not to be
asked."""


class Desk(Protocol):
    """What any page asks of its side's office."""

    @property
    def engine(self) -> Engine: ...
    @property
    def lag(self) -> Callable[[], Lag | None]: ...
    @property
    def room(self) -> Callable[[], Room | None]: ...
    @property
    def now(self) -> Callable[[], datetime]: ...
    @property
    def today(self) -> date: ...
    @property
    def live(self) -> LiveFeed: ...


@dataclass(frozen=True)
class Pages:
    """What the pages of one side share. ``cookies``: their names end with it, since two services on two ports of one
    machine share a browser's cookies. ``lag_page``: where the yellow bar leads to, on a side that has such a page."""

    cookies: str
    title: str
    rendering: Rendering
    roles: Sequence[Role]
    menu: Sequence[Entry]
    lag_page: str = ""


class Visit:
    """A page's view of one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.pages: Pages = request.app.state.pages
        self.desk: Desk = request.app.state.office
        entrance = entrance_of(request.app)
        self.seat = entrance.caller(request).seat
        self.by_open_door = entrance.is_open
        size = request.cookies.get("size", "")
        self.size = size if size in SIZES else "normal"
        self.mark = 0
        self._erased: frozenset[UUID] | None = None

    @property
    def place(self) -> str:
        """The address of this page within the service, with its question."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def whole_address(self, page: str) -> str:
        """Return the address of a page with that of the service, as a printed sheet bears it."""
        return f"{str(self.request.base_url).rstrip('/')}{page}"

    @property
    def by_https(self) -> bool:
        """Whether the browser came by https, to us or to the gateway that we believe."""
        return self.request.url.scheme == "https"

    @property
    def own_form(self) -> Markup:
        """The hidden field that each form bears, by which it is known as one that this reader was shown."""
        token = entrance_of(self.request.app).form_token(self.request)
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token) if token else Markup()

    @property
    def is_let_in(self) -> bool:
        """Whether the reader may see more than the log-in."""
        return self.by_open_door or self.seat is not None

    @property
    def by_script(self) -> bool:
        return "hx-request" in self.request.headers

    def must_be(self) -> Seat:
        """Return the seat, or lead to the choice of one. Whether its role may be here, the table of rights has said."""
        if self.seat is None:
            raise NoSeat
        return self.seat

    def may(self, asked: str) -> bool:
        """Tell whether the reader's role may ask a route of this side (``POST /rules``), by its row in the table of
        rights: a page offers nothing else."""
        method, template = asked.split()
        right = right_of(self.request.app.state.side, method, template)
        assert right is not None, asked
        if self.seat is None:
            return self.by_open_door and right.roles >= BUSINESS[right.side]
        return self.seat.role in right.roles

    def show(self, template: str, /, status: int = 200, **facts: Any) -> HTMLResponse:
        """Answer with a page. Every page knows who reads, how far lists are behind, whether the disk
        has room, and what was just done."""
        said = self.request.cookies.get(f"said-{self.pages.cookies}", "")
        shared = {
            "visit": self,
            "seat": self.seat,
            "size": self.size,
            "sizes": SIZES,
            "title": self.pages.title,
            "menu": [
                entry
                for entry in self.pages.menu
                if self.is_let_in and entry.shown_to(self.seat) and not (entry.signed_in and self.by_open_door)
            ],
            "path": self.request.url.path,
            "lag": facts["lag"] if "lag" in facts else self.desk.lag(),
            "room": facts["room"] if "room" in facts else self.desk.room(),
            "as_of": self.desk.now(),
            "today": self.desk.today,
            "said": unquote(said) if status == 200 and not self.by_script else "",
            "once": uuid4,
            "known_as": self.known_as,
        }
        # A fact named as what every page shows would stand in its place: a rule's whole text as what was just done.
        assert not (shared.keys() & facts.keys()) - MORE_EXACT, template
        # Written down with the answer, as a file that leaves is: paper is carried out of the house.
        self.request.state.is_sheet = template in self.pages.rendering.sheets
        answer = self.pages.rendering.show(template, status, **shared | facts)
        if said and not self.by_script:
            answer.delete_cookie(f"said-{self.pages.cookies}", secure=self.by_https, httponly=True, samesite="lax")
        return answer

    def known_as(self, party: Any) -> str:
        """Return what a page calls a party: its mask, or that its facts are erased. Asked of the database once a page,
        and only by a page that names somebody."""
        if self._erased is None:
            with self.desk.engine.connect() as connection:
                self._erased = erased_parties(raw(connection))
        return label_of(party, self._erased)

    def done(self, to: str, said: str = "") -> Response:
        """Answer a form that was carried out: the browser goes to ``to``, where ``said`` is shown once.

        ``said`` goes through a cookie: no name of a person may stand in it.
        """
        answer = Response(status_code=204, headers={"HX-Redirect": to}) if self.by_script else RedirectResponse(to, 303)
        if said:
            name = f"said-{self.pages.cookies}"
            answer.set_cookie(name, quote(said), max_age=60, secure=self.by_https, httponly=True, samesite="lax")
        return answer

    def refuse(self, problem: Problem) -> HTMLResponse:
        """Answer a form that was refused: beside the form where a script asked, which keeps what was typed, else as a
        page. How far lists are behind is not asked: the database may be what is away."""
        if self.by_script:
            answer = self.show("refused.html", problem.status, problem=problem.body(), lag=None, room=None)
            answer.headers.update({"HX-Retarget": "#said", "HX-Reswap": "innerHTML show:#said:top"})
            return answer
        return self.show("problem.html", problem.status, problem=problem.body(), lag=None, room=None)


def visit_of(request: Request) -> Visit:
    visit = Visit(request)
    # Before anything is read for the page: what changes between the two is then asked for once too often, never missed.
    visit.mark = visit.desk.live.mark()
    return visit


Visiting = Annotated[Visit, Depends(visit_of)]


def own_address(given: str) -> str:
    """Return ``given`` when it is a page of this service, else the front page: no form sends a reader elsewhere."""
    parts = urlsplit(given)
    safe = given.startswith("/") and not given.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return given if safe else "/"

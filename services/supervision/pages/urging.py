"""What is late or nearly so, with whom, and what was demanded (督办)? And the sheet that demands it, to be printed."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from events.database import raw
from events.limits import LimitKind
from services.deadlines import ITEM_UNKNOWN
from services.handing_in import refusal
from services.limits import KIND_WORDS
from services.open_deadlines import Wanted, open_standing
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.checking import printed
from services.pages.visiting import Visiting
from services.refusing import Refused
from services.sheet_numbers import SheetKind, sheet_number
from services.stating import stated
from services.supervision.deadline_answers import not_urged
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_questions import body_names, permits_in_words
from services.urging import Demand, demands_on, urge_item
from services.working_days import Light

ON_A_PAGE = 50
routes = APIRouter()


class Asked(BaseModel):
    """The filters of the list, as they stand in its address; an empty one restricts nothing."""

    model_config = ConfigDict(extra="forbid")

    light: Light | str = Light.RED
    kind: LimitKind | str = ""
    owner: str = ""
    page: Annotated[int, Query(ge=1, le=10_000)] = 1

    def wanted(self) -> Wanted:
        light = Light(self.light) if self.light in set(Light) else None
        return Wanted(LimitKind(self.kind) if self.kind in set(LimitKind) else None, self.owner or None, light)

    def address(self, **other: Any) -> str:
        said = {"light": str(self.light), "kind": str(self.kind), "owner": self.owner} | other
        return urlencode({name: value for name, value in said.items() if value or name == "light"})


@routes.get("/urging")
def all_open(office: Here, visit: Visiting, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    return visit.show(
        "urging.html",
        **_listed(office, asked),
        may_urge=visit.may("POST /urging/{item}"),
        may_see_notices=visit.may("GET /notices"),
    )


@routes.get("/urging/rows")
def rows(office: Here, visit: Visiting, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("urging_rows.html", **_listed(office, asked), may_urge=visit.may("POST /urging/{item}"))


def _listed(office: Office, asked: Asked) -> dict[str, Any]:
    every, as_of = office.standings()
    of_these = Wanted(asked.wanted().kind, asked.wanted().owner)
    lit = [(one, one.worst) for one in every if of_these.wants(one)]
    found = [one for one, light in lit if asked.wanted().light in (None, light)]
    begin = (asked.page - 1) * ON_A_PAGE
    shown = found[begin : begin + ON_A_PAGE]
    with office.engine.connect() as connection:
        permits = permits_in_words(connection, [one.item.about for one in shown if one.item.about])
        names = body_names(connection)
        matters = matter_names(connection)
    return {
        "asked": asked,
        "as_of": as_of,
        "rows": [one.as_json() for one in shown],
        "count": len(found),
        "lights": Counter(light.value for _, light in lit),
        "light_words": {one.value: one.words for one in Light},
        "kinds": {kind: KIND_WORDS[kind] for kind in sorted({one.item.kind for one in every})},
        "owners": {owner: names.get(owner) or owner for owner in sorted({one.item.owner for one in every})},
        "permits": {str(permit): called for permit, called in permits.items()},
        "names": names,
        "matters": matters,
        "first": f"/urging?{asked.address()}" if asked.page > 1 else None,
        "following": f"/urging?{asked.address(page=asked.page + 1)}" if begin + ON_A_PAGE < len(found) else None,
    }


@routes.get("/urging/{item}")
def one_item(office: Here, visit: Visiting, item: UUID) -> HTMLResponse:
    """Show one open item with what was demanded of it, and the form of a new demand. Done, only the demands stand."""
    with office.engine.connect() as connection:
        standing = open_standing(raw(connection), office.open_items, item, office.today)
        demands = demands_on(raw(connection), "supervision", item)
        found = standing.as_json() if standing else None
        if found is None and not demands:
            raise not_urged(Refused(ITEM_UNKNOWN))
        about = UUID(found["permit"]) if found and found["permit"] else demands[0].said.about if demands else None
        return visit.show(
            "urge.html",
            item=item,
            found=found,
            demands=demands,
            about=about,
            called=permits_in_words(connection, [about] if about else []).get(about) if about else None,
            owner=found["owner"] if found else demands[0].said.owner,
            kind=KIND_WORDS[LimitKind(found["kind"]) if found else demands[0].said.kind],
            names=body_names(connection),
            matters=matter_names(connection),
            may_urge=found is not None and visit.may("POST /urging/{item}"),
        )


@routes.post("/urging/{item}")
def demand(
    office: Here,
    visit: Visiting,
    item: UUID,
    key: Annotated[str, Form(max_length=100)],
    limit: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    seat = visit.must_be()
    said = stated(Demand, {"limit": limit, "officer": seat.staff, "reason": reason})
    if isinstance(said, dict):
        raise refusal(said)
    once = act_key(key, said.model_dump(mode="json"))
    try:
        answer = urge_item(office.engine, "supervision", office.open_items, item, said, office.now(), (BY_PAGE, once))
    except Refused as refused:
        raise not_urged(refused) from None
    office.standings_changed()
    return visit.done(f"/urging/{item}", f"已督办，须在 {answer['due_on']} 前办结。督办单可在下方打印")


@routes.get("/urging/{item}/sheets/{number}")
def demand_sheet(office: Here, visit: Visiting, item: UUID, number: int) -> HTMLResponse:
    """Show a demand as a sheet (督办单), to be printed and handed over."""
    with office.engine.connect() as connection:
        found = next(
            (one for one in demands_on(raw(connection), "supervision", item) if one.said.clock == number), None
        )
        if found is None:
            raise not_urged(Refused(ITEM_UNKNOWN))
        about = found.said.about
        return visit.show(
            "demand.html",
            item=item,
            demand=found.said,
            at=found.at,
            kind=KIND_WORDS[found.said.kind],
            called=permits_in_words(connection, [about]).get(about) if about else None,
            names=body_names(connection),
            matters=matter_names(connection),
            sheet_number=sheet_number(SheetKind.DEMAND, item, number),
            **printed(visit, found.record),
        )

"""One party (主体全景): may I grant? What is known against it, its permits, and what became of each; found by a number
that stands in no address."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, ValidationError

from events.database import raw
from events.standing import FactKind
from projections.duty_names import names_of
from services.approval import published
from services.approval.http import Here
from services.approval.http_standing import Number, unknown_party
from services.approval.standing_answers import FACT_WORDS, find_party, standing_of
from services.pages.visiting import Visiting
from services.problems import invalid

PERMITS = 50
routes = APIRouter()


class Asked(BaseModel):
    """``matter``: for which it is asked; empty: whatever is asked for."""

    matter: Annotated[str, Field(max_length=64)] = ""


class FindForm(BaseModel):
    identifier: Annotated[str, Field(max_length=100)] = ""
    to: str = "/"
    key: str = ""


@routes.get("/parties")
def parties(visit: Visiting) -> HTMLResponse:
    return visit.show("parties.html", kinds=FACT_WORDS)


@routes.post("/parties/find")
def find(office: Here, visit: Visiting, form: Annotated[FindForm, Form()]) -> Response:
    """Lead to the party under its opaque id. A number of a person stands in no address."""
    try:
        number = Number(identifier=form.identifier)
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False)) from None
    with office.engine.connect() as reading:
        party = find_party(raw(reading), office.desk.master, number.identifier)
    if party is None:
        raise unknown_party()
    return visit.done(f"/parties/{party}")


@routes.get("/parties/{party}")
def one_party(office: Here, visit: Visiting, party: UUID, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    with office.engine.connect() as reading:
        connection = raw(reading)
        found = standing_of(connection, party, asked.matter or None, office.today)
        if found is None:
            raise unknown_party()
        permits = published.permits_of(connection, party, PERMITS + 1)
        said = published.last_said(connection, permits[:PERMITS])
        matters = names_of(connection, {one.facts.matter_code for one in said.values()} | {asked.matter})
    own = {one.facts.matter_code for one in said.values()} | ({asked.matter} if asked.matter else set())
    label = next((visit.known_as(one.facts.party) for one in said.values()), "")
    return visit.show(
        "party.html",
        party=party,
        label=label,
        standing=found,
        matter=asked.matter,
        matters={code: matters.get(code) or code for code in sorted(own)},
        permits=said,
        more=len(permits) > PERMITS,
        ended={FactKind.PERMIT_REVOKED, FactKind.PERMIT_ANNULLED},
    )

"""Consultations (会商) in which the body is asked: until when, who has answered, and the body's own opinion."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, ValidationError

from events.database import raw
from projections.consultations_told import asked_of, of_permit
from projections.duty_names import names_of
from services.approval.giving_opinions import OpinionDesk
from services.approval.http import Here
from services.approval.http_opinions import problem_of
from services.approval.opinion import NOT_CONSULTED, StatedOpinion
from services.approval.published import last_said
from services.pages.act_keys import BY_PAGE
from services.pages.visiting import Visiting
from services.problems import invalid
from services.refusing import Refused

SHOWN = 100
routes = APIRouter()


class OpinionForm(BaseModel):
    key: Annotated[str, Field(max_length=100)] = ""
    to: str = "/consultations"
    text: Annotated[str, Field(max_length=2000)] = ""
    legal_basis: Annotated[str, Field(max_length=2000)] = ""


@routes.get("/consultations")
def consultations(
    office: Here, visit: Visiting, still_open: Annotated[bool, Query(alias="open")] = True
) -> HTMLResponse:
    seat = visit.must_be()
    with office.engine.connect() as reading:
        found = asked_of(raw(reading), seat.body, still_open=still_open, limit=SHOWN)
        decisions = last_said(raw(reading), [UUID(one["permit"]) for one in found])
    return visit.show("consultations.html", found=found, decisions=decisions, still_open=still_open)


@routes.get("/consultations/{permit}/{number}")
def one_consultation(office: Here, visit: Visiting, permit: UUID, number: int) -> HTMLResponse:
    seat = visit.must_be()
    with office.engine.connect() as reading:
        connection = raw(reading)
        found = next((one for one in of_permit(connection, permit) if one.number == number), None)
        said = last_said(connection, [permit])
        if found is None or permit not in said:
            raise problem_of(Refused(NOT_CONSULTED))
        names = names_of(connection, [*found.bodies, found.lead])
    facts: Any = said[permit].facts
    return visit.show(
        "consultation.html", permit=permit, one=found, facts=facts, names=names, body=seat.body,
        asked=seat.body in found.bodies,
    )  # fmt: skip


@routes.post("/consultations/{permit}/{number}/opinion")
def opinion(office: Here, visit: Visiting, permit: UUID, number: int, form: Annotated[OpinionForm, Form()]) -> Response:
    """Give the opinion of the seat's body; it reaches the supervision side through the log."""
    seat = visit.must_be()
    stated = {
        "body": seat.body, "clerk": seat.staff, "text": form.text, "legal_basis": form.legal_basis, "number": number,
    }  # fmt: skip
    try:
        OpinionDesk(office.desk, office.now).give(permit, StatedOpinion.model_validate(stated), BY_PAGE, form.key)
    except Refused as refused:
        raise problem_of(refused) from None
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False)) from None
    return visit.done(f"/consultations/{permit}/{number}", "意见已提出，正在送往监管侧")

"""One personal fact of a permit over HTTP, for the body that decided it, with a reason."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from events.database import raw
from services.access.entrance import entrance_of
from services.access.revealing import Asked, write_down
from services.approval.http import Here, PermitId
from services.approval.http_described import unknown_permit
from services.approval.naming_persons import said_in
from services.approval.sealed_facts import nothing_sealed, one_of, other_body, sealed_facts
from services.interface import problems

personal = APIRouter()


@personal.post(
    "/api/v1/permits/{permit}/reveals",
    operation_id="revealFact",
    summary="显示许可的一项个人信息",
    responses=problems(unknown_permit(), other_body(), nothing_sealed()),
)
def reveal_fact(office: Here, request: Request, permit: PermitId, body: Asked) -> JSONResponse:
    """Return one sealed fact in full. It is written down before, and so many times a day for each caller."""
    with office.engine.connect() as connection:
        _, records = office.desk.permit(raw(connection), permit)
        if not records:
            raise unknown_permit()
        facts = said_in(records[-1]).facts
        if not entrance_of(request.app).caller(request).scope.covers(facts.deciding_body):
            raise other_body()
        fact = one_of(sealed_facts(raw(connection), office.desk.master, records), body.field)
    about = [f"permit={permit}", f"party={facts.party.party_id}"]
    write_down(request, body, about, office.reveals_a_day, office.now())
    said: dict[str, Any] = {"permit": str(permit), "field": fact.field, "value": fact.value}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})

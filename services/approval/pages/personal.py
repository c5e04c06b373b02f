"""What is sealed of a permit, masked; and one fact of it in full, for a reason that is written down first."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from events.database import raw
from services.access.audit import Act, note
from services.access.entrance import entrance_of
from services.access.revealing import Asked, Why, write_down
from services.approval.http import Here, Office
from services.approval.http_described import unknown_permit
from services.approval.naming_persons import said_in
from services.approval.sealed_facts import SealedFact, one_of, other_body, sealed_facts
from services.pages.seats import Role
from services.pages.visiting import Visit, Visiting

routes = APIRouter()


@routes.get("/permits/{permit}/personal")
def personal(office: Here, visit: Visiting, permit: UUID) -> HTMLResponse:
    """Show what is sealed, masked. Opening it is written down, although only masks leave."""
    visit.must_be(Role.CLERK)
    party, facts = opened(office, visit, permit)
    note(visit.request, Act.PERSONAL_READ, objects=_about(permit, party), fields=[one.field for one in facts])
    return _shown(visit, permit, facts)


@routes.post("/permits/{permit}/personal")
def reveal(
    office: Here,
    visit: Visiting,
    permit: UUID,
    field: Annotated[str, Form()],
    why: Annotated[Why, Form()],
    words: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Show one fact in full, in this answer alone."""
    visit.must_be(Role.CLERK)
    party, facts = opened(office, visit, permit)
    fact = one_of(facts, field)
    asked = Asked(field=field, why=why, words=words[:200])
    write_down(visit.request, asked, _about(permit, party), office.reveals_a_day, office.now())
    return _shown(visit, permit, facts, fact, asked.reason)


def opened(office: Office, visit: Visit, permit: UUID) -> tuple[UUID, list[SealedFact]]:
    """Return the holder of a permit and what is sealed of it, for the body that decided it alone."""
    with office.engine.connect() as connection:
        _, records = office.desk.permit(raw(connection), permit)
        if not records:
            raise unknown_permit()
        facts = said_in(records[-1]).facts
        if not entrance_of(visit.request.app).caller(visit.request).scope.covers(facts.deciding_body):
            raise other_body()
        return facts.party.party_id, sealed_facts(raw(connection), office.desk.master, records)


def _about(permit: UUID, party: UUID) -> list[str]:
    return [f"permit={permit}", f"party={party}"]


def _shown(
    visit: Visit, permit: UUID, facts: list[SealedFact], fact: SealedFact | None = None, reason: str = ""
) -> HTMLResponse:
    return visit.show("personal.html", permit=permit, sealed=facts, fact=fact, why=reason, reasons=tuple(Why))

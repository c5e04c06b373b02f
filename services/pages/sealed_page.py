"""The page of what is sealed of a permit, alike on both sides: masked all of it, one fact of it in full, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from services.access.audit import Act, note
from services.access.revealing import Asked, Opened, Why, about, write_down
from services.access.sealed_facts import SealedFact, one_of
from services.pages.visiting import Visit, Visiting


def personal_routes(opened: Opened) -> APIRouter:
    """Return the page. ``opened`` refuses whoever is not of a body that may see the permit's facts."""
    routes = APIRouter()

    @routes.get("/permits/{permit}/personal")
    def personal(visit: Visiting, permit: UUID) -> HTMLResponse:
        """Show what is sealed, masked. Opening it is written down, although only masks leave."""
        party, facts = opened(visit.request, permit)
        note(visit.request, Act.PERSONAL_READ, objects=about(permit, party), fields=[one.field for one in facts])
        return _shown(visit, permit, facts)

    @routes.post("/permits/{permit}/personal")
    def reveal(
        visit: Visiting,
        permit: UUID,
        field: Annotated[str, Form()],
        why: Annotated[Why, Form()],
        words: Annotated[str, Form()] = "",
    ) -> HTMLResponse:
        """Show one fact in full, in this answer alone."""
        party, facts = opened(visit.request, permit)
        fact = one_of(facts, field)
        asked = Asked(field=field, why=why, words=words[:200])
        write_down(visit.request, asked, about(permit, party))
        return _shown(visit, permit, facts, fact, asked.reason)

    return routes


def _shown(
    visit: Visit, permit: UUID, facts: Sequence[SealedFact], fact: SealedFact | None = None, reason: str = ""
) -> HTMLResponse:
    return visit.show("personal.html", permit=permit, sealed=facts, fact=fact, why=reason, reasons=tuple(Why))

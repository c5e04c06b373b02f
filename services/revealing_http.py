"""One personal fact of a permit over HTTP, for a program of a body that may see it, with a reason."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from services.access.revealing import Asked, Opened, about, write_down
from services.access.sealed_facts import nothing_sealed, one_of
from services.interface import problems
from services.problems import Problem


def reveal_routes(opened: Opened, *refusals: Problem) -> APIRouter:
    """``refusals``: what ``opened`` raises, as the description of the interface repeats it."""
    routes = APIRouter()

    @routes.post(
        "/api/v1/permits/{permit}/reveals",
        operation_id="revealFact",
        summary="显示许可的一项个人信息",
        responses=problems(*refusals, nothing_sealed()),
    )
    def reveal_fact(
        request: Request, permit: Annotated[UUID, Path(description="许可标识。")], body: Asked
    ) -> JSONResponse:
        """Return one sealed fact in full. It is written down before, and so many times a day for each caller."""
        party, facts = opened(request, permit)
        fact = one_of(facts, body.field)
        write_down(request, body, about(permit, party))
        said: dict[str, Any] = {"permit": str(permit), "field": fact.field, "value": fact.value}
        return JSONResponse(said, headers={"Cache-Control": "no-store"})

    return routes

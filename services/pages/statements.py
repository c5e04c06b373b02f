"""Daily statements (每日对账单) of a side: a list, and each as a document to be printed. Alike on both sides."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from events.numbers import in_words
from projections.statements import Wanted
from services.either_side import Here
from services.pages.visiting import Visiting
from services.statement import SIDES
from services.statement_answers import AGREEMENTS, SIDE_WORDS, differences
from services.statement_http import found_statement
from services.statements_read import find_statements

routes = APIRouter()
_WORDS: dict[str, Any] = {"sides": SIDES, "side_words": SIDE_WORDS, "agreements": AGREEMENTS, "in_words": in_words}


@routes.get("/statements")
def statements(here: Here, visit: Visiting, day: date | None = None) -> HTMLResponse:
    own = visit.seat.body if visit.seat else ""
    wanted = Wanted(day, body=own if here.side == "approval" else "", department="" if here.side == "approval" else own)
    with here.engine.connect() as connection:
        found = find_statements(raw(connection), wanted)
    names = visit.request.app.state.bodies(visit.request)
    return visit.show("statements.html", found=found, day=day, names=names, differences=differences, **_WORDS)


@routes.get("/statements/{body}/{department}/{day}")
def statement(here: Here, visit: Visiting, body: str, department: str, day: date) -> HTMLResponse:
    one = found_statement(here, body, department, day)
    names = visit.request.app.state.bodies(visit.request)
    return visit.show("statement.html", one=one, names=names, different=differences(one), **_WORDS)

"""Daily statements (每日对账单) of a side: a list, and each as a document to be printed, signed or disputed. Alike on
both sides: the bureau signs what it heard, the department what was sent to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from events import store
from events.database import raw
from events.numbers import in_words
from events.statements import statement_stream
from projections.statements import Wanted
from services.either_side import At, Here
from services.handing_in import refusal
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.checking import printed
from services.pages.visiting import Visit, Visiting
from services.refusing import Refused
from services.statement import SIDES, Agreement, Statement
from services.statement_answers import AGREEMENTS, SIDE_WORDS, differences
from services.statement_desk import DisputeStatement, SignStatement, StatementDesk
from services.statement_http import found_statement, problem_of
from services.statements_read import find_statements
from services.stating import stated

FORMS: Mapping[str, type[SignStatement | DisputeStatement]] = {"sign": SignStatement, "dispute": DisputeStatement}
DONE = {"sign": "已确认本方的对账单", "dispute": "异议已记录，对方随即可见"}

routes = APIRouter()
_WORDS: dict[str, Any] = {"sides": SIDES, "side_words": SIDE_WORDS, "agreements": AGREEMENTS, "in_words": in_words}


@routes.get("/statements")
def statements(here: Here, visit: Visiting, day: date | None = None) -> HTMLResponse:
    own = visit.seat.body if visit.seat else ""
    wanted = Wanted(day, body=own if here.side == "approval" else "", department="" if here.side == "approval" else own)
    with here.engine.connect() as connection:
        found = find_statements(raw(connection), wanted)
    names = visit.request.app.state.names(visit.request)
    turn = {(one.body, one.department, one.day) for one in found if _signs(here, visit, one) and _may_sign(here, one)}
    return visit.show(
        "statements.html", found=found, day=day, names=names, differences=differences, turn=turn, **_WORDS
    )  # fmt: skip


@routes.get("/statements/{body}/{department}/{day}")
def statement(here: Here, visit: Visiting, body: str, department: str, day: date) -> HTMLResponse:
    one = found_statement(here, body, department, day)
    names = visit.request.app.state.names(visit.request)
    own = one.newest(here.side)
    stream = statement_stream(here.side, body, department, day)
    with here.engine.connect() as connection:
        records = store.load_streams(raw(connection), here.side, [stream])[stream]
    checked = printed(visit, records[-1]) if records else {}
    checked = checked or {"address": visit.whole_address(visit.place), "code": "", "checkpoint": None}
    return visit.show(
        "statement.html",
        one=one,
        names=names,
        different=differences(one),
        speaks=own is not None and _signs(here, visit, one),
        may_sign=_may_sign(here, one),
        own=own,
        said_already=one.verdict(here.side),
        **checked,
        **_WORDS,
    )


@routes.post("/statements/{body}/{department}/{day}")
def say(
    here: Here,
    visit: Visiting,
    body: str,
    department: str,
    day: date,
    key: Annotated[str, Form(max_length=100)],
    act: Annotated[Literal["sign", "dispute"], Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Sign or dispute this side's half as it stands."""
    seat = visit.must_be()
    said = {"officer": seat.staff} | ({"reason": reason} if act == "dispute" else {})
    form = stated(FORMS[act], said)
    if isinstance(form, dict):
        raise refusal(form)
    once = act_key(key, [body, department, day.isoformat(), act, said])
    try:
        StatementDesk(here.engine, here.side).say(body, department, day, form, BY_PAGE, once)
    except Refused as refused:
        raise problem_of(refused) from None
    return visit.done(f"/statements/{body}/{department}/{day}", DONE[act])


def _signs(here: At, visit: Visit, one: Statement) -> bool:
    """Whether the reader's seat is the one that speaks for this side's half."""
    own = one.body if here.side == "approval" else one.department
    return visit.may("POST /statements/{body}/{department}/{day}") and visit.seat is not None and visit.seat.body == own


def _may_sign(here: At, one: Statement) -> bool:
    """Whether it is this side's turn: both say the same, and this side has not signed what stands now."""
    last = one.verdict(here.side)
    return one.agreement is Agreement.AGREED and not (last is not None and last.signed)

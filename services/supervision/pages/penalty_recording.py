"""A penalty is recorded, or amended, by a form. What is wrong stands beside its field, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from events.penalties import PenaltyFacts
from services.pages.sent import Sent
from services.pages.visiting import Visit, Visiting
from services.publication_file.defects import RefusedRow
from services.refusing import Refused
from services.stating import stated
from services.supervision.finding_desk import watched
from services.supervision.office import Here, Office, name_of
from services.supervision.pages.penalty_asking import ask, own_penalty, problem_of
from services.supervision.pages.penalty_form import GROUPS, cells_of_form, wrong_in
from services.supervision.penalty_file.one_row import cells_of, defect_of, read_row
from services.supervision.penalty_stated import Amend, Impose, StatedPenalty

routes = APIRouter()


@routes.get("/penalties/new")
def new_penalty(office: Here, visit: Visiting, permit: UUID | None = None) -> HTMLResponse:
    """``permit``: what is public of its holder, and its certificate, stand in the form already."""
    seat = visit.must_be()
    return _form(visit, _name(office, seat.body), _about(office, permit) if permit else {})


def _about(office: Office, permit: UUID) -> dict[str, str]:
    try:
        with office.engine.connect() as connection:
            facts = watched(raw(connection), permit).facts
    except Refused as refused:
        raise problem_of(refused) from None
    called = facts.certificate_name or facts.document_name
    cells = {"CF_XDR_LB": facts.party.kind.value, "CF_NR_ZKDX": f"{called} {facts.permit_number}"}
    public = {"CF_XDR_MC": facts.party.label, "CF_XDR_SHXYM": facts.party.uscc} if facts.party.uscc else {}
    return cells | public


@routes.post("/penalties")
def impose(office: Here, visit: Visiting, sent: Sent) -> Response:
    seat = visit.must_be()
    name, cells = _name(office, seat.body), cells_of_form(sent)
    read = _read(office, visit, name, cells)
    if isinstance(read, RefusedRow):
        return _form(visit, name, cells, wrong_in(read.defects))
    try:
        answer = ask(office, Impose(penalty=read), None, sent.get("key", ""), cells)
    except Refused as refused:
        return _form(visit, name, cells, _wrong(refused, cells), status=problem_of(refused).status)
    return visit.done(f"/penalties/{answer['penalty']}", _recorded([event["type"] for event in answer["events"]]))


def _recorded(events: Iterable[str]) -> str:
    """Say what was recorded, without anybody's name."""
    if not events:
        return "该处罚此前已经登记，内容相同，没有重复记录。"
    if "penalty_unmatched" in events:
        return "处罚已登记。所涉许可未能全部确定，请在下方确认。"
    return "处罚已登记，所涉许可见下方；审批侧随即收到任务。"


@routes.get("/penalties/{penalty}/amendment")
def amend_form(office: Here, visit: Visiting, penalty: UUID) -> HTMLResponse:
    facts = own_penalty(office, visit.must_be(), penalty)
    return _form(visit, facts.department_name, cells_of(facts), amending=(penalty, facts))


@routes.post("/penalties/{penalty}/amendment")
def amend(office: Here, visit: Visiting, penalty: UUID, sent: Sent) -> Response:
    seat = visit.must_be()
    facts, cells = own_penalty(office, seat, penalty), cells_of_form(sent)
    name, amending = facts.department_name, (penalty, facts)
    why = {field: sent.get(field, "").strip() for field in ("reason", "amended_on")}
    read = _read(office, visit, name, cells)
    if isinstance(read, RefusedRow):
        return _form(visit, name, cells, wrong_in(read.defects), amending, why)
    said = stated(Amend, {"penalty": read, "officer": seat.staff, **why})
    if isinstance(said, dict):
        wrong = {fault["field"]: fault["reason"] for fault in said["faults"]}
        return _form(visit, name, cells, wrong, amending, why)
    try:
        ask(office, said, penalty, sent.get("key", ""), [cells, why])
    except Refused as refused:
        return _form(visit, name, cells, _wrong(refused, cells), amending, why, problem_of(refused).status)
    return visit.done(f"/penalties/{penalty}", "处罚变更已登记；改动了所涉证照的，许可已重新核对。")


def _name(office: Office, department: str) -> str:
    with office.engine.connect() as connection:
        return name_of(connection, department)


def _read(office: Office, visit: Visit, name: str, cells: Mapping[str, str]) -> StatedPenalty | RefusedRow:
    seat = visit.must_be()
    return read_row({**cells, "CF_CFJG": name, "CF_CFJGDM": seat.body}, office.today, seat.staff)


def _wrong(refused: Refused, cells: Mapping[str, str]) -> dict[str, str]:
    if refused.field == "amended_on":
        return {refused.field: refused.text + refused.rule.repair}
    return wrong_in([defect_of(refused, cells)])


def _form(
    visit: Visit,
    name: str,
    cells: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    amending: tuple[UUID, PenaltyFacts] | None = None,
    why: Mapping[str, str] | None = None,
    status: int = 422,
) -> HTMLResponse:
    """Show the form with what was typed; with what is ``wrong`` in it, by field, it is a refusal."""
    about: dict[str, Any] = {"penalty": amending[0], "now": amending[1]} if amending else {"penalty": None}
    return visit.show(
        "penalty_form.html",
        status if wrong else 200,
        groups=GROUPS,
        cells=cells,
        wrong=wrong or {},
        why=why or {"reason": "", "amended_on": visit.desk.today.isoformat()},
        name=name,
        **about,
    )

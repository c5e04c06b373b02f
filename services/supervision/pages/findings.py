"""What has my department found (检查、承诺核查、冻结、撤销建议、纠错), and the forms in which it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from events.penalties import FreezeSaid, OfPermit
from projections.findings import findings
from services.handing_in import not_accepted, refusal
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.seats import Seat
from services.pages.sent import Sent
from services.pages.visiting import Visiting
from services.problems import Problem
from services.refusing import Refused
from services.stating import stated
from services.supervision.finding_desk import newest, watched
from services.supervision.finding_rules import UNKNOWN_FINDING
from services.supervision.office import Here, Office, name_of
from services.supervision.pages.finding_forms import NEW, NEXT, FindingForm, goes_on
from services.supervision.penalty_http import after_cursor
from services.supervision.permit_questions import permits_in_words
from services.supervision.wording import FINDING_KINDS

PAGE = 50
routes = APIRouter()


@routes.get("/findings")
def all_findings(
    office: Here,
    visit: Visiting,
    kind: Annotated[str, Query(max_length=40)] = "",
    still: Annotated[str, Query(pattern="^(open)?$")] = "",
    cursor: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """The department's own, the newest first; ``still=open``: only those that something is still to come of."""
    seat = visit.must_be()
    chosen = {name: value for name, value in (("kind", kind), ("still", still)) if value}
    wanted = {"department": seat.body, "kind": kind or None, "open": True if still else None}
    with office.engine.connect() as connection:
        name = name_of(connection, seat.body)
        rows, following = findings(connection, wanted, after_cursor(cursor or None), PAGE)
        permits = permits_in_words(connection, [UUID(row.said["permit"]) for row in rows if row.said.get("permit")])
    here = f"/findings?{urlencode(chosen)}" if chosen else "/findings"
    return visit.show(
        "findings.html",
        name=name,
        kinds=FINDING_KINDS,
        kind=kind,
        still=still,
        rows=rows,
        permits={str(permit): row for permit, row in permits.items()},
        goes_on=goes_on,
        first_page=here if cursor else None,
        following=f"/findings?{urlencode(chosen | {'cursor': following.written()})}" if following else None,
    )


@routes.get("/permits/{permit}/findings/{form}")
def new_finding(office: Here, visit: Visiting, permit: UUID, form: str) -> HTMLResponse:
    asked = _form(NEW, form)
    try:
        with office.engine.connect() as connection:
            facts = watched(raw(connection), permit).facts
    except Refused as refused:
        raise _problem(refused) from None
    about = f"{facts.certificate_name or facts.document_name} {facts.permit_number}"
    where = f"/permits/{permit}/findings/{form}"
    return visit.show(
        "finding_form.html", form=asked, about=about, party=visit.known_as(facts.party), permit=permit, where=where
    )


@routes.post("/permits/{permit}/findings/{form}")
def record_new(office: Here, visit: Visiting, permit: UUID, form: str, sent: Sent) -> Response:
    seat = visit.must_be()
    return_to, asked = f"/permits/{permit}#findings", _form(NEW, form)
    _record(office, seat, asked, sent, {"permit": str(permit), "department": seat.body}, None)
    return visit.done(return_to, f"{asked.done}。")


@routes.get("/findings/{finding}/{step}")
def go_on(office: Here, visit: Visiting, finding: UUID, step: str) -> HTMLResponse:
    seat = visit.must_be()
    asked, said = _form(NEXT, step), _own(office, seat, finding)
    permit = said.permit if isinstance(said, OfPermit) else None
    about = said.document_number if isinstance(said, FreezeSaid) else said.permit_number
    where = f"/findings/{finding}/{step}"
    return visit.show(
        "finding_form.html", form=asked, about=about, party=visit.known_as(said.party), permit=permit, where=where
    )


@routes.post("/findings/{finding}/{step}")
def record_next(office: Here, visit: Visiting, finding: UUID, step: str, sent: Sent) -> Response:
    seat = visit.must_be()
    asked, said = _form(NEXT, step), _own(office, seat, finding)
    _record(office, seat, asked, sent, {}, finding)
    return visit.done(f"/permits/{said.permit}#findings" if isinstance(said, OfPermit) else "/findings", asked.done)


def _record(
    office: Office, seat: Seat, form: FindingForm, sent: Mapping[str, str], about: dict[str, Any], finding: UUID | None
) -> None:
    said: dict[str, Any] = {
        field.name: sent[field.name].strip() for field in form.fields if sent.get(field.name, "").strip()
    }
    said |= about | {"officer": seat.staff}
    if codes := said.pop("matters", ""):
        said["matters"] = [code for code in codes.replace("，", ",").replace("、", ",").split(",") if code.strip()]
    command: Any = stated(form.command, said)
    if isinstance(command, dict):
        raise refusal(command)
    try:
        office.findings.handle(command, finding, caller=BY_PAGE, key=act_key(sent.get("key", ""), said))
    except Refused as refused:
        raise _problem(refused) from None


def _form(forms: Mapping[str, FindingForm], name: str) -> FindingForm:
    if name not in forms:
        raise _problem(Refused(UNKNOWN_FINDING))
    return forms[name]


def _own(office: Office, seat: Seat, finding: UUID) -> FreezeSaid | OfPermit:
    """Return what the finding says now; only the department that recorded it goes on with it."""
    try:
        with office.engine.connect() as connection:
            said = newest(raw(connection), finding).said
    except Refused as refused:
        raise _problem(refused) from None
    if said.department != seat.body:
        raise Problem(
            403,
            "not_yours",
            "由登记部门办理",
            f"这一记录由{said.department_name}登记，后续由该部门办理。",
            "请联系登记部门。",
        )
    return said


def _problem(refused: Refused) -> Problem:
    status = 404 if refused.rule.code.startswith("unknown_") else 422
    return not_accepted(status, refused.rule.code, refused.text, refused.rule.repair)

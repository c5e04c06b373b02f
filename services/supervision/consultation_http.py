"""The coordinator over HTTP: hand a permit on, open a consultation, hear both sides, rule; and the minutes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from events import store
from events.database import raw
from projections.oversight import Consultation, Oversight, oversight_of
from services.handing_in import AskedBy, Asker, answered
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT
from services.supervision import oversight_rules as rules
from services.supervision.case_questions import consultations
from services.supervision.office import Here, Office
from services.supervision.overseeing import Asked
from services.supervision.oversight_commands import Command, GiveOpinion, OpenConsultation, Reassign, RuleOn
from services.supervision.permit_answers import department_names, unknown_permit
from services.supervision.receipt_http import Permit, by
from services.wording import OPENED_BY

Number = Annotated[int, Path(ge=1, description="会商序号：该许可的第几次会商。")]

consultation_routes = APIRouter(prefix="/api/v1")
_MAY_NOT = (by(rules.UNKNOWN_DEPARTMENT), by(SAME_KEY_OTHER_CONTENT))


def unknown_consultation() -> Problem:
    return Problem(404, "unknown_consultation", "没有这次会商", "该许可没有这一次会商。", "请核对许可标识和会商序号。")


def _handled(office: Office, permit: UUID, command: Command, by: Asker) -> Response:
    asked = Asked(permit, command, "", by.caller, by.answer_key())
    (answer,) = office.oversight.handle([asked])
    if answer.get("rule") == rules.UNKNOWN_PERMIT.code:
        raise unknown_permit()
    return answered([answer], several=False)


@consultation_routes.post(
    "/permits/{permit}/reassignment",
    operation_id="reassignPermit",
    summary="转办",
    status_code=201,
    responses=problems(unknown_permit(), by(rules.NEEDS_RULING), by(rules.IN_CONSULTATION), *_MAY_NOT),
)
def reassign(office: Here, permit: Permit, command: Reassign, by: AskedBy) -> Response:
    """Give a permit to other departments. After two moves only a ruling moves it."""
    return _handled(office, permit, command, by)


@consultation_routes.post(
    "/permits/{permit}/consultations",
    operation_id="openConsultation",
    summary="发起会商",
    status_code=201,
    responses=problems(unknown_permit(), by(rules.ALREADY_OPEN), *_MAY_NOT),
)
def open_consultation(
    office: Here,
    permit: Permit,
    command: OpenConsultation,
    by: AskedBy,
) -> Response:
    """Open a consultation by hand, or for a dispute. The departments, those invited and the deciding body are asked."""
    return _handled(office, permit, command, by)


@consultation_routes.post(
    "/permits/{permit}/opinions",
    operation_id="giveOpinion",
    summary="会商意见",
    status_code=201,
    responses=problems(unknown_permit(), by(rules.NO_CONSULTATION), by(rules.NOT_ASKED), *_MAY_NOT),
)
def give_opinion(
    office: Here,
    permit: Permit,
    command: GiveOpinion,
    by: AskedBy,
) -> Response:
    """Record the opinion of one of the bodies asked, in the consultation that is open."""
    return _handled(office, permit, command, by)


@consultation_routes.post(
    "/permits/{permit}/ruling",
    operation_id="ruleOnPermit",
    summary="裁定",
    status_code=201,
    responses=problems(unknown_permit(), by(rules.NO_CONSULTATION), by(rules.FUTURE_RULING), *_MAY_NOT),
)
def rule(office: Here, permit: Permit, command: RuleOn, by: AskedBy) -> Response:
    """Rule on the open consultation: who is responsible, from which day. Like cases that wait are settled with it."""
    return _handled(office, permit, command, by)


@consultation_routes.get("/consultations", operation_id="listConsultations", summary="会商一览", responses=problems())
def list_consultations(
    office: Here,
    still_open: Annotated[bool, Query(alias="open", description="true 未裁定；false 已裁定。")] = True,
    limit: Annotated[int, Query(ge=1, le=200, description="件数。")] = 50,
) -> dict[str, Any]:
    """Return consultations, the longest open first; with ``open=false`` those that were ruled."""
    with office.engine.connect() as connection:
        rows = consultations(connection, still_open=still_open, limit=limit)
        names = department_names(connection)
    today = office.today
    return {
        "consultations": [
            {
                **row._mapping,
                "opened_by_in_words": OPENED_BY[row.opened_by],
                "overdue": row.ruled_at is None and row.opinions_due < today,
                "silent": [
                    {"body": code, "name": names.get(code, "")} for code in row.bodies if code not in row.answered
                ],
            }
            for row in rows
        ]
    }


@consultation_routes.get(
    "/permits/{permit}/consultations/{number}",
    operation_id="readConsultation",
    summary="一次会商的全部经过",
    responses=problems(unknown_consultation()),
)
def read_consultation(office: Here, permit: Permit, number: Number) -> dict[str, Any]:
    """Return what minutes hold: who was asked, every opinion, the ruling. Printable: ``/consultations/…/minutes``."""
    state, found, names = found_consultation(office, permit, number)
    opened = found.opened
    ruling = found.ruling
    return {
        "permit": str(permit),
        "number": number,
        "opened_at": found.opened_at,
        "opened_by": opened.opened_by.value,
        "opened_by_in_words": OPENED_BY[opened.opened_by],
        "text": opened.text,
        "by": opened.by,
        "opinions_due": opened.opinions_due.model_dump(mode="json"),
        "bodies": [{"body": code, "name": names.get(code, "")} for code in opened.parties],
        "opinions": [
            said.model_dump(mode="json", exclude={"number"}) | {"name": names.get(said.body, ""), "at": at}
            for said, at in found.opinions
        ],
        "ruling": ruling.model_dump(mode="json") | {"at": found.ruled_at} if ruling else None,
        "returns": returns_of(state, until=found.ruled_at),
    }


def found_consultation(office: Office, permit: UUID, number: int) -> tuple[Oversight, Consultation, dict[str, str]]:
    """Return a permit, one of its consultations, and the names of bodies; or raise that there is none."""
    state, names = oversight_here(office, permit)
    found = next((one for one in state.consultations if one.opened.number == number), None)
    if found is None:
        raise unknown_consultation()
    return state, found, names


def oversight_here(office: Office, permit: UUID) -> tuple[Oversight, dict[str, str]]:
    """Return how a permit stands under supervision, and the names of bodies, its deciding body among them."""
    with office.engine.connect() as connection:
        records = store.load_streams(raw(connection), "supervision", [permit])[permit]
        names = department_names(connection)
    state = oversight_of(permit, records)
    if state.decided is not None:
        names.setdefault(state.decided.facts.deciding_body, state.decided.facts.deciding_body_name)
    return state, names


def returns_of(state: Oversight, until: datetime | None) -> list[dict[str, Any]]:
    """Return the returns that led to it: by whom, why, with which candidate."""
    return [
        {"department": case.department, "at": case.returned_at, "officer": case.officer, "reason": case.reason,
         "text": case.text, "candidate": case.candidate}
        for _, case in sorted(state.cases.items())
        if case.returned_at is not None and (until is None or case.returned_at <= until)
    ]  # fmt: skip

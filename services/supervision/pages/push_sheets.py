"""Two printed sheets about one push in one department: what it was told (告知单), and how far it is (签收单)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from services.checkpoints.ledger_tree import TreeBroken
from services.event_words import EVENT_WORDS
from services.pages.checking import printed
from services.pages.visiting import Visiting
from services.problems import Problem
from services.sheet_numbers import SheetKind, sheet_number
from services.supervision.case_questions import case_as_json, cases_of_permit
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_answers import department_names, found_history
from services.supervision.receipt_proofs import receipt_proof
from services.supervision.sheets import push_of, receipts_of
from services.time_rules import read_time_rules

STEPS = (
    ("delivered_at", "送达"), ("read_at", "阅看"), ("returned_at", "退回"), ("signed_at", "签收"),
    ("handled_at", "办理"), ("closed_at", "办结"), ("moved_at", "转由其他部门负责"),
)  # fmt: skip
routes = APIRouter()


def unknown_push() -> Problem:
    return Problem(
        404, "unknown_push", "没有这件推送", "该许可没有这一次给该部门的推送。", "请从许可页的“告知与回执”中打开。"
    )


@routes.get("/permits/{permit}/pushes/{push}/{department}/notice")
def push_notice(office: Here, visit: Visiting, permit: UUID, push: int, department: str) -> HTMLResponse:
    """Show what the department was told: the decision, its role, and until when it is to sign."""
    found = _push(office, permit, push, department)
    with office.engine.connect() as connection:
        record = push_of(raw(connection), permit, push)
    number = sheet_number(SheetKind.PUSH_NOTICE, permit, push)
    return visit.show("push_notice.html", sheet_number=number, **found, **printed(visit, record))


@routes.get("/permits/{permit}/pushes/{push}/{department}/receipt")
def push_receipt(office: Here, visit: Visiting, permit: UUID, push: int, department: str) -> HTMLResponse:
    """Show what the department did about it, step by step, with lines to be signed on paper."""
    found = _push(office, permit, push, department)
    with office.engine.connect() as connection:
        given = receipts_of(raw(connection), permit, push)
        record = given.get(department) or push_of(raw(connection), permit, push)
        try:
            proof = receipt_proof(raw(connection), permit, push, department)
        except TreeBroken:
            proof = None  # the sheet says what is recorded; that it is not proven shows by what is not on it
    number = sheet_number(SheetKind.RECEIPT, permit, push)
    shown = proof.as_shown() if proof else None
    return visit.show(
        "push_receipt.html",
        sheet_number=number,
        proof=shown,
        event_words=EVENT_WORDS,
        **found,
        **printed(visit, record),
    )


def _push(office: Office, permit: UUID, version: int, department: str) -> dict[str, Any]:
    with office.engine.connect() as connection:
        history = found_history(connection, permit)
        rows = cases_of_permit(connection, permit)
        names, matters = department_names(connection), matter_names(connection)
        calendar = read_time_rules(raw(connection)).calendar
    row = next((one for one in rows if (one.push_version, one.department) == (version, department)), None)
    if row is None:
        raise unknown_push()
    case = case_as_json(row, calendar, office.today, names)
    decision = next(one for one in history.happened if one.version == row.decision_version)
    return {
        "permit": permit,
        "case": case,
        "decision": decision,
        "facts": decision.decided.facts,
        "matter": matters.get(decision.decided.facts.matter_code, ""),
        "names": names,
        "steps": [(words, case[name]) for name, words in STEPS if case[name]],
    }

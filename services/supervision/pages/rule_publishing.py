"""A rule change is published, corrected or withdrawn by a form; what it touches is shown before it is said."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from events.rule_changes import RuleSaid
from services.handing_in import refusal
from services.pages.act_keys import BY_PAGE
from services.pages.problem_pages import faults_in_words_of
from services.pages.seats import Seat
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.refusing import Refused
from services.rule_reading import problem_of
from services.rule_wording import CHANGES, EFFECTS, NORMS
from services.stating import stated
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.pages.rules import rule_row
from services.supervision.permit_questions import body_names
from services.supervision.rule_desk import Sender
from services.supervision.rule_stated import Correction, Publication, Withdrawal

DOCUMENTS = 3
"""Lines for replaced documents that a new form has; a correction has as many more as there are documents."""
routes = APIRouter()


class RuleForm(BaseModel):
    """What the form holds, as it was typed."""

    model_config = ConfigDict(extra="ignore")

    key: str = ""
    kind: str = ""
    norm: str = ""
    title: str = ""
    issuing_body: str = ""
    document_number: str = ""
    effective_date: str = ""
    text: str = ""
    readable_at: str = ""
    attachment_sha256: str = ""
    replaced_title: list[str] = []
    replaced_number: list[str] = []
    matters: list[str] = []
    other_matters: str = ""
    regions: str = ""
    effect: str = ""
    covers_matters: bool = False
    bodies: str = ""
    reason: str = ""
    asks_again: str = ""

    @property
    def documents(self) -> list[tuple[str, str]]:
        return list(zip_longest(self.replaced_title, self.replaced_number, fillvalue=""))

    @classmethod
    def of(cls, said: RuleSaid) -> RuleForm:
        """Return a form that holds a rule change as it stands, to be corrected."""
        plain = said.model_dump(mode="json", include=set(cls.model_fields) - {"matters", "regions", "bodies"})
        named = [one.body for one in said.bodies if one.why == "named"]
        return cls(
            **plain,
            replaced_title=[one.title for one in said.replaces],
            replaced_number=[one.number for one in said.replaces],
            matters=list(said.matters),
            regions=" ".join(said.regions),
            bodies=" ".join(named),
        )

    def publication(self, seat: Seat) -> dict[str, Any]:
        said = self.model_dump(include={*Publication.model_fields})
        return said | {
            "replaces": [{"title": title, "number": number} for title, number in self.documents if title or number],
            "matters": list(dict.fromkeys([*self.matters, *_codes(self.other_matters)])),
            "regions": _codes(self.regions),
            "bodies": _codes(self.bodies),
            "effect": self.effect or None,
            "department": seat.body,
            "officer": seat.staff,
        }

    def correction(self, seat: Seat) -> dict[str, Any]:
        asks = {"yes": True, "no": False}.get(self.asks_again)
        return self.publication(seat) | {"reason": self.reason, "asks_again": asks}


Given = Annotated[RuleForm, Form()]


def _codes(typed: str) -> list[str]:
    return [code for code in re.split(r"[\s,，;；、]+", typed) if code]


@routes.get("/rules/new")
def new_rule(office: Here, visit: Visiting) -> HTMLResponse:
    return _form(office, visit, RuleForm(kind="enacted", norm="policy"))


@routes.post("/rules/look")
def look(office: Here, visit: Visiting, given: Given) -> HTMLResponse:
    """Show what publishing it would touch; nothing is published."""
    seat = visit.must_be()
    try:
        looked = office.rules.look(_said(Publication, given.publication(seat)))
    except (Refused, Problem) as refused:
        return _form(office, visit, given, problem=_problem(refused))
    return _form(office, visit, given, looked=looked)


@routes.post("/rules")
def publish(office: Here, visit: Visiting, given: Given) -> Response:
    seat = visit.must_be()
    try:
        told = office.rules.publish(_said(Publication, given.publication(seat)), Sender(BY_PAGE, given.key))
    except (Refused, Problem) as refused:
        return _form(office, visit, given, problem=_problem(refused))
    return visit.done(f"/rules/{told['rule_change']}", f"已发布，须由 {len(told['must_answer'])} 个机关答复")


@routes.get("/rules/{rule}/correction")
def correct_form(office: Here, visit: Visiting, rule: UUID) -> HTMLResponse:
    seat = visit.must_be()
    with office.engine.connect() as connection:
        row = rule_row(connection, rule)
    _own(seat, row.said.department)
    return _form(office, visit, RuleForm.of(row.said), rule=rule)


@routes.post("/rules/{rule}/correction")
def correct(office: Here, visit: Visiting, rule: UUID, given: Given) -> Response:
    seat = visit.must_be()
    _own(seat, _publisher(office, rule))
    try:
        told = office.rules.correct(rule, _said(Correction, given.correction(seat)), Sender(BY_PAGE, given.key))
    except (Refused, Problem) as refused:
        return _form(office, visit, given, rule=rule, problem=_problem(refused))
    asked = "各机关须重新答复" if told["asks_again"] else "各机关无需重新答复"
    return visit.done(f"/rules/{rule}", f"已更正，{asked}")


@routes.post("/rules/{rule}/withdrawal")
def withdraw(
    office: Here,
    visit: Visiting,
    rule: UUID,
    key: Annotated[str, Form(max_length=100)],
    reason: Annotated[str, Form()],
) -> Response:
    seat = visit.must_be()
    _own(seat, _publisher(office, rule))
    try:
        office.rules.withdraw(rule, _said(Withdrawal, {"reason": reason, "officer": seat.staff}), Sender(BY_PAGE, key))
    except Refused as refused:
        raise problem_of(refused) from None
    return visit.done(f"/rules/{rule}", "已撤回，各机关无需答复，今后的决定不再受其影响")


def _form(
    office: Office,
    visit: Visit,
    given: RuleForm,
    *,
    rule: UUID | None = None,
    looked: dict[str, Any] | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    """Show the form with what was typed in it, what it would touch when that was asked, or why it was refused."""
    assert visit.seat is not None
    with office.engine.connect() as connection:
        own = matter_names(connection, visit.seat.body)
        matters = matter_names(connection)
        names = body_names(connection)
    if problem and (faults := problem.more.get("faults")):
        problem.detail = faults_in_words_of(visit, faults)
    others = {code: matters.get(code, "") for code in given.matters if code not in own}
    return visit.show(
        "rule_form.html",
        problem.status if problem else 200,
        given=given,
        changes=CHANGES,
        norms=NORMS,
        effects=EFFECTS,
        rule=rule,
        looked=looked,
        problem=problem.body() if problem else None,
        own_matters=own | others,
        names=names,
        documents=given.documents + [("", "")] * max(1, DOCUMENTS - len(given.documents)),
    )


def _said(model: type[BaseModel], said: dict[str, Any]) -> Any:
    """Return what was stated, or raise the problem that names each fault in the words of the form."""
    command = stated(model, said)
    if isinstance(command, dict):
        raise refusal(command)
    return command


def _problem(refused: Refused | Problem) -> Problem:
    return problem_of(refused) if isinstance(refused, Refused) else refused


def _publisher(office: Office, rule: UUID) -> str:
    with office.engine.connect() as connection:
        return rule_row(connection, rule).said.department


def _own(seat: Seat, publisher: str) -> None:
    """A rule change is corrected and withdrawn by the department that published it."""
    if seat.body != publisher:
        raise Problem(
            403,
            "not_publisher",
            "由发布部门办理",
            "规则变更只能由发布它的部门更正或撤回。",
            "请转告发布部门的政策法规人员。",
        )

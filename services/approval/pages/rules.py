"""Rule changes (规则变更): what has come, what it touches, and the body's answer."""

from __future__ import annotations

from itertools import zip_longest
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events.database import raw
from events.rule_answers import Done
from projections.duty_names import names_of
from services.approval.http import Here, Office
from services.approval.rule_answer import StatedAnswer
from services.approval.rule_answering import AnswerDesk
from services.pages.act_keys import BY_PAGE
from services.pages.visiting import Visit, Visiting
from services.problems import Problem, invalid
from services.refusing import Refused
from services.rule_reading import AskedRules, RuleState, list_of, one_of, problem_of

PAGE = 30
routes = APIRouter()


class AskedPage(BaseModel):
    """The filters of the page."""

    model_config = ConfigDict(extra="forbid")

    state: RuleState = RuleState.ALL
    cursor: Annotated[str | None, Field(max_length=100)] = None


Asked = Annotated[AskedPage, Query()]


@routes.get("/rules")
def rules(office: Here, visit: Visiting, asked: Asked) -> HTMLResponse:
    return visit.show("rules.html", **_facts(office, visit, asked))


@routes.get("/rules/rows")
def rule_rows(office: Here, visit: Visiting, asked: Asked) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    return visit.show("rules_rows.html", **_facts(office, visit, asked))


def _facts(office: Office, visit: Visit, asked: AskedPage) -> dict[str, Any]:
    body = visit.must_be().body
    with office.engine.connect() as reading:
        wanted = AskedRules(state=asked.state, body=body, cursor=asked.cursor, limit=PAGE)
        found = list_of(raw(reading), wanted, office.today)
    state = {"state": asked.state.value} if asked.state is not RuleState.ALL else {}
    following = found["next_cursor"]
    return {
        "rules": found["rule_changes"],
        "asked": asked,
        "query": urlencode(state),
        "following": following and urlencode({**state, "cursor": following}),
    }


@routes.get("/rules/{rule}")
def one_rule(office: Here, visit: Visiting, rule: UUID) -> HTMLResponse:
    seat = visit.must_be()
    try:
        with office.engine.connect() as reading:
            found = one_of(raw(reading), rule, office.today)
            names = names_of(raw(reading), [*found["matters"], found["department"]])
    except Refused as refused:
        raise problem_of(refused) from None
    own = next((one for one in found["bodies"] if one["body"] == seat.body), None)
    return visit.show("rule.html", rule=found, own=own, names=names, choices=list(Done))


class AnswerForm(BaseModel):
    """The form of an answer: which things were done, and of each the day and what exactly, in the order of ``Done``."""

    key: Annotated[str, Field(max_length=100)] = ""
    to: str = "/rules"
    done: list[Done] = []
    on: list[str] = []
    text: list[str] = []
    addition: bool = False


@routes.post("/rules/{rule}/answer")
def answer(office: Here, visit: Visiting, rule: UUID, form: Annotated[AnswerForm, Form()]) -> Response:
    """Answer for the seat's body: what was done about the rule change, and on which day."""
    seat = visit.must_be()
    if not form.done:
        raise nothing_said()
    said = dict(zip(Done, zip_longest(form.on, form.text, fillvalue=""), strict=False))
    acts = [{"done": one, "on": said[one][0], "text": said[one][1]} for one in form.done]
    stated = {"body": seat.body, "clerk": seat.staff, "acts": acts, "addition": form.addition}
    try:
        AnswerDesk(office.engine, office.now).answer(rule, StatedAnswer.model_validate(stated), BY_PAGE, form.key)
    except Refused as refused:
        raise problem_of(refused) from None
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False)) from None
    return visit.done(f"/rules/{rule}", "已答复，监管部门将收到")


def nothing_said() -> Problem:
    return Problem(
        422, "nothing_said", "没有选择处理情况", "答复须至少选择一项处理情况。", "请勾选已做的处理并填写日期。"
    )

"""Which rules have changed (规则变更), what does each touch, and who has not answered?"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from events.database import raw
from projections import rule_changes
from projections.rule_changes import RuleRow
from projections.rule_marks import marked_by_body
from services.pages.visiting import Visit, Visiting
from services.refusing import Refused
from services.rule_reading import AskedRules, RuleState, by, list_of, one_of, problem_of
from services.rule_wording import UNKNOWN_RULE
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_questions import body_names
from services.supervision.rule_permits import page_of
from services.supervision.rule_touches import Scope

ON_A_PAGE = 50
STATES = {
    RuleState.OPEN: "待答复",
    RuleState.ANSWERED: "已全部答复",
    RuleState.WITHDRAWN: "已撤回",
    RuleState.ALL: "全部",
}
routes = APIRouter()


@routes.get("/rules")
def all_rules(office: Here, visit: Visiting, asked: Annotated[AskedRules, Query()]) -> HTMLResponse:
    return visit.show("rules.html", **_listed(office, asked), states=STATES, may_publish=visit.may("POST /rules"))


@routes.get("/rules/rows", name="rows")
def listed_rows(office: Here, visit: Visiting, asked: Annotated[AskedRules, Query()]) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("rule_rows.html", **_listed(office, asked), states=STATES)


def _listed(office: Office, asked: AskedRules) -> dict[str, Any]:
    with office.engine.connect() as connection:
        found = list_of(raw(connection), asked, office.today)
        names = body_names(connection)
    chosen = {"state": asked.state.value} | ({"department": asked.department} if asked.department else {})
    following = found["next_cursor"]
    return {
        "asked": asked,
        "rows": found["rule_changes"],
        "names": names,
        "query": urlencode(chosen | ({"cursor": asked.cursor} if asked.cursor else {})),
        "first": f"/rules?{urlencode(chosen)}" if asked.cursor else None,
        "following": f"/rules?{urlencode(chosen | {'cursor': following})}" if following else None,
    }


@routes.get("/rules/{rule}")
def one_rule(office: Here, visit: Visiting, rule: UUID) -> HTMLResponse:
    return visit.show("rule.html", **_one(office, visit, rule))


@routes.get("/rules/{rule}/rows", name="rows")
def answer_rows(office: Here, visit: Visiting, rule: UUID) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("rule_answers.html", **_one(office, visit, rule))


def _one(office: Office, visit: Visit, rule: UUID) -> dict[str, Any]:
    with office.engine.connect() as connection:
        try:
            found = one_of(raw(connection), rule, office.today)
        except Refused as refused:
            raise problem_of(refused) from None
        mine = visit.seat is not None and visit.seat.body == found["department"]
        own = mine and visit.may("POST /rules/{rule}/withdrawal")
        return {
            "rule": rule,
            "found": found,
            "marked": marked_by_body(raw(connection), rule),
            "names": body_names(connection),
            "matters": matter_names(connection),
            "may_change": own and found["standing"] == rule_changes.PUBLISHED,
        }


@routes.get("/rules/{rule}/permits")
def touched_permits(
    office: Here, visit: Visiting, rule: UUID, cursor: Annotated[str | None, Query(max_length=600)] = None
) -> HTMLResponse:
    with office.engine.connect() as connection:
        row = rule_row(connection, rule)
        page = page_of(connection, Scope.of(row.said), cursor, office.today, ON_A_PAGE)
        following = page.next_cursor
        return visit.show(
            "rule_permits.html",
            rule=rule,
            found=row.said,
            permits=page.permits,
            matters=matter_names(connection),
            first=f"/rules/{rule}/permits" if cursor else None,
            following=f"/rules/{rule}/permits?{urlencode({'cursor': following})}" if following else None,
        )


def rule_row(connection: Connection, rule: UUID) -> RuleRow:
    """Return a rule change, or raise the problem that there is none."""
    row = rule_changes.read_rule(raw(connection), rule)
    if row is None:
        raise by(UNKNOWN_RULE)
    return row

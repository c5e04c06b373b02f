"""The desk of policy staff (工作台): their department's rule changes, and who has not answered them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from services.pages.visiting import Visit, Visiting
from services.rule_reading import AskedRules, RuleState, list_of, one_of
from services.supervision.office import Here, Office
from services.supervision.permit_questions import body_names

RULES = 20
"""How many rule changes the desk looks into; the rest are one click away."""
LISTED = 50
routes = APIRouter()


def policy_desk(office: Office, visit: Visit) -> HTMLResponse:
    return visit.show("policy_desk.html", **_work(office, visit))


@routes.get("/desk/policy", name="rows")
def own_rules(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("policy_work.html", **_work(office, visit))


def _work(office: Office, visit: Visit) -> dict[str, Any]:
    seat = visit.must_be()
    asked = AskedRules(state=RuleState.OPEN, department=seat.body, limit=RULES)
    with office.engine.connect() as connection:
        found = list_of(raw(connection), asked, office.today)
        wholes = [one_of(raw(connection), UUID(one["rule_change"]), office.today) for one in found["rule_changes"]]
        names = body_names(connection)
    silent = [(rule, body) for rule in wholes for body in rule["bodies"] if body["state"] in ("open", "undelivered")]
    silent.sort(key=lambda pair: (pair[1]["due"] or "9999", pair[0]["rule_change"], pair[1]["body"]))
    return {
        "name": names.get(seat.body) or seat.body,
        "department": seat.body,
        "rules": len(wholes),
        "more": found["next_cursor"] is not None,
        "silent": silent[:LISTED],
        "open": sum(body["state"] == "open" for _, body in silent),
        "late": sum(body["overdue_working_days"] > 0 for _, body in silent),
        "undelivered": sum(body["state"] == "undelivered" for _, body in silent),
    }

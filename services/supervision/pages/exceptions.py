"""What waits because the rules alone cannot decide it: each kind, and every decision that no duty covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from services.open_deadlines import standings_of
from services.pages.visiting import Visit, Visiting
from services.supervision.consultation_items import Rulings
from services.supervision.duty_list import Uncovered as Why
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.open_items import Uncovered
from services.supervision.permit_answers import EXCEPTIONS_CAP, after_of, exceptions_count, exceptions_page
from services.supervision.waiting_kinds import Kind, Waiting, waiting_kinds
from services.time_rules import read_time_rules

PAGE = 50
ACTS = {
    Kind.UNKNOWN_MATTER: (
        ("/duties/codes", "旧编码的，补代码对照"),
        ("/duties/import", "新事项的，补清单"),
    ),
    Kind.UNCOVERED: (("/duties/gaps", "看缺哪些"), ("/duties/import", "补清单")),
    Kind.UNMATCHED_PENALTY: (("/penalties/unmatched", "由处罚机关确认"),),
    Kind.CONSULTATION: (("/consultations", "发表意见、裁定"),),
    Kind.PARKED: (("/parked", "看原因，重试"),),
}
"""Where each kind is dealt with. A file of duties is imported by the coordinator alone."""
routes = APIRouter()


@routes.get("/exceptions")
def exceptions(office: Here, visit: Visiting, cursor: str | None = None) -> HTMLResponse:
    return visit.show("exceptions.html", **_waiting(office, visit, cursor))


@routes.get("/exceptions/rows")
def rows(office: Here, visit: Visiting, cursor: str | None = None) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("exceptions_rows.html", **_waiting(office, visit, cursor))


def _waiting(office: Office, visit: Visit, cursor: str | None) -> dict[str, Any]:
    coordinator = next((kind.coordinator for kind in office.open_items if isinstance(kind, Rulings)), "")
    kinds, counted_at = office.kept.get("waiting_kinds", lambda: _kinds(office, coordinator))
    with office.engine.connect() as connection:
        found, following = exceptions_page(connection, after_of(cursor), PAGE)
        rules, kind = read_time_rules(raw(connection)), Uncovered(coordinator)
        items = [kind.item(rules, row.permit, row.owner, row.since, row.matter_code) for row in found]
        standings = list(standings_of(raw(connection), items, rules, office.today))
        count, matters = exceptions_count(connection), matter_names(connection)
    may_import = visit.may("GET /duties/import")
    return {
        "kinds": kinds,
        "counted_at": counted_at,
        "acts": {
            kind: [act for act in acts if may_import or act[0] != "/duties/import"] for kind, acts in ACTS.items()
        },
        "rows": list(zip(found, standings, strict=True)),
        "matters": matters,
        "unknown": Why.MATTER.value,
        "count": min(count, EXCEPTIONS_CAP),
        "count_capped": count > EXCEPTIONS_CAP,
        "query": urlencode({"cursor": cursor}) if cursor else "",
        "following": f"/exceptions?{urlencode({'cursor': following})}" if following else None,
        "first_page": "/exceptions" if cursor else None,
    }


def _kinds(office: Office, coordinator: str) -> Sequence[Waiting]:
    with office.engine.connect() as connection:
        return waiting_kinds(raw(connection), office.lag().projection, coordinator, office.today)

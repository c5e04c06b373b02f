"""Who is responsible for a permit on a day, over HTTP and as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Query

from events import store
from events.database import raw
from services.interface import problems
from services.supervision.office import Here
from services.supervision.permit_answers import department_names, unknown_permit
from services.supervision.receipt_http import Permit
from services.supervision.responsibility import Nobody, responsible_on
from services.supervision.wording import NOBODY_REASONS

responsibility_routes = APIRouter(prefix="/api/v1")


@responsibility_routes.get(
    "/permits/{permit}/responsible",
    operation_id="readResponsible",
    summary="某日由谁负责",
    responses=problems(unknown_permit()),
)
def read_responsible(
    office: Here,
    permit: Permit,
    on: Annotated[date | None, Query(description="法律上的日期；省略则为今天。")] = None,
    known_on: Annotated[date | None, Query(description="只按到这一日为止登记的情况回答；省略则按现在所知。")] = None,
) -> dict[str, Any]:
    """Return who is responsible on a day, by which duty or ruling, since which event, as known now or as known then."""
    with office.engine.connect() as connection:
        names = department_names(connection)
        answer = responsibility(raw(connection), permit, on or office.today, known_on or office.today, names)
    if answer is None:
        raise unknown_permit()
    return answer


def responsibility(
    connection: psycopg.Connection, permit: UUID, on: date, known_on: date, names: dict[str, str]
) -> dict[str, Any] | None:
    """Return the answer as JSON, or None when nothing is known of the permit."""
    records = store.load_streams(connection, "supervision", [permit])[permit]
    if not records:
        return None
    found = responsible_on(records, on, known_on)
    asked = {"permit": str(permit), "on": on.isoformat(), "known_on": known_on.isoformat()}
    if isinstance(found, Nobody):
        return asked | {
            "responsible": None,
            "reason": found.reason,
            "reason_in_words": NOBODY_REASONS.get(found.reason, found.reason),
            "owner": found.owner,
            "waiting_since": found.since.isoformat() if found.since else None,
        }
    said, since = found.by.said, found.since
    return asked | {
        "responsible": {"department": found.by.lead, "name": names.get(found.by.lead, "")},
        "co_departments": [
            {"department": code, "name": names.get(code, "")} for code in list(found.by.departments)[1:]
        ],
        "by": {
            "event": str(found.by.event), "type": found.by.type, "version": found.by.version, "reason": said.reason,
            "legal_day": found.by.legal_day.isoformat(), "recorded_at": found.by.recorded_at.isoformat(),
            "duty": str(said.duty) if said.duty else None, "duty_version": said.duty_version,
            "consultation": getattr(said, "consultation", None),
        },
        "since": {
            "event": str(since.event), "type": since.type, "version": since.version,
            "legal_day": since.legal_day.isoformat(), "recorded_at": since.recorded_at.isoformat(),
        },
        "mode": found.mode.value if found.mode else None,
        "signed_at": found.signed_at.isoformat() if found.signed_at else None,
    }  # fmt: skip

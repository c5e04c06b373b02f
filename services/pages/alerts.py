"""What operators were told of (告警), on the page that shows how a side runs, and what they expect and silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Form
from fastapi.responses import Response

from events.database import raw
from services import alert_store, silences
from services.alerts import KINDS, SEVERITY_WORDS, runbook
from services.either_side import Here
from services.notice_store import STATE_WORDS
from services.notice_wording import CHANNEL_WORDS
from services.pages.visiting import Visiting, own_address
from services.problems import Problem
from services.refusing import Refused

SHOWN = 20
HOURS = (1, 2, 4, 12, 24, 72, 168)
routes = APIRouter()


def alerts_shown(connection: psycopg.Connection, now: datetime) -> dict[str, Any]:
    """Return what the templates ``alerts.html`` and ``silence_form.html`` show."""
    found = alert_store.shown(connection, SHOWN)
    silent = silences.at(connection, now)
    return {
        "alerts_open": [one for one in found if one.closed_at is None],
        "alerts_over": [one for one in found if one.closed_at is not None],
        "alert_kinds": KINDS,
        "severities": SEVERITY_WORDS,
        "runbook": runbook,
        "silent": silent,
        "silencing": {one.alert: by for one in found for by in silent if by.covers(one.alert)},
        "silence_hours": HOURS,
        "alert_messages": alert_store.messages(connection, SHOWN),
        "message_states": STATE_WORDS,
        "channels": CHANNEL_WORDS,
    }


@routes.post("/silences")
def silence(
    here: Here,
    visit: Visiting,
    hours: Annotated[int, Form(ge=1, le=168)],
    reason: Annotated[str, Form(max_length=200)] = "",
    alert: Annotated[str, Form(max_length=60)] = "",
    to: Annotated[str, Form()] = "/",
) -> Response:
    """Keep an alert, or all of them, from being sent, from now on for some hours."""
    seat = visit.must_be()
    now = visit.desk.now()
    try:
        with here.engine.begin() as transaction:
            number = silences.begin(raw(transaction), alert, timedelta(hours=hours), seat.staff, reason, now)
    except Refused as refused:
        raise _not_done(refused) from None
    return visit.done(own_address(to), f"静默 {number} 已开始，{hours} 小时后自动结束；期间的告警照常列出，不发送。")


@routes.post("/silences/{silence}/end")
def end(here: Here, visit: Visiting, silence: int, to: Annotated[str, Form()] = "/") -> Response:
    """End a silence before its time."""
    seat = visit.must_be()
    try:
        with here.engine.begin() as transaction:
            silences.end(raw(transaction), silence, seat.staff, visit.desk.now())
    except Refused as refused:
        raise _not_done(refused) from None
    return visit.done(own_address(to), f"静默 {silence} 已结束；仍未恢复的告警随即发送。")


def _not_done(refused: Refused) -> Problem:
    return Problem(409, refused.rule.code, "未办理", refused.text, refused.rule.repair)

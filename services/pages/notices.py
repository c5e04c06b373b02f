"""What went out to officers (通知发送), what waits, what did not, and once more. Alike on both sides. No addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from services import notice_store, webhook_words
from services.either_side import Here
from services.notice_wording import CHANNEL_WORDS, OUTCOME_WORDS, cause_in_words
from services.notifying import Manner
from services.pages.visiting import Visit, Visiting, own_address
from services.problems import Problem
from services.time_rules import read_time_rules
from services.webhooks import endpoints
from services.working_days import Calendar

SHOWN = 100
Failed = Annotated[bool, Query()]
routes = APIRouter()


def nothing_given_up() -> Problem:
    return Problem(
        409, "nothing_given_up", "没有可再次发送的通知", "所选通知没有被放弃，可能刚刚已重新排队。",
        "请看本页现在的状态；待发的会自动发出。",
    )  # fmt: skip


@routes.get("/notices")
def notices(here: Here, visit: Visiting, failed: Failed = False) -> HTMLResponse:
    """``failed``: only what was given up, or waits after a failed attempt."""
    return visit.show("notices.html", **_listed(here, visit, failed))


@routes.get("/notices/rows", name="notices_rows")
def rows(here: Here, visit: Visiting, failed: Failed = False) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("notices_rows.html", **_listed(here, visit, failed))


def _listed(here: Here, visit: Visit, failed: bool) -> dict[str, Any]:
    now, manner = visit.desk.now(), visit.request.app.state.manner
    with here.engine.connect() as opened:
        connection = raw(opened)
        found = notice_store.listed(connection, failed, SHOWN)
        hooks = endpoints.listed(connection)
        counts, untold = notice_store.counts(connection), notice_store.untold(connection)
        calendar = read_time_rules(connection).calendar
    quiet_until = manner.quiet.over(now, calendar) if manner.quiet else now
    return {
        "rows": [one | {"goes_out": _goes_out(one, now, manner, calendar)} for one in found],
        "counts": counts,
        "untold": untold,
        "hooks": [one for one in hooks if one.failing_since],
        "hooks_well": sum(one.failing_since is None for one in hooks),
        "hook_cause": webhook_words.cause_in_words,
        "hook_states": webhook_words.STATE_WORDS,
        "failed": failed,
        "most": SHOWN,
        "quiet_until": quiet_until if quiet_until > now else None,
        "urged_always": manner.urged_always,
        "states": notice_store.STATE_WORDS,
        "channels": CHANNEL_WORDS,
        "outcomes": OUTCOME_WORDS,
        "cause": cause_in_words,
    }


def _goes_out(one: Mapping[str, Any], now: datetime, manner: Manner, calendar: Calendar) -> datetime | None:
    """Return when one that waits is sent next; None: within moments, or it waits no more."""
    if one["next_at"] is None:
        return None
    again = max(now, datetime.fromisoformat(one["next_at"]))
    waits = manner.quiet is not None and not (one["urgent"] and manner.urged_always)
    at = manner.quiet.over(again, calendar) if waits and manner.quiet else again
    return at if at > now else None


@routes.post("/notices")
def retry(
    here: Here,
    visit: Visiting,
    notice: Annotated[UUID | None, Form()] = None,
    to: Annotated[str, Form()] = "/notices",
) -> Response:
    """Send what was given up once more, under the same id: one notice, or all of them."""
    with here.engine.begin() as transaction:
        many = notice_store.retry(raw(transaction), notice, visit.desk.now())
    if not many:
        raise nothing_given_up()
    return visit.done(own_address(to), f"已重新排队 {many} 件，随即发送；免打扰时段内的，等时段结束后发送。")

"""Is anything behind, since when, why, and what do I press? The operator's first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from events.announcing import survey
from events.database import raw
from projections import skipping
from projections.hearing import TOLERATED_SECONDS
from projections.lag import KEPT, WARNING_SECONDS
from projections.lag_history import Day, days, incidents, last_hours
from projections.lag_touched import touched
from projections.parked_streams import parked_by_reason
from services.pages.alerts import alerts_shown
from services.pages.charts import Point, waiting_times
from services.pages.checkpoint_words import checkpoints_told
from services.pages.lag_words import (
    PARKED_REASONS,
    READS,
    SIDES,
    STAGES,
    STATUS_LIGHTS,
    TRENDS,
    acts,
    cause,
    rebuilding_in_words,
)
from services.pages.proof_words import proofs_told
from services.pages.visiting import Visit, Visiting
from services.scheduling import scheduled_until
from services.supervision import canary_hearing
from services.supervision.office import Here, Office
from services.supervision.permit_answers import department_names
from services.time_rules import read_time_rules
from services.wording import duration_in_words
from services.working_days import CHINA

SHOWN_INCIDENTS = 30
MARKS = ((5.0, "5 秒"), (60.0, "1 分"), (3600.0, "1 小时"), (86400.0, "1 天"))
SLOT = timedelta(minutes=10)

routes = APIRouter()


@routes.get("/lag")
def lag_page(office: Here, visit: Visiting) -> HTMLResponse:
    return lag_desk(office, visit)


@routes.get("/lag/now")
def lag_now(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves."""
    with office.engine.connect() as connection:
        return visit.show("lag_now.html", **_now(office, raw(connection)))


def lag_desk(office: Office, visit: Visit) -> HTMLResponse:
    with office.engine.connect() as opened:
        connection = raw(opened)
        facts = _now(office, connection)
        name = facts["lag"].projection
        measured = days(connection, name, office.today)
        since = datetime.now(UTC) - timedelta(hours=24)
        shown, lag = incidents(connection, name, SHOWN_INCIDENTS), facts["lag"]
        going_on = next((one for one in shown if one.ended_at is None), None)
        facts |= {
            "incidents": shown,
            "touched_now": touched(connection, going_on.began_at, datetime.now(UTC), lag.source_clock_skew)
            if going_on
            else None,
            "names": department_names(opened),
            "measured": measured,
            "of_days": _of_days(measured, office.today),
            "of_hours": _of_hours(last_hours(connection, name, since), since),
            "proofs": [*proofs_told(connection), *checkpoints_told(connection, "supervision")],
            "reminded_until": scheduled_until(connection),
            "calendar_until": read_time_rules(connection).calendar.unknown_from,
        }
    return visit.show("lag.html", **facts)


def _now(office: Office, connection: psycopg.Connection) -> dict[str, Any]:
    lag = office.lag()
    heard = connection.execute(
        "SELECT heard_at, clock_timestamp() FROM heard WHERE source = %s ORDER BY id DESC LIMIT 1", (lag.source,)
    ).fetchone()
    return {
        "lag": lag,
        "status_lights": STATUS_LIGHTS,
        "trends": TRENDS,
        "stages": STAGES,
        "reads": READS,
        "sides": SIDES,
        "rebuilding": rebuilding_in_words(lag),
        "cause": cause(lag) if lag.behind else "",
        "acts": acts(lag),
        "parked": parked_by_reason(connection, lag.projection),
        "passed": skipping.counted(connection, lag.projection),
        "parked_reasons": PARKED_REASONS,
        "own": survey(connection, "supervision", {}),
        "heard_ago": (heard[1] - heard[0]).total_seconds() if heard else None,
        "tolerated": TOLERATED_SECONDS,
        "canary": canary_hearing.newest(connection),
    } | alerts_shown(connection, office.now())


def _of_days(measured: Sequence[Day], today: date) -> Markup:
    known = {one.day: one for one in measured}
    points = []
    for back in range(KEPT.days - 1, -1, -1):
        day = today - timedelta(days=back)
        one = known.get(day)
        label = f"{day:%m-%d}" if back % 15 == 14 or back == 0 else ""
        if one is None:
            points.append(Point(label, None))
        else:
            late = 1 if one.seconds > WARNING_SECONDS else 0
            points.append(Point(label, one.seconds, late, f"{day:%m-%d} 最长 {duration_in_words(one.seconds)}"))
    return waiting_times(points, "90 天内每天的最长延迟", MARKS)


def _of_hours(found: Sequence[tuple[datetime, float]], since: datetime) -> Markup:
    known = dict(found)
    start = datetime.fromtimestamp(since.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), UTC)
    points = []
    for number in range(1, 145):
        at = start + number * SLOT
        there = at.astimezone(CHINA)
        label = f"{there:%H:%M}" if there.hour % 3 == 0 and there.minute == 0 else ""
        seconds = known.get(at)
        late = 1 if seconds is not None and seconds > WARNING_SECONDS else 0
        shown = f"{there:%H:%M} 起 10 分钟内最长 {duration_in_words(seconds)}" if seconds is not None else ""
        points.append(Point(label, seconds, late, shown))
    return waiting_times(points, "24 小时内每 10 分钟的最长延迟", MARKS[:3], height=160)

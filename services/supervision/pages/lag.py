"""Is anything behind, since when, why, and what do I press? The operator's first page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.announcing import survey
from events.database import raw
from projections import skipping
from projections.hearing import TOLERATED_SECONDS
from projections.lag_touched import touched
from projections.parked_streams import parked_by_reason
from services.pages.alerts import alerts_shown
from services.pages.checkpoint_words import checkpoints_told
from services.pages.lag_history import history_shown
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
        facts |= history_shown(connection, name, office.today)
        going_on = next((one for one in facts["incidents"] if one.ended_at is None), None)
        skew = facts["lag"].source_clock_skew
        facts |= {
            "touches": True,
            "touched_now": touched(connection, going_on.began_at, datetime.now(UTC), skew) if going_on else None,
            "names": department_names(opened),
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

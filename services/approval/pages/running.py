"""How this side runs (运维): how far it is and was behind what supervision said, where that waits, and what stands
still."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.announcing import survey
from events.database import raw
from projections import parked_streams
from services.approval import unanswered_commands, waiting_replies
from services.approval.canary import flight
from services.approval.http import Here, Office
from services.approval.outcome import SOURCE
from services.pages.alerts import alerts_shown
from services.pages.checkpoint_words import checkpoints_told
from services.pages.lag_history import history_shown
from services.pages.proof_words import proofs_told
from services.pages.visiting import Visit, Visiting

TOLD = "told"
SHOWN = 50
routes = APIRouter()


@routes.get("/running")
def running(office: Here, visit: Visiting) -> HTMLResponse:
    return running_page(office, visit)


@routes.get("/running/rows")
def running_rows(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    return visit.show("running_rows.html", **_facts(office, visit))


def running_page(office: Office, visit: Visit) -> HTMLResponse:
    facts = _facts(office, visit)
    with office.engine.connect() as reading:
        facts |= history_shown(raw(reading), TOLD, office.today)
    return visit.show("running.html", **facts)


def _facts(office: Office, visit: Visit) -> dict[str, Any]:
    visit.must_be()
    with office.engine.connect() as reading:
        connection = raw(reading)
        return {
            "flight": flight(connection),
            "outbox": survey(connection, SOURCE, {}),
            "parked": parked_streams.parked(connection, TOLD)[:SHOWN],
            "proofs": [*proofs_told(connection), *checkpoints_told(connection, "approval")],
            "replies": waiting_replies.count(connection),
            "unanswered": unanswered_commands.count(connection),
        } | alerts_shown(connection, office.now())

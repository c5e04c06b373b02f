"""The approval side over HTTP: decisions are handed in, permits are read, keys are handed to the supervision side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Path, Request
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field
from sqlalchemy import Engine, text

from events import ledger, sealing
from events.database import raw
from events.envelope import Record
from events.reserve import Room, not_watched
from projections.lag import Lag
from projections.passed_over_told import passed_over_of_each
from projections.told import steps_of, told_of, waiting_of
from services.access.entrance import OPEN, Entrance
from services.approval.decision import Decision
from services.approval.handling import Desk
from services.approval.http_described import handed_in, unknown_batch, unknown_permit
from services.approval.outcome import SOURCE, Outcome
from services.approval.taking_files import FileTaking
from services.checking_http import record_routes
from services.checkpoints_http import proof_routes
from services.completeness_http import completeness_routes
from services.counting import DeskMetrics
from services.guarded_service import guarded_service
from services.handing_in import one_or_many
from services.interface import described, problems
from services.live_feed import LiveFeed, Noted
from services.officer_http import officer_routes
from services.own_systems_http import own_system_routes
from services.parked_http import parked_routes
from services.party_resolution import KEYS, PATH
from services.people_register import NoPlaces, Whereabouts
from services.same_routes import with_routes_of
from services.scheduling import OpenItems
from services.statement_http import statement_routes
from services.working_days import CHINA, china_day


def _now() -> datetime:
    return datetime.now(UTC)


def _not_measured() -> None:
    return None


def decided(record: Record) -> Noted:
    """Return what a record says to a page: its kind and its permit."""
    return Noted(record.position, record.type, str(record.stream))


@dataclass(frozen=True, slots=True)
class Office:
    """What the web service needs: its desk, its database and the token of the supervision side. ``lag`` measures how
    far this side is behind what supervision said (None: nobody measures). ``stopping`` ends live streams at once.
    ``open_items``: each kind of work that has a limit. ``room``: what the disk of the database has left, where that
    is watched. ``reveals_a_day``: personal facts that one caller may have shown in full."""

    engine: Engine
    desk: Desk
    key_token: str
    metrics: DeskMetrics = field(default_factory=lambda: DeskMetrics(CollectorRegistry()))
    lag: Callable[[], Lag | None] = _not_measured
    stopping: threading.Event = field(default_factory=threading.Event)
    now: Callable[[], datetime] = _now
    open_items: Sequence[OpenItems] = ()
    whereabouts: Whereabouts = field(default_factory=NoPlaces)
    room: Callable[[], Room | None] = not_watched
    reveals_a_day: int = 30
    live: LiveFeed = field(init=False)
    files: FileTaking = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "live", LiveFeed(self.engine, self.stopping, "approval", decided))
        object.__setattr__(self, "files", FileTaking(self.desk, self.stopping, self.now))

    @property
    def today(self) -> date:
        return china_day(self.now())


class Withdrawal(BaseModel):
    reason: Annotated[str, Field(min_length=1, max_length=400)]


def key_token(master: bytes) -> str:
    """Return the token by which the supervision side asks for keys, derived from the master key of the site."""
    return sealing.fingerprint(master, "token", "subject-keys").hex()


def application(office: Office, entrance: Entrance = OPEN) -> FastAPI:
    """Make the web service of one approval side, behind its door."""
    return with_routes_of(_routes(), office=office, side="approval", entrance=entrance)


@cache
def _routes() -> FastAPI:
    from services.approval.http_files import files
    from services.approval.http_for_supervision import hand_out_keys, resolve_parties
    from services.approval.http_handing_in import hand_in
    from services.approval.http_handovers import handover_routes
    from services.approval.http_opinions import opinions
    from services.approval.http_pending import pending
    from services.approval.http_published import decisions
    from services.approval.http_rules import rules
    from services.approval.http_standing import parties
    from services.approval.http_tasks import tasks
    from services.approval.pages.site import add_approval_pages
    from services.approval.sealed_facts import opened, other_body
    from services.revealing_http import reveal_routes

    app = guarded_service("审管联动 · 审批侧")
    for method, path, answer, operation, summary, said in (
        ("POST", "/api/v1/decisions", hand_in, "handInDecisions", "报送许可决定", handed_in()),
        ("GET", "/api/v1/permits/{permit}", read_permit, "readPermit", "许可及其历次决定", problems(unknown_permit())),
        (
            "POST", "/api/v1/batches/{batch}/withdrawal", withdraw_batch, "withdrawBatch", "整批撤回误录的文件",
            problems(unknown_batch()),
        ),
        ("POST", PATH, resolve_parties, "resolveParties", "查询或登记行政相对人（供监管侧）", problems()),
    ):  # fmt: skip
        form = one_or_many(Decision, "decisions") if answer is hand_in else None
        app.add_api_route(
            path, answer, methods=[method], operation_id=operation, summary=summary, responses=said, openapi_extra=form
        )
    for routes in (decisions, files, handover_routes, opinions, pending, rules, tasks, parties, officer_routes(SOURCE)):
        app.include_router(routes)
    reveals = reveal_routes(opened, unknown_permit(), other_body())
    for routes in (reveals, completeness_routes, parked_routes, statement_routes, record_routes, proof_routes):
        app.include_router(routes)
    app.include_router(own_system_routes("approval"))
    described(app, Decision)
    add_approval_pages(app)
    app.add_api_route(KEYS, hand_out_keys, methods=["POST"], include_in_schema=False)
    app.add_api_route("/healthz", alive, methods=["GET"], include_in_schema=False)
    app.add_api_route("/readyz", ready, methods=["GET"], include_in_schema=False)
    return app


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


Here = Annotated[Office, Depends(office_of)]
PermitId = Annotated[UUID, Path(description="许可标识，报送时返回的 permit。")]
BatchId = Annotated[UUID, Path(description="批次号，导入文件时返回的 batch，或报送时自定的 batch。")]


def read_permit(office: Here, permit: PermitId) -> dict[str, Any]:
    """Return a permit as the approval side knows it: what holds now, every decision with both of its times, and who
    was told of each when, as the supervision side reported it."""
    with office.engine.connect() as connection:
        state, records = office.desk.permit(raw(connection), permit)
        told, waits = told_of(raw(connection), permit), waiting_of(raw(connection), permit)
        steps = steps_of(raw(connection), permit)
        passed = passed_over_of_each(raw(connection), [permit])[permit]
    if not records:
        raise unknown_permit()
    now = state.now
    met = {entry.version: entry.flagged for entry in state.entries}
    return {
        "permit": str(permit),
        "version": state.version,
        "status": now.status if now else "retracted",
        "facts": now.facts.model_dump(mode="json") if now else None,
        "flagged": [one.model_dump(mode="json") for one in state.flagged],
        "consultations": [step.as_json() for step in steps if step.push_version is None],
        "history": [
            {
                "version": record.version,
                "event": str(record.id),
                "type": record.type,
                "decision_date": record.occurred_at.astimezone(CHINA).date().isoformat(),
                "recorded_at": record.recorded_at.isoformat(),
                "numbered": record.position > 0,
                "flagged": [one.model_dump(mode="json") for one in met.get(record.version, ())],
                "told": [one.as_json(steps) for one in told.get(record.version, [])],
                "waited": waits[record.version].as_json() if record.version in waits else None,
                "passed_over": passed[record.version].as_json() if record.version in passed else None,
            }
            for record in records
        ],
    }


def withdraw_batch(office: Here, batch: BatchId, body: Withdrawal) -> dict[str, Any]:
    """Take a wrongly imported file back as one batch, by events; what later decisions rest on stays and is named."""
    outcomes: list[Outcome] = office.desk.retract_batch(batch, body.reason)
    if not outcomes:
        raise unknown_batch()
    kept = [outcome.answer() for outcome in outcomes if not outcome.accepted]
    return {"withdrawn": len(outcomes) - len(kept), "kept": kept}


def alive() -> dict[str, str]:
    return {"status": "alive"}


def ready(office: Here) -> dict[str, Any]:
    """Answer whether decisions can be taken now: the database answers and its ledger has a head."""
    with office.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        return {"status": "ready", "source": SOURCE, "ledger_head": ledger.head(raw(connection)).position}

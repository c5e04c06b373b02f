"""The approval side over HTTP: decisions are handed in, permits are read, keys are handed to the supervision side."""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field
from sqlalchemy import Engine, text

from events import ledger, sealing
from events.database import raw
from projections.told import told_of, waiting_of
from services.approval.handling import CHINA, SOURCE, Desk, Outcome, Submission
from services.approval.parties import subject_keys
from services.approval.stating import NOT_JSON, answer_key, stated
from services.front_page import add_front_page
from services.metrics import DeskMetrics
from services.problems import Problem, answer_problems

MOST_AT_ONCE = 1000
KEYS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Office:
    """What the web service needs: its desk, its database and the token of the supervision side."""

    engine: Engine
    desk: Desk
    key_token: str
    metrics: DeskMetrics = field(default_factory=lambda: DeskMetrics(CollectorRegistry()))


class Keys(BaseModel):
    parties: Annotated[list[UUID], Field(max_length=KEYS_AT_ONCE)]


class Withdrawal(BaseModel):
    reason: Annotated[str, Field(min_length=1, max_length=400)]


def key_token(master: bytes) -> str:
    """Return the token by which the supervision side asks for keys, derived from the master key of the site."""
    return sealing.fingerprint(master, "token", "subject-keys").hex()


def application(office: Office) -> FastAPI:
    """Make the web service of one approval side."""
    from services.approval.http_files import files

    app = FastAPI(title="审管联动 · 审批侧", version="1", docs_url=None, redoc_url=None)
    app.state.office = office
    answer_problems(app)
    app.add_api_route("/api/v1/decisions", hand_in, methods=["POST"])
    app.add_api_route("/api/v1/permits/{permit}", read_permit, methods=["GET"])
    app.add_api_route("/api/v1/batches/{batch}/withdrawal", withdraw_batch, methods=["POST"])
    app.include_router(files)
    add_front_page(app)
    app.add_api_route("/internal/v1/subject-keys", hand_out_keys, methods=["POST"], include_in_schema=False)
    app.add_api_route("/healthz", alive, methods=["GET"], include_in_schema=False)
    app.add_api_route("/readyz", ready, methods=["GET"], include_in_schema=False)
    return app


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


Here = Annotated[Office, Depends(office_of)]


async def body_of(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise Problem(400, NOT_JSON.code, "请求不是合法的 JSON", NOT_JSON.text, NOT_JSON.repair) from None


def hand_in(
    office: Here,
    body: Annotated[Any, Depends(body_of)],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    linkage_caller: Annotated[str, Header(max_length=100)] = "",
) -> Response:
    """Publish one decision, or up to 1,000 as ``{"decisions": [...]}``; each has its own outcome.

    201 when all were accepted, 200 when some were, 422 when none was. With an ``Idempotency-Key`` a repeat gets the
    first answer.
    """
    many = isinstance(body, dict) and "decisions" in body
    items: Sequence[Any] = body["decisions"] if many else [body]
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_AT_ONCE:
        raise Problem(422, "too_many", "一次报送的数量不符", f"一次可报送 1 至 {MOST_AT_ONCE} 条。", "请分批报送。")
    answers: list[dict[str, Any]] = [{} for _ in items]
    submissions: dict[int, Submission] = {}
    for index, item in enumerate(items):
        decision = stated(item)
        if isinstance(decision, dict):
            answers[index] = decision
        else:
            key = answer_key(idempotency_key, index) if idempotency_key else ""
            submissions[index] = Submission(decision, linkage_caller, key)
    began = time.perf_counter()
    outcomes = office.desk.handle(list(submissions.values())) if submissions else []
    for index, outcome in zip(submissions, outcomes, strict=True):
        answers[index] = outcome.told()
    accepted = sum(answer["accepted"] for answer in answers)
    office.metrics.note(accepted, len(answers) - accepted, time.perf_counter() - began)
    status = 201 if accepted == len(answers) else 200 if accepted else 422
    if many:
        refused = len(answers) - accepted
        return JSONResponse({"accepted": accepted, "refused": refused, "outcomes": answers}, status)
    return _one(answers[0], status)


def _one(answer: dict[str, Any], status: int) -> Response:
    if answer["accepted"]:
        return JSONResponse(answer, status)
    more = {name: answer[name] for name in ("field", "faults") if answer.get(name)}
    return Problem(status, answer["rule"], "未予受理", answer["text"], answer["repair"], **more).response()


def read_permit(office: Here, permit: UUID) -> dict[str, Any]:
    """Return a permit as the approval side knows it: what holds now, every decision with both of its times, and who
    was told of each when, as the supervision side reported it."""
    with office.engine.connect() as connection:
        state, records = office.desk.permit(raw(connection), permit)
        told, waits = told_of(raw(connection), permit), waiting_of(raw(connection), permit)
    if not records:
        raise Problem(404, "unknown_permit", "没有这个许可", "没有找到该编号的许可。", "请核对编号。")
    now = state.now
    return {
        "permit": str(permit),
        "version": state.version,
        "status": now.status if now else "retracted",
        "facts": now.facts.model_dump(mode="json") if now else None,
        "history": [
            {
                "version": record.version,
                "event": str(record.id),
                "type": record.type,
                "decision_date": record.occurred_at.astimezone(CHINA).date().isoformat(),
                "recorded_at": record.recorded_at.isoformat(),
                "numbered": record.position > 0,
                "told": [one.as_json() for one in told.get(record.version, [])],
                "waited": waits[record.version].as_json() if record.version in waits else None,
            }
            for record in records
        ],
    }


def withdraw_batch(office: Here, batch: UUID, body: Withdrawal) -> dict[str, Any]:
    """Take a wrongly imported file back as one batch, by events; what later decisions rest on stays and is named."""
    outcomes: list[Outcome] = office.desk.retract_batch(batch, body.reason)
    if not outcomes:
        raise Problem(404, "unknown_batch", "没有这个批次", "没有找到该批次的录入。", "请核对批次号。")
    kept = [outcome.answer() for outcome in outcomes if not outcome.accepted]
    return {"withdrawn": len(outcomes) - len(kept), "kept": kept}


def hand_out_keys(office: Here, body: Keys, authorization: Annotated[str, Header()] = "") -> dict[str, str]:
    """Hand the keys of parties to the supervision side: the one place where keys leave this service."""
    if not hmac.compare_digest(authorization.encode(), f"Bearer {office.key_token}".encode()):
        raise Problem(403, "forbidden", "没有权限", "此接口只供监管侧服务使用。", "请检查两侧服务的主密钥是否一致。")
    with office.engine.begin() as connection:
        keys = subject_keys(raw(connection), office.desk.master, body.parties)
    return {str(party): key.hex() for party, key in keys.items()}


def alive() -> dict[str, str]:
    return {"status": "alive"}


def ready(office: Here) -> dict[str, Any]:
    """Answer whether decisions can be taken now: the database answers and its ledger has a head."""
    with office.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        return {"status": "ready", "source": SOURCE, "ledger_head": ledger.head(raw(connection)).position}

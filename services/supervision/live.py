"""What a push says to its departments, at the moment it is made or moved. Public facts only."""

from __future__ import annotations

import threading

import orjson
from sqlalchemy import Engine

from events.envelope import Record
from services.live_feed import LiveFeed, Noted
from services.wording import DECISIONS, STATUSES


def live_feed(engine: Engine, stopping: threading.Event) -> LiveFeed:
    return LiveFeed(engine, stopping, "supervision", noted)


def noted(record: Record) -> Noted:
    """Return what a ledger row says to each department. Public facts only; the personal part is not looked at."""
    if record.type not in ("push_made", "push_moved"):
        return Noted(record.position, record.type, str(record.stream))
    said = orjson.loads(record.data)
    decision = said["decision"]
    payload, facts = decision["payload"], decision["payload"]["facts"]
    common = {
        "permit": str(record.stream),
        "version": f"{record.stream}@{decision['version']}",
        "decision": decision["type"],
        "decision_in_words": DECISIONS.get(decision["type"], decision["type"]),
        "status": payload["status"],
        "status_in_words": STATUSES.get(payload["status"], payload["status"]),
        "party_label": facts["party"]["label"],
        "matter_code": facts["matter_code"],
        "region_code": facts["region_code"],
        "permit_number": facts["permit_number"],
        "decision_date": payload["decision_date"],
        "pushed_at": record.recorded_at.isoformat(),
    }
    news = {
        receiver["department"]: common
        | {"change": "listed", "role": receiver["role"], "push_number": receiver["push_number"]}
        for receiver in said["receivers"]
    }
    news |= {department: common | {"change": "left"} for department in said.get("left", ())}
    # Copied: what the library hands out holds four kilobytes whatever is in it, and thousands of these are kept.
    told = {department: bytes(memoryview(orjson.dumps(each))) for department, each in news.items()}
    return Noted(record.position, record.type, str(record.stream), told)

"""How a decision travels inside a push or an exception: as it came, so that it can be routed again from there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from events.envelope import Record, canonical


def carried_json(record: Record) -> dict[str, Any]:
    """Return the decision as JSON for a push; the payload's bytes go in as they came, unknown fields and all."""
    return {
        "type": record.type,
        "schema_version": record.schema,
        "version": record.version,
        "position": record.position,
        "recorded_at": record.recorded_at.isoformat(),
        "payload": orjson.Fragment(record.data),
    }


def original(carrier: Record, source: str) -> Record:
    """Return the record that ``carrier``, a push or an exception, carries."""
    said = orjson.loads(carrier.data)["decision"]
    return Record(
        source=source,
        position=said["position"],
        partition=carrier.partition,
        stream=carrier.stream,
        version=said["version"],
        type=said["type"],
        schema=said["schema_version"],
        occurred_at=carrier.occurred_at,
        recorded_at=datetime.fromisoformat(said["recorded_at"]),
        data=canonical(said["payload"]),
        personal=carrier.personal,
        correlation=carrier.correlation,
    )

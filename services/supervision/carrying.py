"""How a decision travels inside a push or an exception: as it came, so that it can be routed again from there."""

from __future__ import annotations

from datetime import datetime

import orjson

from events.envelope import Record, canonical, quoted


def carried(record: Record) -> bytes:
    """Return the decision as canonical JSON for a push; its payload goes in as it came, unknown fields and all."""
    return _CARRIED % (
        record.data,
        record.position,
        record.recorded_at.isoformat().encode(),
        record.schema,
        quoted(record.type),
        record.version,
    )


_CARRIED = b'{"payload":%b,"position":%d,"recorded_at":"%b","schema_version":%d,"type":%b,"version":%d}'


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

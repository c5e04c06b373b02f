"""What leaves the house, as files that a review can read: ``tests/golden``, and ``docs/api``.

One file for each type and version of event, with every field set. The current version's file is written by
``python -m docs.generated``; a file of an earlier version is what was really said then, and nothing writes it again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel

from docs import invented
from docs.every_event import every_event
from docs.invented_rules import MET
from events.approval import Said
from events.catalogue import CATALOGUE, encode
from events.envelope import NAMESPACE, Record, canonical, partition_of
from events.limits import Unit
from events.log.commands import Reply
from events.log.kafka.record import headers_of, key_of, value_of
from events.log.kafka.replies import message_of
from events.log.kafka.topics import events_topic
from events.supervision import Mode
from services.approval.commands import OTHER_BODY
from services.approval.http import application as approval_service
from services.approval.outcome import Outcome, refusal
from services.supervision.http import application as supervision_service

FOLDER = Path(__file__).parents[1] / "tests" / "golden"
API = Path(__file__).parent / "api"
RECORDED_AT = datetime(2026, 11, 24, 1, 30, 0, 120000, UTC)

SET: Mapping[str, object] = {
    "candidate": "11990100MB0000102B",
    "changes_duty_list": True,
    "handover": UUID("5b0c8a52-2a0e-5d64-9c5e-0d7f3d0f6a04"),
    "like": UUID("5b0c8a52-2a0e-7d64-9c5e-0d7f3d0f6a02"),
    "text": "虚构示例",
    "back_dated": True,
    "batch": invented.BATCH,
    "by": "S-0102",
    "certificate_name": "食品经营许可证",
    "changed": ("content",),
    "claim_limit_days": 5,
    "co_departments": (invented.HEALTH_BUREAU,),
    "commitment": True,
    "contact": "0990-00000000",
    "data_source": "海州市行政审批局",
    "data_source_code": invented.BODY,
    "flagged": (MET.model_dump(mode="json"),),
    "left": (invented.HEALTH_BUREAU,),
    "legal_basis": "《中华人民共和国行政许可法》第三十八条",
    "mode": Mode.ON_SIGNING,
    "opening_stock": True,
    "place": "海州市虚构路1号",
    "reason": "符合法定条件",
    "remark": "虚构示例",
    "unit": Unit.NATURAL_DAYS,
    "valid_from": date(2026, 11, 23),
    "valid_to": date(2031, 11, 22),
    "was": {"content": "热食类食品销售"},
}
"""What a field holds in a golden file where the invented event leaves it out, by the field's name."""


def complete(said: BaseModel) -> dict[str, Any]:
    """Return the data of ``said`` with every field set, in the models it holds too.

    ``KeyError`` names a field that has no value in ``SET`` yet.
    """
    filled: dict[str, Any] = {}
    for name, field in type(said).model_fields.items():
        value = getattr(said, name)
        if isinstance(value, BaseModel):
            filled[name] = complete(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            filled[name] = [complete(one) for one in value]
        elif value is None or (not field.is_required() and value == field.default):
            filled[name] = SET[name]
        else:
            filled[name] = value
    return filled


def examples() -> dict[str, Said]:
    """Return one complete event of each type."""
    found = {}
    for said in every_event():
        whole = type(said).model_validate(complete(said))
        found[encode(whole)[0]] = whole
    return found


def record() -> Record:
    """Return one event as the ledger has it, complete: correlated, caused, and with a personal part."""
    stream = UUID("3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01")
    kind, schema, data = encode(examples()["permit_granted"])
    return Record(
        source="approval",
        position=4711,
        partition=partition_of(stream),
        stream=stream,
        version=1,
        type=kind,
        schema=schema,
        occurred_at=datetime(2026, 11, 22, 16, tzinfo=UTC),
        recorded_at=RECORDED_AT,
        data=data,
        personal=bytes(range(60)),
        correlation=UUID("5b0c8a52-2a0e-5d64-9c5e-0d7f3d0f6a02"),
        causation=UUID("5b0c8a52-2a0e-5d64-9c5e-0d7f3d0f6a03"),
    )


def carried(said: Record) -> dict[str, Any]:
    """Return what Kafka carries for ``said``, as JSON can show it."""
    assert said.personal is not None
    value = orjson.loads(value_of(said))
    assert value["personal"] == b64encode(said.personal).decode()
    return {
        "topic": events_topic(said.source).name,
        "partition": said.partition,
        "key": key_of(said).decode(),
        "headers": {name: text.decode() for name, text in headers_of(said)},
        "value": value,
    }


def replies() -> list[dict[str, Any]]:
    """Return what a bureau reads on its topic of replies: an acceptance given once more, and a refusal."""
    permit = UUID("3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01")
    accepted = Outcome(True, permit, 1, "permit_granted", repeated=True)
    refused = refusal(OTHER_BODY, field="deciding_body")
    found = []
    for number, outcome in enumerate((accepted, refused), 1):
        said = Reply(
            uuid5(NAMESPACE, f"reply/{number}"),
            invented.BODY,
            f"invented-{number}",
            RECORDED_AT,
            canonical(outcome.told()),
        )
        message = message_of(said)
        found.append(
            {
                "topic": message.topic,
                "key": message.key.decode(),
                "headers": {name: text.decode() for name, text in message.headers},
                "value": orjson.loads(message.value),
            }
        )
    return found


def readable(value: object) -> str:
    """Return ``value`` as JSON with sorted keys and one fact a line."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE).decode()


def event_file(event_type: str, version: int) -> Path:
    return FOLDER / "events" / f"{event_type}.v{version}.json"


def files() -> dict[Path, str]:
    """Return the golden files of what this release says, as they should be."""
    told = examples()
    written = {event_file(name, entry.version): readable(_data(told[name])) for name, entry in CATALOGUE.items()}
    written[FOLDER / "kafka_record.json"] = readable(carried(record()))
    written[FOLDER / "kafka_replies.json"] = readable(replies())
    return written | {path: readable(document) for path, document in interfaces().items()}


def interfaces() -> dict[Path, dict[str, Any]]:
    """Return the OpenAPI documents of both services. A document asks nothing of the office behind a service."""
    no_office: Any = None
    return {
        API / "approval.openapi.json": approval_service(no_office).openapi(),
        API / "supervision.openapi.json": supervision_service(no_office).openapi(),
    }


def _data(said: Said) -> Any:
    return orjson.loads(encode(said)[2])

"""Which recorded events are told to whose endpoints, and in which words. Pure.

A message is thin: which permit or task, which push number, where to read it. No name, no document number, no free text;
who reads it asks with rights of his own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from events.envelope import NAMESPACE, Record
from services.migrating import Side

LARGEST = 20_480
"""Bytes of a message at most (Standard Webhooks 1.0 advises 20 kB)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one body is told of one event. ``data``: ids, numbers and links."""

    body: str
    kind: str
    event: UUID
    at: datetime
    data: Mapping[str, Any]


def _of_push(record: Record, said: Mapping[str, Any], link: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # Opening stock is handed over and signed by lists: a hundred thousand messages would say less.
    if said["opening_stock"]:
        return
    links = {"api": f"{link}/api/v1/permits/{record.stream}", "page": f"{link}/permits/{record.stream}"}
    for one in said["receivers"]:
        facts = {"permit": str(record.stream), "push_number": one["push_number"], "role": one["role"]}
        yield one["department"], facts | {"links": links}
    for department in said.get("left", ()):
        yield department, {"permit": str(record.stream), "role": "left", "links": links}


def _of_task(record: Record, said: Mapping[str, Any], link: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    links = {"api": f"{link}/api/v1/tasks/{record.stream}", "page": f"{link}/tasks/{record.stream}"}
    yield said["body"], {"task": str(record.stream), "permit": said["permit"], "about": said["kind"], "links": links}


def _of_rule(record: Record, said: Mapping[str, Any], link: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    links = {"api": f"{link}/api/v1/rule-changes/{said['rule']}", "page": f"{link}/rules/{said['rule']}"}
    yield said["body"], {"rule": said["rule"], "rule_version": said["rule_version"], "links": links}


_Saying = Callable[[Record, Mapping[str, Any], str], Iterator[tuple[str, Mapping[str, Any]]]]

SAYINGS: Mapping[Side, Mapping[str, tuple[str, _Saying]]] = {
    "supervision": {"push_made": ("push.made", _of_push), "push_moved": ("push.moved", _of_push)},
    "approval": {
        "task_opened": ("task.opened", _of_task),
        "task_reopened": ("task.reopened", _of_task),
        "task_withdrawn": ("task.withdrawn", _of_task),
        "rule_change_received": ("rule.received", _of_rule),
    },
}
"""By type of event: the kind that an endpoint is registered for, and who is told what."""

CHECKPOINT = "checkpoint.signed"
"""Not of one event: of the whole ledger, to whoever wants to hold it against us later."""
KINDS: Mapping[Side, frozenset[str]] = {
    side: frozenset(kind for kind, _ in sayings.values()) | {CHECKPOINT} for side, sayings in SAYINGS.items()
}
TEST = "webhook.test"


def told(side: Side, record: Record, link: str) -> Iterator[Told]:
    """Yield what is told of ``record``: nothing of most types."""
    if record.type not in SAYINGS[side]:
        return
    kind, saying = SAYINGS[side][record.type]
    for body, data in saying(record, orjson.loads(record.data), link):
        yield Told(body, kind, record.id, record.recorded_at, data)


def message_id(endpoint: UUID, event: UUID, kind: str, data: Mapping[str, Any]) -> UUID:
    """Return the id by which a receiver knows a repeat: it follows from event and endpoint, and so is the same after a
    crash. One event may tell a body twice, as receiver and as the one that is left."""
    return uuid5(NAMESPACE, f"webhook/{endpoint}/{event}/{kind}/{data.get('role', '')}")


def content_of(one: Told) -> bytes:
    """Return the body of the message: ``type``, ``timestamp`` (when it was recorded), ``data``."""
    body = orjson.dumps({"type": one.kind, "timestamp": one.at.isoformat(), "data": dict(one.data)})
    assert len(body) <= LARGEST, "ids and links alone are never so long"
    return body

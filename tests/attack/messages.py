"""The readers of what comes by the log and its topics, each as one function of bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from docs.every_event import every_event
from events.catalogue import CATALOGUE, Malformed, UnknownType, decode, encode
from events.envelope import partition_of
from events.log.commands import Command
from events.log.kafka import announcements, record
from services.approval import commands
from services.approval.batch_signature import Demand
from tests.attack.known import GOLDEN, KEYS, NOW
from tests.invented import BODY

TYPES = sorted(CATALOGUE)


def events(given: bytes) -> None:
    """An event's data, of a type and a version that the first two bytes choose."""
    kind = TYPES[given[0] % len(TYPES)] if given else TYPES[0]
    version = 1 + given[1] % CATALOGUE[kind].version if len(given) > 1 else 1
    with suppress(Malformed, UnknownType):
        decode(kind, version, given[2:])


def good_events() -> Sequence[bytes]:
    said = [encode(one) for one in every_event()]
    return [bytes((TYPES.index(kind), version - 1)) + data for kind, version, data in said]


def records(given: bytes) -> None:
    """What somebody wrote to a topic: headers, an empty line, the value. Read as an event, as an announcement and as a
    command; what cannot be read comes back as such, and nothing is raised."""
    head, _, value = given.partition(b"\n\n")
    headers = [
        (name.decode("latin-1"), text) for name, _, text in (line.partition(b": ") for line in head.split(b"\n"))
    ]
    said = dict(headers)
    key, partition = said.get("key"), 0
    with suppress(ValueError):
        partition = partition_of(UUID((key or b"").decode()))
    found = record.decode("approval", "linkage.approval.events", partition, 0, 0, key, value, headers)
    assert (
        found.defect
        or record.decode(
            "approval", "", partition, 0, 0, record.key_of(found), record.value_of(found), record.headers_of(found)
        ).data
        == found.data
    )
    announcements._read("approval", value)
    command = Command(partition, 0, NOW, said, value)
    commands.named_key(command)
    asked = commands.understand(command, {BODY})
    if isinstance(asked, commands.Asked):
        commands.signed(asked, command, KEYS, Demand.REGISTERED, NOW)


def good_records() -> Sequence[bytes]:
    golden = json.loads(GOLDEN.read_text())
    value = json.dumps(golden["value"], ensure_ascii=False, separators=(",", ":")).encode()
    lines = [f"{name}: {text}" for name, text in {"key": golden["key"], **golden["headers"]}.items()]
    stated = b'{"kind": "grant", "deciding_body": "' + BODY.encode() + b'"}'
    command = f"ce_source: {BODY}\nce_id: 1\nce_type: {commands.DECISION_COMMAND}\n\n".encode() + stated
    spoken = b'{"announced_at":"2026-11-24T04:00:00Z","outbox_pending":0,"outbox_oldest_at":null,"ledger_head":1,'
    spoken += b'"ledger_head_at":null,"applied":{},"reached":{},"checkpoint":null}'
    return ["\n".join(lines).encode() + b"\n\n" + value, command, b"key: 1\n\n" + spoken]

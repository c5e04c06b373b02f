"""What the linkage says and hears through Kafka, as an AsyncAPI 3.0 document: ``docs/api/linkage.asyncapi.json``.

Topics, partitions and what is kept come from the code that makes the topics, payloads from the models that are said,
headers and examples from the code that puts a record together: the document cannot say anything else than they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from docs import golden, invented, meanings
from docs.asyncapi_schemas import TEXT, schemas, to
from events.catalogue import CATALOGUE
from events.envelope import canonical
from events.log import Announcement
from events.log.kafka.announcements import value_of as announced
from events.log.kafka.topics import ANNOUNCEMENTS, COMMANDS, Topic, events_topic, replies_topic
from services.approval.commands import DECISION_COMMAND, MOST_BYTES
from services.approval.decision import Kind

FILE = golden.API / "linkage.asyncapi.json"
OF_EACH = (
    "events.limits",
    "events.deadlines",
    "events.people",
    "events.completeness",
    "events.statements",
    "events.parked",
)
"""Modules whose models each side says of itself."""
SIDES: Mapping[str, tuple[str, ...]] = {
    "approval": (
        "events.approval",
        "events.canary",
        "events.erasures",
        "events.stock",
        "events.opinions",
        "events.rule_answers",
        "events.pending_applications",
        "events.tasks",
        "events.standing",
        *OF_EACH,
    ),
    "supervision": (
        "events.supervision",
        "events.canary_return",
        "events.oversight",
        "events.code_mappings",
        "events.corrections",
        "events.expiry",
        "events.handovers",
        "events.penalties",
        "events.rule_changes",
        *OF_EACH,
    ),
}
"""Each side, and the modules whose models it says."""

_BINDING = "0.5.0"


def files() -> dict[Path, str]:
    return {FILE: golden.readable(document())}


def document() -> dict[str, Any]:
    """Return the document. The application that it describes is the linkage, both sides of it."""
    replies = replies_topic("{bureau}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "审管联动", "version": version("linkage"), "description": _INTRODUCTION},
        "defaultContentType": "application/json",
        "channels": {
            **{f"{side}Events": _channel(events_topic(side), _EVENTS.format(side), said_by(side)) for side in SIDES},
            "announcements": _channel(ANNOUNCEMENTS, _ANNOUNCEMENTS, ["announcement"]),
            "commands": _channel(COMMANDS, _COMMANDS, [DECISION_COMMAND]),
            "replies": _channel(replies, _REPLIES, ["command_answered"])
            | {
                "parameters": {
                    "bureau": {"description": "The bureau's 18-character code.", "examples": [invented.BODY]}
                }
            },
        },
        "operations": {
            **{f"send{side.capitalize()}Events": _operation("send", f"{side}Events", said_by(side)) for side in SIDES},
            **{
                f"receive{side.capitalize()}Events": _operation("receive", f"{side}Events", said_by(side))
                for side in SIDES
            },
            "announce": _operation("send", "announcements", ["announcement"]),
            "hear": _operation("receive", "announcements", ["announcement"]),
            "decide": _operation("receive", "commands", [DECISION_COMMAND])
            | {"reply": {"channel": to("channels", "replies"), "messages": [_of("replies", "command_answered")]}},
        },
        "components": {"messages": _messages(), "schemas": schemas()},
    }


def said_by(side: str) -> list[str]:
    """Return the types of event that ``side`` says."""
    return [name for name, entry in CATALOGUE.items() if entry.model.__module__ in SIDES[side]]


def _channel(topic: Topic, description: str, messages: list[str]) -> dict[str, Any]:
    kept = {
        name: [value] if name == "cleanup.policy" else orjson.loads(value)
        for name, value in topic.configuration.items()
    }
    kafka = {
        "topic": topic.name,
        "partitions": topic.partitions,
        "topicConfiguration": kept,
        "bindingVersion": _BINDING,
    }
    return {
        "address": topic.name,
        "description": description,
        "messages": {name: to("components", "messages", name) for name in messages},
        "bindings": {"kafka": kafka},
    }


def _operation(action: str, channel: str, messages: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": to("channels", channel),
        "messages": [_of(channel, name) for name in messages],
    }


def _of(channel: str, message: str) -> dict[str, str]:
    return to("channels", channel, "messages", message)


def _messages() -> dict[str, Any]:
    carried = golden.carried(golden.record())
    accepted, refused = golden.replies()
    told = golden.examples()
    found = {}
    for name, entry in CATALOGUE.items():
        found[name] = _message(
            name,
            meanings.EVENTS[name],
            headers=to("components", "schemas", "EventHeaders"),
            payload=_event_payload(entry.model.__name__),
            key=_STREAM,
            examples=[{"payload": {"data": told[name].model_dump(mode="json")}}],
        )
    found["permit_granted"]["examples"] = [_example(carried)]
    found["announcement"] = _message(
        "announcement",
        "What a side says of itself, so that silence is told from quiet.",
        payload=to("components", "schemas", "Announcement"),
        key={"enum": list(SIDES), "description": "The side that speaks: of each only the newest is kept."} | TEXT,
        examples=[{"payload": orjson.loads(announced(_announcement()))}],
    )
    found[DECISION_COMMAND] = _message(
        DECISION_COMMAND,
        f"One decision of a bureau, {MOST_BYTES // 1024} KB at most.",
        headers=to("components", "schemas", "CommandHeaders"),
        payload=to("components", "schemas", "Decision"),
        key=TEXT | {"description": _COMMAND_KEY},
        examples=[
            {
                "headers": {"ce_id": "invented-1", "ce_source": invented.BODY, "ce_type": DECISION_COMMAND},
                "payload": orjson.loads(canonical(invented.decision(Kind.GRANT, batch=None).model_dump(mode="json"))),
            }
        ],
    )
    found["command_answered"] = _message(
        "command_answered",
        "What became of a command. The same reply may come twice, with the same ce_id.",
        headers=to("components", "schemas", "ReplyHeaders"),
        payload=to("components", "schemas", "Answer"),
        key=TEXT | {"description": "The command's ce_id."},
        examples=[_example(accepted), _example(refused)],
    )
    for name in (*CATALOGUE, "command_answered"):
        found[name]["correlationId"] = {"location": "$message.header#/ce_correlationid"}
    return found


def _message(name: str, summary: str, *, key: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    kafka = {"key": dict(key), "bindingVersion": _BINDING}
    return {
        "name": name,
        "title": name,
        "summary": summary,
        "contentType": "application/json",
        "bindings": {"kafka": kafka},
        **said,
    }


def _example(carried: Mapping[str, Any]) -> dict[str, Any]:
    return {"headers": carried["headers"], "payload": carried["value"]}


def _announcement() -> Announcement:
    at = golden.RECORDED_AT
    return Announcement("approval", at, 2, at, 4711, at, {"supervision": 118}, {"supervision": 118})


def _event_payload(model: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": to("components", "schemas", model),
            "personal": TEXT | {"contentEncoding": "base64", "description": _PERSONAL},
        },
        "additionalProperties": False,
    }


_STREAM = TEXT | {"format": "uuid", "description": "The stream, as `ce_subject`: its events keep their order."}
_INTRODUCTION = """What the two sides say to one another through Kafka, and what bureaus send and are answered.
Headers are CloudEvents 1.0 in binary mode. Only the two services read and write events and announcements; departments
read their lists."""
_EVENTS = "The ledger of the {} side, in the order of its numbers; kept for ever. The key is the stream."
_ANNOUNCEMENTS = "What each side says of itself, twice a second; only the newest of each is kept."
_COMMANDS = """Decisions that bureaus publish, with personal facts in the open: let only bureaus write here and only
the approval side read. Commands of one key are decided in the order in which they were sent."""
_REPLIES = "The outcomes for one bureau; made with its first reply. Let each bureau read only its own."
_PERSONAL = "Names, numbers and free texts of persons, encrypted under the party's own key."
_COMMAND_KEY = """Whatever keeps the order that the bureau needs, best the permit's record number in its own system.
No permit number: some of them are identity numbers."""

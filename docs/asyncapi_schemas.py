"""The schemas of the AsyncAPI document: payloads from the models that are said, headers from records as carried.

Written in what JSON Schema draft 07 knows, which AsyncAPI 3.0 takes as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from docs import golden, meanings
from events.catalogue import CATALOGUE
from events.log import Announcement
from services.approval.commands import DECISION_COMMAND, MOST_ID, SIGNATURE
from services.approval.decision import Decision
from services.interface import REFERENCE, Fault

TEXT: dict[str, Any] = {"type": "string"}
_NOT_ALWAYS = {"ce_correlationid", "ce_causationid"}
"""Headers that an event carries only when there is something to say."""


def to(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}


def schemas() -> dict[str, Any]:
    said = [(entry.model, "serialization") for entry in CATALOGUE.values()]
    _, found = models_json_schema(
        [*said, (Decision, "validation"), (Fault, "validation")],  # type: ignore[list-item]
        ref_template=REFERENCE,
    )
    schemas: dict[str, Any] = found["$defs"]
    for name, entry in CATALOGUE.items():
        for field, schema in schemas[entry.model.__name__]["properties"].items():
            if "$ref" not in schema:
                schema["description"] = meanings.FIELDS.get(f"{name}.{field}") or meanings.FIELDS[field]
    return schemas | {
        "EventHeaders": _headers(golden.carried(golden.record())["headers"], _about_events(), _NOT_ALWAYS),
        "CommandHeaders": _command_headers(),
        "ReplyHeaders": _headers(golden.replies()[0]["headers"], meanings.REPLY),
        "Announcement": _announced(),
        "Answer": _ANSWER,
    }


def _headers(
    carried: Mapping[str, str], about: Mapping[str, str], optional: AbstractSet[str] = frozenset()
) -> dict[str, Any]:
    """Return the schema of headers that are ``carried``, with what there is to say ``about`` each."""
    return {
        "type": "object",
        "required": sorted(carried.keys() - optional),
        "properties": {name: TEXT | {"description": about[name]} for name in carried},
    }


def _about_events() -> dict[str, str]:
    return {f"ce_{name}": meaning for name, meaning in meanings.ENVELOPE.items()} | {
        "content-type": "Always `application/json`.",
        "traceparent": "W3C trace context: what is correlated is one trace.",
    }


def _command_headers() -> dict[str, Any]:
    about: dict[str, dict[str, Any]] = {
        "ce_id": {"minLength": 1, "maxLength": MOST_ID, "description": _COMMAND_ID},
        "ce_source": {
            "pattern": "^[0-9A-Z]{18}$",
            "description": "The bureau's code. The decision's `deciding_body` must be the same.",
        },
        "ce_type": {"const": DECISION_COMMAND},
    }
    return {
        "type": "object",
        "required": sorted(about),
        "properties": {name: TEXT | more for name, more in about.items()} | {SIGNATURE: TEXT | _SIGNATURE},
    }


_SIGNATURE = {
    "pattern": "^key=[0-9a-f]{16},sig=[A-Za-z0-9+/=]{1,200}$",
    "description": "The bureau's signature over the decision. It must be there once the bureau has registered a key.",
}


def _announced() -> dict[str, Any]:
    schema = TypeAdapter(Announcement).json_schema()
    del schema["properties"]["source"]  # it is the key
    for name, about in meanings.ANNOUNCEMENT.items():
        schema["properties"][name]["description"] = about
    return schema | {"description": "", "required": sorted(schema["properties"])}


_COMMAND_ID = "The idempotency key: a command that is sent again with the same one gets the first answer."
_ANSWER: Mapping[str, Any] = {
    "oneOf": [
        {
            "title": "Accepted",
            "type": "object",
            "required": ["accepted", "event", "permit", "type", "version", "wait_for"],
            "properties": {
                "accepted": {"const": True},
                "permit": TEXT | {"format": "uuid"},
                "version": {"type": "integer", "minimum": 1},
                "event": TEXT | {"format": "uuid"},
                "type": TEXT | {"description": "The type of the event that was recorded."},
                "wait_for": TEXT
                | {"description": "With it the supervision side is asked to answer once this is visible."},
                "flagged": {
                    "type": "array",
                    "items": to("components", "schemas", "RuleMet"),
                    "description": "The rule changes that the decision meets; absent when it meets none.",
                },
                "repeated": {"const": True, "description": "The first answer, given once more."},
            },
        },
        {
            "title": "Refused",
            "type": "object",
            "required": ["accepted", "field", "repair", "rule", "text"],
            "properties": {
                "accepted": {"const": False},
                "rule": TEXT | {"description": "Code of the rule, for programs."},
                "text": TEXT | {"description": "What is wrong, for the clerk."},
                "repair": TEXT | {"description": "What to do, for the clerk."},
                "field": TEXT | {"description": "The field that it is about; empty when it is about none."},
                "faults": {"type": "array", "items": to("components", "schemas", "Fault")},
                "repeated": {"const": True, "description": "The first answer, given once more."},
            },
        },
    ]
}

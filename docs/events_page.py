"""``events.md``: every type of event and what its fields hold, as the catalogue says it."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Union, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import BaseModel

from docs import meanings
from docs.every_event import every_event
from docs.markdown import table
from events.approval import Decided, Party, PermitFacts, RuleMet
from events.catalogue import CATALOGUE, encode
from events.handovers import PushNumbers, ReturnedRow
from events.limits import CalendarDay
from events.penalties import Candidate, MatchedPermit, PenaltyFacts
from events.pending_applications import MatterCount
from events.rule_answers import Act
from events.rule_changes import BodyInScope, Document, OtherCode
from events.supervision import CarriedDecision, Receiver
from events.tasks import TaskFacts, TaskLimit
from events.upcasting import STEPS

HEAD = "<!-- Written by `python -m docs.generated`: do not edit by hand. -->"
PLAIN: Mapping[object, str] = {
    str: "text",
    int: "number",
    bool: "true or false",
    date: "date",
    datetime: "time with zone",
    UUID: "id",
}
NESTED: tuple[type[BaseModel], ...] = (
    PermitFacts,
    Party,
    CarriedDecision,
    Receiver,
    CalendarDay,
    PenaltyFacts,
    MatchedPermit,
    Candidate,
    RuleMet,
    Document,
    PushNumbers,
    ReturnedRow,
    BodyInScope,
    OtherCode,
    Act,
    TaskFacts,
    TaskLimit,
    MatterCount,
)


def kind_of(annotation: object) -> str:
    """Return what a field holds, in words."""
    inside = get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        words = [kind_of(one) for one in inside if one is not type(None)]
        return " or ".join(words) + (" or null" if type(None) in inside else "")
    if get_origin(annotation) is tuple:
        return f"list of {kind_of(inside[0])}"
    if get_origin(annotation) is dict:
        return "object"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.__name__
    return PLAIN[annotation]


def meaning_of(event: str, field: str) -> str:
    return meanings.FIELDS.get(f"{event}.{field}") or meanings.FIELDS[field]


def events_page() -> str:
    """Return ``docs/events.md``."""
    examples = {encode(said)[0]: said for said in every_event()}
    parts = [HEAD, "# Events", _EVENTS_INTRODUCTION, table(("attribute", "meaning"), meanings.ENVELOPE.items())]
    parts += ["## What the payloads are made of"]
    for model in NESTED:
        words = meanings.PARTS[model.__name__]
        fields = [(f"`{name}`", kind_of(f.annotation), words[name]) for name, f in model.model_fields.items()]
        parts += [f"### {model.__name__}", table(("field", "holds", "meaning"), fields)]
    shared = [(f"`{name}`", kind_of(f.annotation), meanings.FIELDS[name]) for name, f in Decided.model_fields.items()]
    parts += ["### Every decision", _EVERY_DECISION, table(("field", "holds", "meaning"), shared)]
    parts += ["## The types"]
    for name, entry in CATALOGUE.items():
        decision = issubclass(entry.model, Decided)
        own = {
            field: info
            for field, info in entry.model.model_fields.items()
            if not (decision and field in Decided.model_fields)
        }
        rows = [(f"`{field}`", kind_of(info.annotation), meaning_of(name, field)) for field, info in own.items()]
        parts += [f"### `{name}`, version {entry.version}", meanings.EVENTS[name]]
        parts += [
            f"Version {old} is still read ({_step(step)})." for (kind, old), step in STEPS.items() if kind == name
        ]
        if decision:
            parts += ["Carries what every decision carries" + (", and:" if rows else ".")]
        if rows:
            parts += [table(("field", "holds", "meaning"), rows)]
        example = orjson.dumps(examples[name].model_dump(mode="json"), option=orjson.OPT_INDENT_2).decode()
        parts += [f"<details><summary>Example (invented)</summary>\n\n```json\n{example}\n```\n\n</details>"]
    return "\n\n".join(parts) + "\n"


def _step(step: Callable[..., object]) -> str:
    return (step.__doc__ or "").replace("``", "`").strip().rstrip(".")


_EVENTS_INTRODUCTION = """What is said between the two sides, type by type. Data are canonical JSON (keys sorted,
UTF-8); fields that a reader does not know survive a round trip; a type or version that it does not know parks the
stream until the upgrade ([glossary](glossary.md): parked). Names, numbers and free texts of natural persons and
个体工商户, and every legal representative, are not in these data: they travel beside them, encrypted under the
party's own key ([decision 0007](decisions/0007-personal-part-sealed-per-party.md)).

## The envelope

Every event carries CloudEvents 1.0 attributes. On Kafka each is a header with the prefix `ce_` (the content type: the
header `content-type`), the record's key is the stream, and its value is `{"data": …, "personal": "<base64 of the
ciphertext>"}`, without `personal` when there is none."""
_EVERY_DECISION = "The events from `permit_granted` to `decision_retracted` all carry these."

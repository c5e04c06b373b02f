"""A decision as lists read it: every field checked as ``events.approval`` says it, at a quarter of the time.

The models there are for those who make and show decisions, one at a time; a batch of the intake spent a fifth of its
time in them. These read only, and keep nothing that they do not know. A test holds the two against each other, field by
field.
"""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

import msgspec
import orjson

from events.approval import Ground, Level, PartyKind, PermitStatus
from events.catalogue import CATALOGUE, DECISIONS, Malformed, UnknownType, refuse_nul
from events.envelope import canonical
from events.upcasting import upcast


class ListedParty(msgspec.Struct, frozen=True, gc=False):
    party_id: UUID
    kind: PartyKind
    label: str
    uscc: str | None = None


class ListedFacts(msgspec.Struct, frozen=True, gc=False):
    party: ListedParty
    matter_code: str
    region_code: str
    level: Level
    deciding_body: str
    deciding_body_name: str
    permit_number: str
    document_name: str
    document_number: str
    category: str
    certificate_name: str = ""
    content: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    place: str = ""
    commitment: bool = False
    contact: str = ""
    data_source: str = ""
    data_source_code: str = ""
    remark: str = ""


class ListedRule(msgspec.Struct, frozen=True, gc=False):
    rule: UUID
    title: str
    document_number: str
    effective_date: date
    ground: Ground


class ListedDecision(msgspec.Struct, frozen=True, gc=False):
    facts: ListedFacts
    status: PermitStatus
    decision_date: date
    reason: str = ""
    legal_basis: str = ""
    batch: UUID | None = None
    opening_stock: bool = False
    back_dated: bool = False
    personal_mark: str = ""
    flagged: tuple[ListedRule, ...] = ()
    changed: tuple[str, ...] = ()
    was: dict[str, str | None] = {}
    retracted_version: int | None = None


_DECODER = msgspec.json.Decoder(ListedDecision)


def read_decision(event_type: str, schema: int, data: bytes) -> ListedDecision:
    """Read a decision of any version up to today's.

    ``UnknownType`` for a type that is no decision or a version of a later release, ``Malformed`` when its data do
    not fit; the text names the field, never the value.
    """
    if event_type not in DECISIONS:
        raise UnknownType(event_type)
    current = CATALOGUE[event_type].version
    if schema > current:
        raise UnknownType(f"{event_type} version {schema}")
    refuse_nul(event_type, data)
    try:
        if schema < current:
            data = canonical(upcast(event_type, schema, current, orjson.loads(data)))
        return _DECODER.decode(data)
    except msgspec.ValidationError as error:
        raise Malformed(f"{event_type}: {_field(str(error))}") from None
    except (msgspec.DecodeError, orjson.JSONDecodeError, KeyError, TypeError):
        raise Malformed(f"{event_type}: not readable") from None


def _field(complaint: str) -> str:
    """Return the field that msgspec complains of. What else stands in its sentence may repeat the value."""
    place = re.search(r" - at `\$\.?([\w.\[\]]*)`$", complaint)
    missing = re.match(r"Object missing required field `(\w+)`", complaint)
    return ".".join(part[1] for part in (place, missing) if part) or "no object"

"""Does a text that goes out in the clear name whom a permit's sealed parts name? Then it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from events import approval, sealing
from events.approval import PartyKind
from events.catalogue import decode
from events.envelope import Record
from services.approval.parties import shown_of, subject_keys
from services.approval.task_rules import NAMES_A_PERSON
from services.refusing import Refused
from services.stated import StatedParty


def refuse_names(
    connection: psycopg.Connection, master: bytes, text: str, field: str, decisions: Sequence[Record]
) -> None:
    """Raise ``Refused`` for ``field`` when ``text`` names a holder that one of a permit's ``decisions`` names."""
    if not text:
        return
    holders = [said_in(record).facts.party for record in decisions]
    keys = subject_keys(connection, master, {holder.party_id for holder in holders})
    for record, holder in zip(decisions, holders, strict=True):
        key = keys.get(holder.party_id)
        if key is None or record.personal is None:
            continue
        with suppress(sealing.Unreadable):  # sealed by an earlier key, it is lost, and can be told by nobody
            personal = sealing.unseal(key, holder.party_id, record.personal)
            if shown_of(_stated(holder.kind, personal)).told_in(text):
                raise Refused(NAMES_A_PERSON, field=field)


def said_in(record: Record) -> approval.Decided:
    """Return the decision that a record of a permit's stream holds."""
    said = decode(record.type, record.schema, record.data)
    assert isinstance(said, approval.Decided)
    return said


def _stated(kind: PartyKind, personal: Mapping[str, Any]) -> StatedParty:
    """Return the party as it was stated when ``personal`` was sealed."""
    known = {name: personal[name] for name in StatedParty.model_fields if name in personal}
    return StatedParty.model_validate({"kind": kind} | known)

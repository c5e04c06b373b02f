"""A decision about a permit that is known: its facts stated once more as they stand, with what is new about it.

For a clerk who decides about a permit on a page and must not type its holder anew. What is personal is opened with the
holder's key, goes into the decision and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from events import sealing
from events.envelope import Record
from services.approval.decision import Decision, Kind
from services.approval.parties import subject_keys
from services.approval.recording import fold
from services.party_resolution import PARTY_ERASED
from services.refusing import Refused
from services.stated import StatedParty

_OF_ONE_DECISION = frozenset({"reason", "legal_basis", "batch", "opening_stock", "kind", "decision_date", "party"})


def restated(
    connection: psycopg.Connection, master: bytes, records: Sequence[Record], kind: Kind, new: Mapping[str, Any]
) -> Decision:
    """Return a decision of ``kind`` about the permit of ``records``; ``new`` are the fields that it states otherwise.

    ``Refused`` when the holder's personal facts were erased, ``ValidationError`` when ``new`` does not fit.
    """
    now = fold(records).now
    facts = now.facts if now else None
    key = subject_keys(connection, master, [facts.party.party_id]).get(facts.party.party_id) if facts else None
    if now is None or facts is None or key is None:
        raise Refused(PARTY_ERASED, field="party")
    personal: Mapping[str, Any] = {}
    with suppress(sealing.Unreadable):
        personal = sealing.unseal(key, facts.party.party_id, records[now.version - 1].personal or b"")
    if not personal:
        raise Refused(PARTY_ERASED, field="party")
    party = {name: personal[name] for name in StatedParty.model_fields if name in personal}
    said = facts.model_dump(mode="json", include=set(Decision.model_fields) - _OF_ONE_DECISION)
    kept = {name: personal[name] for name in said if name in personal}
    stated: dict[str, Any] = (
        said
        | kept
        | {"long_term": facts.valid_to is None, "party": {"kind": facts.party.kind} | party, "kind": kind}
        | dict(new)
    )
    return Decision.model_validate(stated)

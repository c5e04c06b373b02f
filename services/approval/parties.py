"""Who is the party of a decision? Found by a keyed fingerprint of its identifier, never by the identifier itself.

What is personal about a party is taken out of the public facts here and sealed under the party's own key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg

from events import sealing
from events.approval import Party, PartyKind
from services.approval.decision import Decision, StatedParty

PERSONAL_KINDS = frozenset({PartyKind.NATURAL, PartyKind.INDIVIDUAL_BUSINESS})


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party of the register with its own key, opened."""

    party_id: UUID
    key: bytes


@dataclass(frozen=True, slots=True)
class Parted:
    """A decision parted in two: what may be public, and what is sealed."""

    public: Decision
    party: Party
    sealed: bytes
    mark: str


def find_or_register(
    connection: psycopg.Connection, master: bytes, stated: Iterable[StatedParty]
) -> dict[str, KnownParty]:
    """Return the party of each identifier, registering the new ones in the caller's transaction."""
    kinds = {party.identifier: party.kind for party in stated}
    prints = {sealing.fingerprint(master, "party", identifier): identifier for identifier in kinds}
    known = _select(connection, master, prints)
    missing = sorted(p for p, identifier in prints.items() if identifier not in known)
    if missing:
        ids = [uuid4() for _ in missing]
        keys = [sealing.wrap(master, party_id, sealing.new_key()) for party_id in ids]
        connection.execute(
            """INSERT INTO parties (party, fingerprint, kind, wrapped_key)
               SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::text[], %s::bytea[]) ON CONFLICT DO NOTHING""",
            (ids, missing, [kinds[prints[p]].value for p in missing], keys),
        )
        # Read again: another writer may have registered one of them first, and its key is the one that counts.
        known |= _select(connection, master, {p: prints[p] for p in missing})
    return known


def _select(connection: psycopg.Connection, master: bytes, prints: Mapping[bytes, str]) -> dict[str, KnownParty]:
    rows = connection.execute(
        "SELECT fingerprint, party, wrapped_key FROM parties WHERE fingerprint = ANY(%s) AND wrapped_key IS NOT NULL",
        (list(prints),),
    )
    return {prints[row[0]]: KnownParty(row[1], sealing.unwrap(master, row[1], row[2])) for row in rows}


def subject_keys(connection: psycopg.Connection, master: bytes, parties: Iterable[UUID]) -> dict[UUID, bytes]:
    """Return the keys of ``parties``; one whose key was destroyed is absent."""
    rows = connection.execute(
        "SELECT party, wrapped_key FROM parties WHERE party = ANY(%s) AND wrapped_key IS NOT NULL", (list(parties),)
    )
    return {row[0]: sealing.unwrap(master, row[0], row[1]) for row in rows}


def part(decision: Decision, known: KnownParty) -> Parted:
    """Part ``decision``. For natural persons and 个体工商户 the free texts are personal too: they may name them."""
    stated = decision.party
    personal: dict[str, object] = {
        "name": stated.name,
        "identifier": stated.identifier,
        "identifier_kind": stated.identifier_kind,
        "legal_representative": stated.legal_representative,
        "representative_id_kind": stated.representative_id_kind,
        "representative_id": stated.representative_id,
        "other_ids": dict(stated.other_ids),
    }
    public = decision
    label, uscc = stated.name, stated.identifier
    if stated.kind in PERSONAL_KINDS:
        label = sealing.mask_name(stated.name, business=stated.kind is PartyKind.INDIVIDUAL_BUSINESS)
        uscc = ""
        hidden = {"content": decision.content, "remark": decision.remark, "place": decision.place}
        if stated.identifier in decision.permit_number:
            hidden["permit_number"] = decision.permit_number
        personal |= hidden
        public = decision.model_copy(
            update={name: "" if name != "permit_number" else "证件号码（已隐去）" for name in hidden}
        )
    party = Party(party_id=known.party_id, kind=stated.kind, label=label, uscc=uscc or None)
    mark = sealing.mark(known.key, personal)
    return Parted(public, party, sealing.seal(known.key, known.party_id, personal), mark)


def read_master_key(text: str) -> bytes:
    """Return the 32-byte master key written as 64 hexadecimal digits, or raise ``ValueError``."""
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError("the master key is 64 hexadecimal digits")
    return key


def new_master_key() -> str:
    return sealing.new_key().hex()

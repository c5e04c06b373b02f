"""Who is the party of a decision? Found by a keyed fingerprint of its identifier, never by the identifier itself.

What is personal about a party is taken out of the public facts here and sealed under the party's own key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID, uuid4

import psycopg
from stdnum.cn import ric
from stdnum.cn import uscc as credit_code

from events import columns, sealing
from events.approval import Party, PartyKind
from events.masking import mask_numbers
from services.approval.decision import Decision
from services.party_resolution import HIDDEN
from services.stated import StatedParty

PERSONAL_KINDS = frozenset({PartyKind.NATURAL, PartyKind.INDIVIDUAL_BUSINESS})
FREE_TEXTS = ("content", "remark", "place")
MAY_NAME = ("permit_number", "certificate_name", "document_name", "document_number", "category", "contact")
WORDS = ("reason", "legal_basis")
_TEXTS = (*FREE_TEXTS, *MAY_NAME, *WORDS)
TELL_NUMBERS = (*FREE_TEXTS, "contact", *WORDS)
"""Texts in which numbers by which a person is found are masked. Not those that are numbers of documents themselves."""
_all_texts = attrgetter(*_TEXTS)
_IDENTITY_NUMBER = re.compile("[0-9]{6}(19|20)[0-9]{9}[0-9Xx]")
HIDDEN_NUMBER = "证件号码（已隐去）"


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party of the register with its own key, opened."""

    party_id: UUID
    key: bytes


@dataclass(frozen=True, slots=True)
class Parted:
    """A decision parted in two: what may be public, and what is personal.

    ``mark`` covers what is personal about the permit, and not ``words``: personal texts about this decision alone.
    """

    public: Decision
    party: Party
    mark: str
    _key: bytes
    _facts: Mapping[str, object]
    _words: Mapping[str, object]

    def sealed(self, standing: bytes | None = None) -> bytes:
        """Return the sealed part of the event. With ``standing``, the sealed part of the permit as it stands, its
        facts are kept and only the words about this decision are added."""
        facts: Mapping[str, object] = self._facts
        if standing is not None:
            # What an earlier key sealed is lost for ever; then what was stated now is all that is known.
            with suppress(sealing.Unreadable):
                facts = sealing.unseal(self._key, self.party.party_id, standing)
            facts = {name: value for name, value in facts.items() if name not in WORDS}
        return sealing.seal(self._key, self.party.party_id, {**facts, **self._words})


def find_or_register(
    connection: psycopg.Connection, master: bytes, stated: Iterable[StatedParty]
) -> dict[str, KnownParty]:
    """Return the party of each identifier, registering the new ones in the caller's transaction.

    A party whose key was destroyed is absent: nothing is recorded under an erased name again, least of all by an old
    file that somebody imports once more.
    """
    kinds = {party.identifier: party.kind for party in stated}
    prints = {sealing.fingerprint(master, "party", identifier): identifier for identifier in kinds}
    known = _select(connection, master, prints)
    missing = sorted(p for p, identifier in prints.items() if identifier not in known)
    if missing:
        new = {p: KnownParty(uuid4(), sealing.new_key()) for p in missing}
        taken = connection.execute(
            """INSERT INTO parties (party, fingerprint, kind, wrapped_key)
               SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::text[], %s::bytea[]) ON CONFLICT DO NOTHING
               RETURNING fingerprint""",
            (
                columns.uuids(party.party_id for party in new.values()),
                columns.blobs(new),
                columns.texts(kinds[prints[p]].value for p in new),
                columns.blobs(sealing.wrap(master, party.party_id, party.key) for party in new.values()),
            ),
        )
        known |= {prints[row[0]]: new[row[0]] for row in taken}
        # Another writer registered one of them first, and its key is the one that counts.
        if elsewhere := {p: prints[p] for p in missing if prints[p] not in known}:
            known |= _select(connection, master, elsewhere)
    return known


def _select(connection: psycopg.Connection, master: bytes, prints: Mapping[bytes, str]) -> dict[str, KnownParty]:
    rows = connection.execute(
        "SELECT fingerprint, party, wrapped_key FROM parties WHERE fingerprint = ANY(%s) AND wrapped_key IS NOT NULL",
        (columns.blobs(prints),),
    )
    return {prints[row[0]]: KnownParty(row[1], sealing.unwrap(master, row[1], row[2])) for row in rows}


def subject_keys(connection: psycopg.Connection, master: bytes, parties: Iterable[UUID]) -> dict[UUID, bytes]:
    """Return the keys of ``parties``; one whose key was destroyed is absent."""
    rows = connection.execute(
        "SELECT party, wrapped_key FROM parties WHERE party = ANY(%s) AND wrapped_key IS NOT NULL", (list(parties),)
    )
    return {row[0]: sealing.unwrap(master, row[0], row[1]) for row in rows}


def part(decision: Decision, known: KnownParty) -> Parted:
    """Part ``decision``. For natural persons and 个体工商户 the free texts are personal, for they may name them; for
    everybody, any text is that contains one of the personal names or numbers stated beside it."""
    shown = shown_of(decision.party)
    hidden = dict.fromkeys(FREE_TEXTS, "") if shown.personal else {}
    # A name that stands in none of the texts together stands in none of them alone: so it is with most decisions.
    if _tells(shown.telling, "".join(_all_texts(decision))):
        for field in _TEXTS:
            if _tells(shown.telling, getattr(decision, field)):
                hidden[field] = HIDDEN_NUMBER if field == "permit_number" else HIDDEN
    # Of whomever: a mobile telephone or an identity number in a text that is public otherwise is shown masked.
    for field in TELL_NUMBERS:
        if field not in hidden and (masked := mask_numbers(text := getattr(decision, field))) != text:
            hidden[field] = masked
    taken = {field: getattr(decision, field) for field in hidden}
    facts = stated_facts(decision.party) | {field: text for field, text in taken.items() if field not in WORDS}
    words = {field: text for field, text in taken.items() if field in WORDS}
    public = decision.model_copy(update=hidden) if hidden else decision
    party = shown.as_party(known)
    return Parted(public, party, sealing.mark(known.key, facts), known.key, facts, words)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a stated party. ``telling``: names and numbers that must stand in no public text."""

    kind: PartyKind
    personal: bool
    label: str
    uscc: str | None
    telling: Sequence[str]

    def as_party(self, known: KnownParty) -> Party:
        return Party(party_id=known.party_id, kind=self.kind, label=self.label, uscc=self.uscc)

    def told_in(self, text: str) -> bool:
        return _tells(self.telling, text)


def shown_of(stated: StatedParty) -> Shown:
    names = {stated.legal_representative, stated.representative_id}
    label, code = stated.name, stated.identifier
    personal = is_personal(stated)
    if personal:
        names |= {stated.name, stated.identifier, *stated.other_ids.values()}
        business = stated.kind is PartyKind.INDIVIDUAL_BUSINESS or stated.identifier.startswith("92")
        label, code = sealing.mask_name(stated.name, business=business), ""
    telling = [plain for plain in map(_plain, names) if len(plain) > 1]
    return Shown(stated.kind, personal, label, code or None, telling)


def stated_facts(stated: StatedParty) -> dict[str, object]:
    """Return what is sealed of every party, whatever its kind."""
    return {
        "name": stated.name,
        "identifier": stated.identifier,
        "identifier_kind": stated.identifier_kind,
        "legal_representative": stated.legal_representative,
        "representative_id_kind": stated.representative_id_kind,
        "representative_id": stated.representative_id,
        "other_ids": dict(stated.other_ids),
    }


def is_personal(stated: StatedParty) -> bool:
    """Tell whether name and number of a party are personal, also when it was entered as the wrong kind: a code that
    begins with 92 is a 个体工商户's, and an identity number is no organisation's."""
    number = stated.identifier
    return stated.kind in PERSONAL_KINDS or number.startswith("92") or _is_identity_number(number)


def _is_identity_number(number: str) -> bool:
    # By form and check digit alone: regions come and go, and the register of birthplaces knows only today's.
    if not _IDENTITY_NUMBER.fullmatch(number) or credit_code.is_valid(number):
        return False
    return bool(ric.calc_check_digit(number) == number[-1].upper())


def _tells(names: Iterable[str], text: str) -> bool:
    plain = _plain(text)
    return any(name in plain for name in names)


def _plain(text: str) -> str:
    """Write ``text`` without white space and in one case, as a name in it is looked for."""
    return "".join(text.split()).casefold()


def read_master_key(text: str) -> bytes:
    """Return the 32-byte master key written as 64 hexadecimal digits, or raise ``ValueError``."""
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError("the master key is 64 hexadecimal digits")
    return key


def new_master_key() -> str:
    return sealing.new_key().hex()

"""What the approval side wrote beside the ledger when its events were recorded, made again from those that came back.

Decisions and the registers of bodies and matters are whole afterwards. What cannot be made again is counted: the key of
a party that was first met after the backup stood in the lost database alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events import columns, sealing
from events.approval import Decided, Party
from events.catalogue import DECISIONS, decode
from events.envelope import Record
from events.erasures import PartyErased
from projections import party_facts
from services.approval import published
from services.approval.erasing import hear_erased
from services.approval.parties import HIDDEN_NUMBER, subject_keys
from services.approval.recording import number_print
from services.party_resolution import HIDDEN

PLACES = frozenset({"body_registered", "matter_mapped"})
NOTHING_BESIDE = frozenset({"canary_sent", "numbers_asked_for", "numbers_arrived"})
"""Nobody misses what was written with these: they are said anew by themselves."""


@dataclass(slots=True)
class LedgerRecovery:
    """``unknown_parties``: whose sealed names nobody can read any more. ``nameless``: permits whose own number was
    sealed under such a key, and are not found by it. ``only_in_ledger``: events of other types, whose registers are as
    old as the backup, by type."""

    master: bytes
    unknown_parties: set[UUID] = field(default_factory=set)
    nameless: set[UUID] = field(default_factory=set)
    only_in_ledger: Counter[str] = field(default_factory=Counter)

    def __call__(self, connection: psycopg.Connection, records: Sequence[Record]) -> None:
        decided: list[tuple[Record, Decided]] = []
        for record in records:
            if record.type in DECISIONS:
                said = decode(record.type, record.schema, record.data)
                assert isinstance(said, Decided)
                decided.append((record, said))
            elif record.type == "party_erased":
                erased = decode(record.type, record.schema, record.data)
                assert isinstance(erased, PartyErased)
                hear_erased(connection, erased)
            elif record.type in PLACES:
                _enter(connection, record)
            elif record.type not in NOTHING_BESIDE:
                self.only_in_ledger[record.type] += 1
        for record, said in decided:
            published.note(connection, [(record.stream, record.version, said)], record.recorded_at)
            if fact := party_facts.of_decision(record.stream, record.version, said, record.recorded_at):
                party_facts.write(connection, {fact.fact: fact})
        if batches := [(said.batch, record.stream, record.version) for record, said in decided if said.batch]:
            connection.execute(
                """INSERT INTO batch_entries SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[])
                   ON CONFLICT DO NOTHING""",
                columns.of_rows(("uuid", "uuid", "integer"), batches),
            )
        self._register(connection, {said.facts.party.party_id: said.facts.party for _, said in decided})
        self._number(connection, decided)

    def _register(self, connection: psycopg.Connection, parties: dict[UUID, Party]) -> None:
        """Register again whom a public code names, under the same id and a new key: what the old one sealed is lost."""
        rows = connection.execute("SELECT party FROM parties WHERE party = ANY(%s)", (columns.uuids(parties),))
        for party in parties.keys() - {row[0] for row in rows.fetchall()}:
            self.unknown_parties.add(party)
            code = parties[party].uscc
            if code:
                connection.execute(
                    """INSERT INTO parties (party, fingerprint, kind, wrapped_key) VALUES (%s, %s, %s, %s)
                       ON CONFLICT DO NOTHING""",
                    (
                        party,
                        sealing.fingerprint(self.master, "party", code),
                        parties[party].kind.value,
                        sealing.wrap(self.master, party, sealing.new_key()),
                    ),
                )

    def _number(self, connection: psycopg.Connection, decided: Sequence[tuple[Record, Decided]]) -> None:
        keys = subject_keys(connection, self.master, {said.facts.party.party_id for _, said in decided})
        prints: dict[bytes, UUID] = {}
        for record, said in decided:
            number = said.facts.permit_number
            if number in (HIDDEN, HIDDEN_NUMBER):
                number = _sealed_number(keys.get(said.facts.party.party_id), said.facts.party.party_id, record)
            if number:
                prints[number_print(self.master, said.facts.deciding_body, number)] = record.stream
            else:
                self.nameless.add(record.stream)
        connection.execute(
            """INSERT INTO permit_numbers (fingerprint, permit) SELECT * FROM unnest(%s::bytea[], %s::uuid[])
               ON CONFLICT DO NOTHING""",
            (columns.blobs(prints), columns.uuids(prints.values())),
        )


def _sealed_number(key: bytes | None, party: UUID, record: Record) -> str:
    facts: dict[str, Any] = {}
    if key and record.personal:
        with suppress(sealing.Unreadable):
            facts = sealing.unseal(key, party, record.personal)
    return str(facts.get("permit_number", ""))


def _enter(connection: psycopg.Connection, record: Record) -> None:
    content = decode(record.type, record.schema, record.data).model_dump(mode="json")
    connection.execute(
        """INSERT INTO place_entries (entry, kind, version, content) VALUES (%s, %s, %s, %s)
           ON CONFLICT (entry) DO UPDATE SET version = excluded.version, content = excluded.content""",
        (record.stream, record.type, record.version, Jsonb(content)),
    )

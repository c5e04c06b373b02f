"""The desk: decisions come in, each is checked against its permit, and what is accepted is recorded in one transaction.

API, files and topic all hand their decisions here. Handling is load, decide, append; deciding itself is in ``permit``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from events import sealing, store
from events.approval import Decided
from events.catalogue import decode, encode
from events.database import raw, savepoint
from events.envelope import NewEvent, Record, canonical, event_id, new_stream
from events.store import Lane, VersionConflict
from services.approval import permit as life
from services.approval.decision import Decision, Kind
from services.approval.parties import Parted, find_or_register, part
from services.approval.permit import Permit, Refused, Rule
from services.approval.publication_file.kind_of_decision import Ambiguous, Unchanged

SOURCE = "approval"
CHINA = ZoneInfo("Asia/Shanghai")
ATTEMPTS = 5

SAME_KEY_OTHER_CONTENT = Rule(
    "same_key_other_content", "同一幂等键已用于另一内容的请求。", "请为新的请求使用新的幂等键。"
)
PARTY_ERASED = Rule(
    "party_erased",
    "该行政相对人的个人信息已依法删除, 不能再以其名义登记。",
    "请核对证件号码; 确需登记的, 请联系系统管理员。",
)
BUSY = Rule("busy", "该许可正被其他人同时办理。", "请稍后重试。")


@dataclass(frozen=True, slots=True)
class Submission:
    """A decision as handed in. ``key`` makes a repeat by the same ``caller`` get the first answer."""

    decision: Decision
    caller: str = ""
    key: str = ""
    read_kind: Callable[[Permit, bool], Kind | Unchanged | Ambiguous] | None = None
    """For a file's row, which does not say its kind: reads it from the permit as it stands, and from whether the row
    states nothing new."""

    def digest(self) -> bytes:
        return hashlib.sha256(canonical(self.decision.model_dump(mode="json"))).digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one submission: the event that was recorded, or the rule that refused it."""

    accepted: bool
    permit: UUID | None = None
    version: int = 0
    event: UUID | None = None
    type: str = ""
    rule: str = ""
    text: str = ""
    repair: str = ""
    field: str = ""
    repeated: bool = False
    known: bool = False
    candidates: tuple[str, ...] = ()

    def answer(self) -> dict[str, Any]:
        """Return the outcome as the JSON that is kept for a repeat."""
        if not self.accepted:
            return {
                "accepted": False, "rule": self.rule, "text": self.text, "repair": self.repair, "field": self.field,
            }  # fmt: skip
        return {
            "accepted": True, "permit": str(self.permit), "version": self.version, "event": str(self.event),
            "type": self.type, "wait_for": f"{self.permit}@{self.version}",
        }  # fmt: skip

    def told(self) -> dict[str, Any]:
        """Return what the caller is told: the answer, and whether it is the first one once more."""
        return self.answer() | ({"repeated": True} if self.repeated else {})


def recalled(answer: dict[str, Any]) -> Outcome:
    """Return the outcome that ``answer`` was made of, marked as a repeat."""
    if not answer["accepted"]:
        return Outcome(repeated=True, **answer)
    return Outcome(
        True, UUID(answer["permit"]), answer["version"], UUID(answer["event"]), answer["type"], repeated=True
    )


def refusal(rule: Rule, text: str = "", field: str = "") -> Outcome:
    return Outcome(False, rule=rule.code, text=text or rule.text, repair=rule.repair, field=field)


def legal_today() -> date:
    """Return today's date in China. The only clock of the desk, and an argument of it."""
    return datetime.now(CHINA).date()


@dataclass(slots=True)
class _Work:
    """What one attempt has decided so far."""

    permits: dict[UUID, Permit] = field(default_factory=dict)
    numbers: dict[bytes, UUID] = field(default_factory=dict)
    new_numbers: dict[bytes, UUID] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    batches: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    sealed: dict[tuple[UUID, int], bytes | None] = field(default_factory=dict)

    def load(self, streams: Mapping[UUID, Sequence[Record]]) -> None:
        for stream, records in streams.items():
            self.permits[stream] = fold(records)
            self.sealed |= {(stream, record.version): record.personal for record in records}


class Desk:
    """Handles decisions against one approval database. Safe for several threads and processes at once."""

    def __init__(self, engine: Engine, master: bytes, today: Callable[[], date] = legal_today) -> None:
        self.engine = engine
        self.master = master
        self.today = today

    def handle(
        self,
        submissions: Sequence[Submission],
        *,
        lane: Lane = Lane.LIVE,
        connection: psycopg.Connection | None = None,
    ) -> list[Outcome]:
        """Decide ``submissions`` in order and record what is accepted, all in one transaction.

        With ``connection`` it is a part of the caller's transaction (an intake that moves its bookmark with it).
        When others append to the same permits at the same time it loads and decides again.
        """
        for _ in range(ATTEMPTS):
            try:
                if connection is not None:
                    with savepoint(connection):
                        return self._attempt(connection, submissions, lane)
                with self.engine.begin() as transaction:
                    return self._attempt(raw(transaction), submissions, lane)
            except VersionConflict:
                continue
        return [refusal(BUSY) for _ in submissions]

    def retract_batch(self, batch: UUID, reason: str) -> list[Outcome]:
        """Take back every decision of a wrongly imported file, newest first, each by an event of its own."""
        for _ in range(ATTEMPTS):
            try:
                with self.engine.begin() as transaction:
                    return self._retract_batch(raw(transaction), batch, reason)
            except VersionConflict:
                continue
        return [refusal(BUSY)]

    def permit(self, connection: psycopg.Connection, permit: UUID) -> tuple[Permit, list[Record]]:
        """Return a permit's state and the records it is folded from."""
        records = store.load_streams(connection, SOURCE, [permit])[permit]
        return fold(records), records

    def _attempt(self, connection: psycopg.Connection, submissions: Sequence[Submission], lane: Lane) -> list[Outcome]:
        first = _answers(connection, submissions)
        fresh = [s for s in submissions if (s.caller, s.key) not in first]
        parties = find_or_register(connection, self.master, [s.decision.party for s in fresh])
        work = self._load(connection, fresh)
        keep: dict[tuple[str, str], tuple[bytes, Outcome]] = {}
        outcomes = []
        for submission in submissions:
            name = (submission.caller, submission.key)
            if submission.key and (earlier := first.get(name) or keep.get(name)):
                same = earlier[0] == self._request(submission)
                outcomes.append(recalled(earlier[1].answer()) if same else refusal(SAME_KEY_OTHER_CONTENT))
                continue
            party = parties.get(submission.decision.party.identifier)
            if party is None:
                outcome = refusal(PARTY_ERASED, field="party")
            else:
                outcome = self._decide(submission, part(submission.decision, party), work)
            outcomes.append(outcome)
            if submission.key:
                keep[name] = (self._request(submission), outcome)
        self._record(connection, work, lane)
        _keep_answers(connection, keep)
        return outcomes

    def _load(self, connection: psycopg.Connection, submissions: Sequence[Submission]) -> _Work:
        prints = [self._number(s.decision) for s in submissions]
        rows = connection.execute(
            "SELECT fingerprint, permit FROM permit_numbers WHERE fingerprint = ANY(%s)", (prints,)
        )
        work = _Work(numbers=dict(rows.fetchall()))
        work.load(store.load_streams(connection, SOURCE, work.numbers.values()))
        return work

    def _decide(self, submission: Submission, parted: Parted, work: _Work) -> Outcome:
        number = self._number(submission.decision)
        stream = work.numbers.get(number) or new_stream()
        before = work.permits.get(stream, Permit())
        public = parted.public
        if submission.read_kind:
            repeats = life.states_nothing_new(before, public, parted.party, parted.mark)
            kind = submission.read_kind(before, repeats)
            if isinstance(kind, Unchanged):
                return Outcome(False, stream, before.version, known=True)
            if isinstance(kind, Ambiguous):
                return Outcome(False, text=kind.reason, candidates=tuple(one.value for one in kind.candidates))
            public = public.model_copy(update={"kind": kind})
        try:
            event = life.decide(before, public, parted.party, parted.mark, self.today())
        except Refused as refused:
            return refusal(refused.rule, refused.text, refused.field)
        if number not in work.numbers:
            work.numbers[number] = work.new_numbers[number] = stream
        standing = None
        if before.now is not None and event.personal_mark != parted.mark:
            standing = work.sealed[stream, before.now.version]
        return self._note(work, stream, before, event, parted.sealed(standing))

    def _note(self, work: _Work, stream: UUID, before: Permit, event: Decided, sealed: bytes | None) -> Outcome:
        version = before.version + 1
        work.permits[stream] = life.evolve(before, version, event)
        work.sealed[stream, version] = sealed
        name, schema, data = encode(event)
        occurred_at = datetime.combine(event.decision_date, time(), CHINA)
        work.events.append(NewEvent(stream, version, name, schema, occurred_at, data, sealed, correlation=event.batch))
        if event.batch:
            work.batches.append((event.batch, stream, version))
        return Outcome(True, stream, version, event_id(SOURCE, stream, version), name)

    def _record(self, connection: psycopg.Connection, work: _Work, lane: Lane) -> None:
        if not work.events:
            return
        if work.new_numbers:
            prints = sorted(work.new_numbers)
            inserted = connection.execute(
                """INSERT INTO permit_numbers (fingerprint, permit) SELECT * FROM unnest(%s::bytea[], %s::uuid[])
                   ON CONFLICT DO NOTHING""",
                (prints, [work.new_numbers[p] for p in prints]),
            ).rowcount
            if inserted != len(prints):
                raise VersionConflict  # somebody granted the same number while we decided
        store.append(connection, SOURCE, work.events, lane=lane)
        if work.batches:
            connection.execute(
                "INSERT INTO batch_entries SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[])",
                tuple(map(list, zip(*work.batches, strict=True))),
            )

    def _retract_batch(self, connection: psycopg.Connection, batch: UUID, reason: str) -> list[Outcome]:
        entries = connection.execute(
            "SELECT permit, version FROM batch_entries WHERE batch = %s ORDER BY permit, version DESC", (batch,)
        ).fetchall()
        work = _Work()
        work.load(store.load_streams(connection, SOURCE, (row[0] for row in entries)))
        outcomes = []
        for stream, version in entries:
            before = work.permits[stream]
            if all(entry.version != version for entry in before.entries):
                continue  # taken back before
            try:
                event = life.retract(before, version, reason, self.today())
            except Refused as refused:
                outcomes.append(refusal(refused.rule, refused.text, refused.field))
                continue
            standing = before.entries[-2].version if len(before.entries) > 1 else version
            outcomes.append(self._note(work, stream, before, event, work.sealed[stream, standing]))
        self._record(connection, work, Lane.BULK)
        connection.execute("DELETE FROM waiting_rows WHERE batch = %s", (batch,))
        return outcomes

    def _request(self, submission: Submission) -> bytes:
        # Keyed: a plain hash of all fields would let an identity number be guessed from the others.
        return sealing.fingerprint(self.master, "request", submission.digest().hex())

    def _number(self, decision: Decision) -> bytes:
        return number_print(self.master, decision.deciding_body, decision.permit_number)


def number_print(master: bytes, body: str, permit_number: str) -> bytes:
    """Return the fingerprint under which a body's permit number is known. Some numbers are identity numbers."""
    return sealing.fingerprint(master, "permit", f"{body}/{permit_number}")


def fold(records: Sequence[Record]) -> Permit:
    """Fold a permit's records into its state."""
    permit = Permit()
    for record in records:
        event = decode(record.type, record.schema, record.data)
        assert isinstance(event, Decided)
        permit = life.evolve(permit, record.version, event)
    return permit


def _answers(
    connection: psycopg.Connection, submissions: Sequence[Submission]
) -> dict[tuple[str, str], tuple[bytes, Outcome]]:
    keyed = [(s.caller, s.key) for s in submissions if s.key]
    if not keyed:
        return {}
    rows = connection.execute(
        """SELECT a.caller, a.key, a.request, a.answer FROM answers a
           JOIN unnest(%s::text[], %s::text[]) AS k (caller, key) ON a.caller = k.caller AND a.key = k.key""",
        ([k[0] for k in keyed], [k[1] for k in keyed]),
    )
    return {(row[0], row[1]): (row[2], recalled(row[3])) for row in rows}


def _keep_answers(connection: psycopg.Connection, keep: dict[tuple[str, str], tuple[bytes, Outcome]]) -> None:
    if not keep:
        return
    names = sorted(keep)
    kept = connection.execute(
        """INSERT INTO answers (caller, key, request, answer)
           SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::jsonb[]) ON CONFLICT DO NOTHING""",
        (
            [n[0] for n in names],
            [n[1] for n in names],
            [keep[n][0] for n in names],
            [Jsonb(keep[n][1].answer()) for n in names],
        ),
    ).rowcount
    if kept != len(names):
        raise VersionConflict  # the same key was handled at the same time: answer with what that one did

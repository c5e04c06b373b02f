"""The desk: decisions come in, each is checked against its permit, and what is accepted is recorded in one transaction.

API, files and topic all hand their decisions here. Handling is load, decide, append; deciding itself is in ``permit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events import sealing, store
from events.answered import Answered, Name, first_answers, keep_answers
from events.database import raw, savepoint
from events.envelope import Record, new_stream
from events.store import Lane, VersionConflict
from projections import received_numbers
from projections.completeness import SENDER
from services.access.rows import decide_on_all, deciding_on_all
from services.approval import permit as life
from services.approval import signing_keys
from services.approval.batch_signature import Demand
from services.approval.outcome import (
    BUSY,
    SOURCE,
    Outcome,
    Submission,
    recalled,
    refusal,
)
from services.approval.parties import Parted, find_or_register, part
from services.approval.permit_state import Permit
from services.approval.publication_file.kind_of_decision import Ambiguous, Unchanged
from services.approval.recording import Work, fold, load_permits, number_print
from services.approval.rule_register import read_rules
from services.approval.rules_in_force import NO_RULES, RulesInForce
from services.party_resolution import PARTY_ERASED
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused
from services.working_days import china_day

ATTEMPTS = 5


def legal_today() -> date:
    """Return today's date in China. The only clock of the desk, and an argument of it."""
    return china_day()


class Desk:
    """Handles decisions against one approval database. Safe for several threads and processes at once."""

    def __init__(
        self,
        engine: Engine,
        master: bytes,
        today: Callable[[], date] = legal_today,
        demand: Demand = Demand.REGISTERED,
    ) -> None:
        """``demand``: of whom those who hand decisions in by program take a signature."""
        self.engine = engine
        self.master = master
        self.today = today
        self.demand = demand
        self._rules = NO_RULES

    def handle(
        self,
        submissions: Sequence[Submission],
        *,
        lane: Lane = Lane.LIVE,
        connection: psycopg.Connection | None = None,
    ) -> list[Outcome]:
        """Decide ``submissions`` in order and record what is accepted, all in one transaction.

        With ``connection`` it is a part of the caller's transaction (an intake that moves its bookmark with it).
        When others append to the same permits at the same time it loads and decides again. Whoever hands in admits:
        it is decided on all that is recorded, and written for whoever's scope it is.
        """
        for _ in range(ATTEMPTS):
            try:
                if connection is not None:
                    with savepoint(connection):
                        decide_on_all(connection)
                        return self._attempt(connection, submissions, lane)
                with deciding_on_all(), self.engine.begin() as transaction:
                    return self._attempt(raw(transaction), submissions, lane)
            except VersionConflict:
                continue
        return [refusal(BUSY) for _ in submissions]

    def retract_batch(self, batch: UUID, reason: str) -> list[Outcome]:
        """Take back every decision of a wrongly imported file, newest first, each by an event of its own."""
        for _ in range(ATTEMPTS):
            try:
                with deciding_on_all(), self.engine.begin() as transaction:
                    return self._retract_batch(raw(transaction), batch, reason)
            except VersionConflict:
                continue
        return [refusal(BUSY)]

    def retract(self, connection: psycopg.Connection, permit: UUID, version: int, reason: str) -> Outcome:
        """Take one decision back, as a part of the caller's transaction; the newest that stands, or it is refused."""
        decide_on_all(connection)
        work = Work()
        work.load(store.load_streams(connection, SOURCE, [permit]))
        outcome = self._retract(work, permit, version, reason)
        self._record(connection, work, Lane.LIVE)
        return outcome

    def permit(self, connection: psycopg.Connection, permit: UUID) -> tuple[Permit, list[Record]]:
        """Return a permit's state and the records it is folded from."""
        records = store.load_streams(connection, SOURCE, [permit])[permit]
        return fold(records), records

    def _attempt(self, connection: psycopg.Connection, submissions: Sequence[Submission], lane: Lane) -> list[Outcome]:
        first = first_answers(connection, ((s.caller, s.key) for s in submissions))
        fresh = [s for s in submissions if (s.caller, s.key) not in first]
        parties = find_or_register(connection, self.master, [s.decision.party for s in fresh])
        work = self._load(connection, fresh)
        rules = self._rules_of(connection, work.rules_version)
        keep: dict[Name, Answered] = {}
        outcomes = []
        for submission in submissions:
            name = (submission.caller, submission.key)
            if submission.key and (earlier := first.get(name) or keep.get(name)):
                same = earlier.request == self._request(submission)
                outcomes.append(recalled(earlier.answer) if same else refusal(SAME_KEY_OTHER_CONTENT))
                continue
            party = parties.get(submission.decision.party.identifier)
            if party is None:
                outcome = refusal(PARTY_ERASED, field="party")
            else:
                outcome = self._decide(submission, part(submission.decision, party), work, rules)
            outcomes.append(outcome)
            if submission.key:
                keep[name] = Answered(self._request(submission), outcome.answer())
        self._record(connection, work, lane)
        signing_keys.keep(connection, self.master, _signed(submissions, outcomes))
        # Refused or accepted, it has come; what a sender repeats with its key was noted the first time.
        received_numbers.note(connection, _numbered(fresh, self.today()))
        keep_answers(connection, keep)
        return outcomes

    def _load(self, connection: psycopg.Connection, submissions: Sequence[Submission]) -> Work:
        named = {(s.decision.deciding_body, s.decision.permit_number) for s in submissions}
        return load_permits(connection, {name: number_print(self.master, *name) for name in named})

    def _rules_of(self, connection: psycopg.Connection, version: int) -> RulesInForce:
        """Return the rule changes of ``version``, read once for each version by each desk."""
        if self._rules.version != version:
            self._rules = read_rules(connection)
        return self._rules

    def _decide(self, submission: Submission, parted: Parted, work: Work, rules: RulesInForce) -> Outcome:
        number = work.prints[submission.decision.deciding_body, submission.decision.permit_number]
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
            basis = submission.decision.legal_basis
            event = life.decide(before, public, parted.party, parted.mark, self.today(), rules, basis)
        except Refused as refused:
            return refusal(refused.rule, refused.text, refused.field)
        if number not in work.numbers:
            work.numbers[number] = work.new_numbers[number] = stream
        standing = None
        if before.now is not None and event.personal_mark != parted.mark:
            standing = work.sealed[stream, before.now.version]
        return work.note(stream, before, event, parted.sealed(standing))

    def _record(self, connection: psycopg.Connection, work: Work, lane: Lane) -> None:
        work.record(connection, lane)

    def _retract_batch(self, connection: psycopg.Connection, batch: UUID, reason: str) -> list[Outcome]:
        entries = connection.execute(
            "SELECT permit, version FROM batch_entries WHERE batch = %s ORDER BY permit, version DESC", (batch,)
        ).fetchall()
        work = Work()
        work.load(store.load_streams(connection, SOURCE, (row[0] for row in entries)))
        outcomes = []
        for stream, version in entries:
            if all(entry.version != version for entry in work.permits[stream].entries):
                continue  # taken back before
            outcomes.append(self._retract(work, stream, version, reason))
        self._record(connection, work, Lane.BULK)
        connection.execute("DELETE FROM waiting_rows WHERE batch = %s", (batch,))
        return outcomes

    def _retract(self, work: Work, stream: UUID, version: int, reason: str) -> Outcome:
        before = work.permits[stream]
        try:
            event = life.retract(before, version, reason, self.today())
        except Refused as refused:
            return refusal(refused.rule, refused.text, refused.field)
        standing = before.entries[-2].version if len(before.entries) > 1 else version
        return work.note(stream, before, event, work.sealed[stream, standing])

    def _request(self, submission: Submission) -> bytes:
        # Keyed: a plain hash of all fields would let an identity number be guessed from the others.
        return sealing.fingerprint(self.master, "request", submission.digest().hex())


def _signed(submissions: Sequence[Submission], outcomes: Sequence[Outcome]) -> Iterator[signing_keys.Recorded]:
    for one, outcome in zip(submissions, outcomes, strict=True):
        if one.signed and outcome.accepted and not outcome.repeated and outcome.permit:
            yield one.signed, outcome.permit, outcome.version


def _numbered(submissions: Sequence[Submission], today: date) -> Iterator[tuple[str, date, int]]:
    """Yield the senders' own numbers. A sender is the system that calls, or else the deciding body."""
    for one in submissions:
        if one.decision.sender_number is not None:
            yield SENDER + (one.caller or one.decision.deciding_body), today, one.decision.sender_number

"""The desk of penalties: each command is checked against what is recorded, and the permits are looked for, all in one
transaction.

Who the party is must be asked of the approval side first, outside the transaction. While it is away nothing is
recorded, and no answer is kept: what was asked may be sent again as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events import columns
from events.answered import Answered, Name, first_answers, keep_answers
from events.approval import Party
from events.database import raw
from events.envelope import canonical, new_stream
from events.penalties import PenaltyStatus
from events.store import Lane, VersionConflict
from services.access.rows import all_rows, decide_on_all
from services.party_resolution import PARTY_ERASED, ResolvedParty
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.supervision import penalty as life
from services.supervision.party_register import PartyRegister, RegisterAway
from services.supervision.penalty import UNKNOWN_PENALTY, Penalty
from services.supervision.penalty_outcome import Asked, Outcome
from services.supervision.penalty_permits import confirm
from services.supervision.penalty_questions import question
from services.supervision.penalty_stated import Amend, Annul, Confirm, Impose
from services.supervision.penalty_work import Work
from services.working_days import china_day

ATTEMPTS = 5
BUSY = Rule("busy", "该处罚正被其他人同时办理。", "请稍后重试。")

Resolved = Mapping[int, ResolvedParty]
"""What the approval side answered, by the place of the command among those asked."""


class PenaltyDesk:
    """Handles penalties against one supervision database. Safe for several threads and processes at once."""

    def __init__(self, engine: Engine, register: PartyRegister, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.register = register
        self.clock = clock

    def handle(self, asked: Sequence[Asked], *, lane: Lane = Lane.LIVE) -> list[Outcome]:
        """Decide ``asked`` in order, each for itself, and record what is accepted, all in one transaction.

        When others change the same penalties at the same time it loads and decides again.
        """
        now = self.clock()
        resolved, refused = self._resolve(asked, china_day(now))
        for _ in range(ATTEMPTS):
            try:
                with self.engine.begin() as transaction:
                    return _attempt(raw(transaction), asked, resolved, refused, Work(now), lane)
            except VersionConflict:
                continue
        return [Outcome(refused=refused.get(index, Refused(BUSY))) for index in range(len(asked))]

    def _resolve(self, asked: Sequence[Asked], today: date) -> tuple[Resolved, dict[int, Refused]]:
        """Return who the parties are, and which commands can be refused without looking further."""
        refused: dict[int, Refused] = {}
        with self.engine.connect() as connection:
            parties = _parties(raw(connection), [one.penalty for one in asked if one.penalty])
        questions = {}
        for index, one in enumerate(asked):
            try:
                if isinstance(one.command, Impose | Amend):
                    life.check(one.command.penalty, today)
                if (about := question(one.command, one.penalty, parties)) is not None:
                    questions[index] = about
            except Refused as error:
                refused[index] = error
        if not questions:
            return {}, refused
        try:
            answers = dict(zip(questions, self.register.resolve(list(questions.values())), strict=True))
        except RegisterAway as away:
            return {}, refused | dict.fromkeys(questions, away)
        erased = {index: Refused(PARTY_ERASED, field="party") for index, found in answers.items() if found is None}
        return {index: found for index, found in answers.items() if found is not None}, refused | erased


def _parties(connection: psycopg.Connection, penalties: Sequence[UUID]) -> dict[UUID, Party]:
    rows = connection.execute(
        "SELECT penalty, facts -> 'party' FROM penalties WHERE penalty = ANY(%s)", (columns.uuids(penalties),)
    )
    return {penalty: Party.model_validate(party) for penalty, party in rows}


def _attempt(
    connection: psycopg.Connection,
    asked: Sequence[Asked],
    resolved: Resolved,
    refused: Mapping[int, Refused],
    work: Work,
    lane: Lane,
) -> list[Outcome]:
    with all_rows(connection):
        first = first_answers(connection, (one.name for one in asked))
    work.load(connection, [one.penalty for one in asked if one.penalty])
    # A penalty is matched to every permit of its party, on whichever list it is; and one of a file is known by its body
    # and number, whoever hands the file in: not seen, it would be recorded a second time.
    decide_on_all(connection)
    work.load(connection, [], _numbers(asked))
    work.load_permits(connection, (found.party.party_id for found in resolved.values()))
    keep: dict[Name, Answered] = {}
    outcomes = []
    for index, one in enumerate(asked):
        request = _request(one, resolved.get(index))
        if one.key and (earlier := first.get(one.name) or keep.get(one.name)):
            same = earlier.request == request
            outcomes.append(Outcome(first=earlier.answer) if same else Outcome(refused=Refused(SAME_KEY_OTHER_CONTENT)))
            continue
        try:
            if index in refused:
                raise refused[index]
            outcome = _decide(work, one, resolved.get(index))
        except Refused as error:
            outcome = Outcome(refused=error)
        outcomes.append(outcome)
        if one.key and not isinstance(outcome.refused, RegisterAway):
            keep[one.name] = Answered(request, outcome.answer())
    work.record(connection, lane)
    work.look_again(connection)
    keep_answers(connection, keep)
    return outcomes


def _numbers(asked: Sequence[Asked]) -> list[tuple[str, str]]:
    stated = [one.command.penalty for one in asked if isinstance(one.command, Impose)]
    return [(one.department, one.document_number) for one in stated]


def _request(one: Asked, found: ResolvedParty | None) -> bytes:
    """Return the digest of a request. What is personal in it goes in as its keyed mark: a plain hash of all fields
    would let an identity number be guessed from the others."""
    command = one.command
    if isinstance(command, Impose | Amend):
        said = command.model_dump(
            mode="json", exclude={"penalty": {"party"} | (found.texts.keys() if found else set())}
        )
    else:
        said = command.model_dump(mode="json", exclude={"reason"})
    shown = [str(found.party.party_id), found.texts, found.mark] if found else []
    return sha256(canonical([type(command).__name__, str(one.penalty), said, shown])).digest()


def _decide(work: Work, one: Asked, found: ResolvedParty | None) -> Outcome:
    command = one.command
    if isinstance(command, Confirm):
        return _confirm(work, one.penalty, command)
    assert found is not None
    if isinstance(command, Impose):
        return _impose(work, command, found)
    penalty, before = _loaded(work, one.penalty)
    reason = found.texts["reason"]
    if isinstance(command, Amend):
        return _amend(work, penalty, before, command, found)
    # Words that name a person are sealed with the event; else it carries what is sealed of the penalty as it stands.
    sealed = work.sealed[penalty] if reason == command.reason else found.personal
    if isinstance(command, Annul):
        event = life.annul(before, command, reason, work.today)
        return Outcome(penalty, (work.note(penalty, event, command.annulled_on, sealed),))
    repaired = life.repair(before, command, reason, work.today)
    return Outcome(penalty, (work.note(penalty, repaired, command.repaired_on, sealed),))


def _impose(work: Work, command: Impose, found: ResolvedParty) -> Outcome:
    stated = command.penalty
    facts = life.facts_of(stated, found.party, found.texts)
    penalty = work.numbers.get((facts.department, facts.document_number)) or new_stream()
    before = work.penalties.get(penalty, Penalty())
    if life.states_nothing_new(before, facts, found.mark):
        return Outcome(penalty)
    if before.facts is not None and command.amending:
        amended = Amend(
            penalty=stated, reason=command.amending, amended_on=work.today, officer=stated.officer or "文件导入"
        )
        return _amend(work, penalty, before, amended, found)
    event = life.impose(before, facts, found.mark, stated, work.today)
    work.numbers[facts.department, facts.document_number] = penalty
    imposed = work.note(penalty, event, facts.decision_date, found.personal)
    return Outcome(penalty, (imposed, *work.look(penalty, afresh=True)))


def _amend(work: Work, penalty: UUID, before: Penalty, command: Amend, found: ResolvedParty) -> Outcome:
    facts = life.facts_of(command.penalty, found.party, found.texts)
    event = life.amend(before, facts, found.mark, command, found.texts["reason"], work.today)
    said = [work.note(penalty, event, command.amended_on, found.personal)]
    if before.status is PenaltyStatus.IN_FORCE and "certificates" in event.changed:
        said += work.look(penalty, afresh=True)
    return Outcome(penalty, tuple(said))


def _confirm(work: Work, named: UUID | None, command: Confirm) -> Outcome:
    penalty, before = _loaded(work, named)
    assert before.facts is not None
    event = confirm(before, command, work.permits[before.facts.party.party_id])
    return Outcome(penalty, (work.note(penalty, event, None, work.sealed[penalty]),))


def _loaded(work: Work, penalty: UUID | None) -> tuple[UUID, Penalty]:
    if penalty is None or penalty not in work.penalties or work.penalties[penalty].facts is None:
        raise Refused(UNKNOWN_PENALTY)
    return penalty, work.penalties[penalty]

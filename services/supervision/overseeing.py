"""The desk of the supervision side: officers sign and return, the coordinator moves and rules, in one transaction.

Handling is load, decide, append; deciding itself is in ``oversight``. What is recorded stands at once in the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events import columns
from events.answered import Answered, Name, first_answers, keep_answers
from events.database import raw
from events.envelope import canonical, event_id
from events.store import VersionConflict
from events.supervision import DutyAssigned
from projections.listed_decision import ListedFacts
from projections.oversight import Oversight, oversight_of
from services.access.rows import all_rows, decide_on_all
from services.handled_once import ATTEMPTS, BUSY
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.supervision.claim_limits import ClaimLimits, read_claim_limits
from services.supervision.duty_list import Duty, Register
from services.supervision.duty_register import Conflicting, current_register, record_duties
from services.supervision.oversight import decide, rule_on
from services.supervision.oversight_commands import Command, RuleOn
from services.supervision.oversight_work import SOURCE, Work, load
from services.supervision.situation import Ground, departments_of

LIKE_AT_ONCE = 500

LIST_CONFLICT = Rule(
    "list_conflict", "按裁定修改责任清单会与以后生效的条目冲突。", "请先修改责任清单中以后生效的条目, 再裁定。"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command about a permit, from ``department`` (empty when the coordinator asks). ``key``: see ``answered``."""

    permit: UUID
    command: Command
    department: str = ""
    caller: str = ""
    key: str = ""

    @property
    def name(self) -> Name:
        return self.caller, self.key

    def digest(self) -> bytes:
        said = [str(self.permit), self.department, type(self.command).__name__, self.command.model_dump(mode="json")]
        return sha256(canonical(said)).digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: the events that were recorded, or the rule that refused it."""

    permit: UUID
    events: tuple[tuple[int, str], ...] = ()
    refused: Refused | None = None

    def answer(self) -> dict[str, Any]:
        if self.refused is not None:
            said = self.refused.said | {"field": self.refused.field}
            return {"permit": str(self.permit), "accepted": False} | said
        events = [
            {"event": str(event_id(SOURCE, self.permit, version)), "version": version, "type": kind}
            for version, kind in self.events
        ]
        return {"permit": str(self.permit), "accepted": True, "events": events}


class OversightDesk:
    """Handles commands about pushes against one supervision database. Safe for several threads and processes."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self._register = Register(-1)
        self._limits: ClaimLimits | None = None

    def handle(self, asked: Sequence[Asked]) -> list[dict[str, Any]]:
        """Decide ``asked`` in order, each for itself, and record what is accepted, all in one transaction.

        The answers are those of the first time, for a key that was used before.
        """
        for _ in range(ATTEMPTS):
            try:
                with self.engine.begin() as transaction:
                    return self._attempt(raw(transaction), asked)
            except VersionConflict:
                continue
        return [Outcome(one.permit, refused=Refused(BUSY)).answer() for one in asked]

    def _attempt(self, connection: psycopg.Connection, asked: Sequence[Asked]) -> list[dict[str, Any]]:
        with all_rows(connection):
            first = first_answers(connection, (one.name for one in asked))
        named = {one.permit for one in asked if one.name not in first}
        known = _known(connection, named)
        # Admitted: what an act leaves behind goes beyond whoever gave it, and is decided on all that is recorded.
        decide_on_all(connection)
        ground = self.ground(connection, changing=any(_changes_list(one.command) for one in asked))
        work = load(connection, known)
        work.states |= {permit: oversight_of(permit, []) for permit in named - known}
        keep: dict[Name, Answered] = {}
        answers = []
        for one in asked:
            if earlier := first.get(one.name) or keep.get(one.name):
                same = earlier.request == one.digest()
                answers.append(
                    earlier.answer | {"repeated": True}
                    if same
                    else Outcome(one.permit, refused=Refused(SAME_KEY_OTHER_CONTENT)).answer()
                )
                continue
            try:
                outcome = _decide(connection, work, one, ground)
            except Refused as refused:
                outcome = Outcome(one.permit, refused=refused)
            answers.append(outcome.answer())
            if one.key:
                keep[one.name] = Answered(one.digest(), outcome.answer())
        work.record(connection)
        keep_answers(connection, keep)
        return answers

    def ground(self, connection: psycopg.Connection, *, changing: bool = False) -> Ground:
        """Return what holds for every command of an attempt, to the end of its transaction."""
        register = self._register = current_register(connection, self._register, changing=changing)
        limits = self._limits = read_claim_limits(connection, self._limits)
        return Ground(register, limits, departments_of(connection), self.clock())


def _known(connection: psycopg.Connection, permits: Collection[UUID]) -> set[UUID]:
    """Return those of which whoever asks may see that they exist; the others are as if they did not."""
    rows = connection.execute(
        """SELECT permit FROM unnest(%s::uuid[]) AS asked (permit)
           WHERE EXISTS (SELECT FROM ledger WHERE stream = permit)
              OR EXISTS (SELECT FROM outbox WHERE stream = permit)""",
        (columns.uuids(permits),),
    )
    return {permit for (permit,) in rows}


def _decide(connection: psycopg.Connection, work: Work, one: Asked, ground: Ground) -> Outcome:
    state = work.states[one.permit]
    said = decide(state, one.department, one.command, ground.situation(state))
    if isinstance(one.command, RuleOn) and one.command.changes_duty_list:
        _change_list(connection, state, one.command, ground)
    recorded = [work.note(connection, one.permit, event) for event in said]
    if isinstance(one.command, RuleOn) and one.command.like_cases:
        _rule_like(connection, work, one.permit, one.command, ground)
    return Outcome(one.permit, tuple(recorded))


def _rule_like(connection: psycopg.Connection, work: Work, origin: UUID, command: RuleOn, ground: Ground) -> None:
    """Apply a ruling to the cases that wait like the one that was ruled: same matter, region and level."""
    decided = work.states[origin].decided
    assert decided is not None
    facts = decided.facts
    rows = connection.execute(
        """SELECT permit FROM consultations WHERE ruled_at IS NULL AND permit <> %(origin)s
               AND matter_code = %(matter)s AND region_code = %(region)s AND level = %(level)s
           UNION SELECT permit FROM cases WHERE state = 'returned' AND permit <> %(origin)s
               AND matter_code = %(matter)s AND region_code = %(region)s AND level = %(level)s
           ORDER BY permit LIMIT %(most)s""",
        {
            "origin": origin, "matter": facts.matter_code, "region": facts.region_code,
            "level": facts.level.value, "most": LIKE_AT_ONCE,
        },
    ).fetchall()  # fmt: skip
    work.load(connection, [row[0] for row in rows])
    for (permit,) in rows:
        state = work.states[permit]
        for event in rule_on(state, command, ground.situation(state), like=origin):
            work.note(connection, permit, event)


def _change_list(connection: psycopg.Connection, state: Oversight, command: RuleOn, ground: Ground) -> None:
    """Let the duty list say what was ruled, from that day on; what it said otherwise ends the day before."""
    assert state.decided is not None
    facts = state.decided.facts
    effective = command.effective or ground.today
    standing = ground.register.route(facts.matter_code, facts.region_code, facts.level.value, effective)
    content = standing.content if isinstance(standing, Duty) else _entry(facts)
    ruled = content.model_copy(
        update={
            "lead": command.lead, "lead_name": ground.departments.get(command.lead, ""),
            "co_departments": command.co_departments, "valid_from": effective,
            "legal_basis": command.legal_basis or content.legal_basis,
        }
    )  # fmt: skip
    entries = [ruled]
    if isinstance(standing, Duty) and content.valid_from < effective:
        entries.append(content.model_copy(update={"valid_to": effective - timedelta(days=1)}))
    try:
        record_duties(connection, entries, {}, ground.now)
    except Conflicting:
        raise Refused(LIST_CONFLICT, field="changes_duty_list") from None


def _entry(facts: ListedFacts) -> DutyAssigned:
    """Return the entry for a matter, region and level that had none. Its lead and first day come from the ruling."""
    return DutyAssigned(
        matter_code=facts.matter_code,
        region_code=facts.region_code,
        level=facts.level.value,
        lead="",
        valid_from=date.min,
    )


def _changes_list(command: Command) -> bool:
    return isinstance(command, RuleOn) and command.changes_duty_list

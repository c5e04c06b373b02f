"""What the approval side says of its tasks: what supervision found about a permit, and what the desk did about it.

A task is a stream of its own, and both sides find it: its id follows from what it is about and which permit. Each event
names both, the body that must answer and the department that waits for the answer.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from events.approval import Party, Said
from events.envelope import NAMESPACE


def task_stream(about: UUID, permit: UUID) -> UUID:
    """Return the stream of the task that the stream ``about`` of supervision raises about ``permit``."""
    return uuid5(NAMESPACE, f"task/{about}/{permit}")


class TaskKind(StrEnum):
    """What a task is about."""

    PENALTY = "penalty"
    ANNULMENT_SUGGESTION = "annulment_suggestion"
    FAILED_COMMITMENT = "failed_commitment"
    EXPIRY = "expiry"
    CORRECTION = "correction"


class TaskOutcome(StrEnum):
    """What the desk did: 吊销, 撤销, 变更, 注销, 延续, 更正, 备注, 不予处理; ``undo``: one was undone."""

    REVOKE = "revoke"
    ANNUL = "annul"
    AMEND = "amend"
    SURRENDER = "surrender"
    RENEW = "renew"
    CORRECT = "correct"
    NOTE = "note"
    NO_ACTION = "no_action"
    UNDO = "undo"


class AskedAgain(StrEnum):
    """Why a task is put before the clerk again.

    ``annulled`` and ``no_longer_matched``: what was decided rests on nothing any more, must it be undone?
    ``retracted``: the entry of the decision that carried the answer out was taken back.
    """

    AMENDED = "amended"
    ANNULLED = "annulled"
    NO_LONGER_MATCHED = "no_longer_matched"
    MATCHED_AGAIN = "matched_again"
    RETRACTED = "retracted"


class Withdrawal(StrEnum):
    """Why nothing need be done any more."""

    ANNULLED = "annulled"
    NO_LONGER_MATCHED = "no_longer_matched"
    PASSED = "passed"
    NOT_EXPIRED = "not_expired"


class TaskFacts(Said):
    """What the clerk must know: who holds which permit, and what the department found. Public facts only."""

    party: Party
    permit_number: str
    matter_code: str
    department_name: str
    document_number: str = ""
    happened_on: date
    subject: str = ""
    text: str = ""
    legal_basis: str = ""


class TaskLimit(Said):
    """The last day for an answer. ``estimated``: the calendar of that year is not known yet (预估)."""

    due: date
    estimated: bool
    calendar: str


class TaskSaid(Said):
    """What every event of a task carries. ``about``: the stream of supervision that it is about."""

    kind: TaskKind
    about: UUID
    permit: UUID
    body: str
    department: str


class TaskOpened(TaskSaid):
    """The desk is asked to act. ``about_version`` of ``about`` caused it."""

    about_version: int
    facts: TaskFacts
    limit: TaskLimit
    opened_on: date


class TaskAnswered(TaskSaid):
    """The desk has acted, or says why not. ``decision_version``: the version of the permit that carries it out."""

    outcome: TaskOutcome
    reason: str = ""
    decision_version: int | None = None
    clerk: str
    answered_on: date


class TaskWithdrawn(TaskSaid):
    """Nothing need be done any more, and a note that was made is undone."""

    about_version: int
    why: Withdrawal
    withdrawn_on: date


class TaskReopened(TaskSaid):
    """The desk is asked again. ``acted``: the version of the permit by which it had acted, which stands to question."""

    about_version: int
    why: AskedAgain
    facts: TaskFacts
    limit: TaskLimit
    acted: int | None = None
    reopened_on: date


class TaskRedated(TaskSaid):
    """The last day was an estimate, and the calendar is known now."""

    limit: TaskLimit
    redated_on: date


TaskEvent = TaskOpened | TaskAnswered | TaskWithdrawn | TaskReopened | TaskRedated

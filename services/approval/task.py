"""The life of a task: when the desk is asked, what it may answer, and when it is asked again. Pure.

What supervision says is heard by version of the stream it says it in: told again, a task hears nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from events.approval import PermitStatus
from events.tasks import (
    AskedAgain,
    TaskAnswered,
    TaskEvent,
    TaskFacts,
    TaskKind,
    TaskLimit,
    TaskOpened,
    TaskOutcome,
    TaskRedated,
    TaskReopened,
    TaskSaid,
    TaskWithdrawn,
    Withdrawal,
)
from services.approval.task_rules import (
    ANSWER_REASON_NEEDED,
    DECISION_DOES_NOT_FIT,
    DECISION_NEEDED,
    DECISION_TOO_EARLY,
    NO_DECISION_WANTED,
    NOT_UNDONE,
    OTHER_PERMIT,
    OUTCOME_NOT_ALLOWED,
    TASK_ANSWERED,
    TASK_WITHDRAWN,
    UNKNOWN_DECISION,
    UNKNOWN_TASK,
)
from services.refusing import Refused
from services.task_words import OUTCOME_WORDS, WITHDRAWAL_WORDS
from services.working_days import CHINA

_WORDS_ONLY = frozenset({TaskOutcome.NOTE, TaskOutcome.NO_ACTION})
_OF_A_FINDING = (
    TaskOutcome.REVOKE, TaskOutcome.ANNUL, TaskOutcome.AMEND, TaskOutcome.NOTE, TaskOutcome.NO_ACTION,
)  # fmt: skip
ALLOWED: Mapping[TaskKind, tuple[TaskOutcome, ...]] = {
    TaskKind.PENALTY: _OF_A_FINDING,
    TaskKind.ANNULMENT_SUGGESTION: _OF_A_FINDING,
    TaskKind.FAILED_COMMITMENT: _OF_A_FINDING,
    TaskKind.EXPIRY: (TaskOutcome.SURRENDER, TaskOutcome.RENEW, TaskOutcome.NOTE, TaskOutcome.NO_ACTION),
}
OF_A_REVIEW = (TaskOutcome.UNDO, TaskOutcome.NOTE, TaskOutcome.NO_ACTION)
_CARRIED_OUT_BY: Mapping[TaskOutcome, frozenset[str]] = {
    TaskOutcome.REVOKE: frozenset({"permit_revoked"}),
    TaskOutcome.ANNUL: frozenset({"permit_annulled"}),
    TaskOutcome.AMEND: frozenset({"permit_amended", "permit_corrected"}),
    TaskOutcome.SURRENDER: frozenset({"permit_surrendered"}),
    TaskOutcome.RENEW: frozenset({"permit_renewed"}),
}


class TaskState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its events leave it.

    ``heard``: the last version of ``about`` that changed it. ``asked_on``: the day that its limit counts from.
    ``acted``: the version of the permit by which the desk acted and which nobody has undone. ``review``: it is asked
    whether that must be undone.
    """

    version: int = 0
    state: TaskState | None = None
    heard: int = 0
    opened: TaskOpened | None = None
    opened_at: datetime | None = None
    facts: TaskFacts | None = None
    limit: TaskLimit | None = None
    asked_on: date | None = None
    again: AskedAgain | None = None
    acted: int | None = None
    answer: TaskAnswered | None = None
    answered_at: datetime | None = None
    withdrawn: TaskWithdrawn | None = None

    @property
    def review(self) -> bool:
        return self.again in (AskedAgain.ANNULLED, AskedAgain.NO_LONGER_MATCHED)

    @property
    def allowed(self) -> tuple[TaskOutcome, ...]:
        """What it may be answered with now."""
        if self.state is not TaskState.OPEN or self.opened is None:
            return ()
        return OF_A_REVIEW if self.review else ALLOWED[self.opened.kind]


class Asking(NamedTuple):
    """What supervision asks of the desk by ``version`` of the stream ``about``, on ``today`` in China."""

    kind: TaskKind
    about: UUID
    version: int
    permit: UUID
    body: str
    department: str
    facts: TaskFacts
    limit: TaskLimit
    today: date


class Given(NamedTuple):
    """What a clerk answers. ``decision``: the permit and the version that carry it out."""

    outcome: TaskOutcome
    clerk: str
    reason: str = ""
    decision: tuple[UUID, int] | None = None


class Decided(NamedTuple):
    """A decision of the permit's stream. ``stands``: nobody has taken its entry back."""

    type: str
    status: PermitStatus
    on: date
    stands: bool


def evolve(task: Task, version: int, said: TaskEvent, recorded_at: datetime) -> Task:
    """Fold one event."""
    match said:
        case TaskOpened():
            return Task(
                version=version, state=TaskState.OPEN, heard=said.about_version, opened=said, opened_at=recorded_at,
                facts=said.facts, limit=said.limit, asked_on=said.opened_on, acted=task.acted,
            )  # fmt: skip
        case TaskAnswered():
            acted = said.decision_version if said.decision_version else task.acted
            return replace(
                task, version=version, state=TaskState.ANSWERED, answer=said, answered_at=recorded_at,
                acted=None if said.outcome is TaskOutcome.UNDO else acted,
            )  # fmt: skip
        case TaskWithdrawn():
            return replace(
                task, version=version, state=TaskState.WITHDRAWN, heard=said.about_version, withdrawn=said, again=None
            )
        case TaskReopened():
            # An open one keeps its limit, and the day that it counts from.
            asked_on = task.asked_on if task.state is TaskState.OPEN else said.reopened_on
            return replace(
                task, version=version, state=TaskState.OPEN, heard=said.about_version, facts=said.facts,
                limit=said.limit, asked_on=asked_on, again=said.why,
            )  # fmt: skip
        case TaskRedated():
            return replace(task, version=version, limit=said.limit)


def ask(task: Task, asking: Asking) -> TaskEvent | None:
    """The department's finding touches the permit: the desk is asked, once."""
    if asking.version <= task.heard:
        return None
    if task.state in (None, TaskState.WITHDRAWN):
        return TaskOpened(
            **_of(asking), about_version=asking.version, facts=asking.facts, limit=asking.limit, opened_on=asking.today
        )
    if task.state is TaskState.OPEN and task.review:
        return _again(task, asking, AskedAgain.MATCHED_AGAIN)
    return None


def amend(task: Task, asking: Asking) -> TaskEvent | None:
    """The finding was amended: an open task shows the new facts and keeps its limit, an answered one is asked again."""
    if asking.version <= task.heard or task.state in (None, TaskState.WITHDRAWN) or task.review:
        return None
    return _again(task, asking, AskedAgain.AMENDED)


def release(task: Task, asking: Asking, why: Withdrawal) -> TaskEvent | None:
    """The finding touches the permit no longer. Where the desk has acted, a person is asked whether to undo it."""
    if asking.version <= task.heard or task.state in (None, TaskState.WITHDRAWN):
        return None
    if task.acted is None:
        return TaskWithdrawn(**_of(asking), about_version=asking.version, why=why, withdrawn_on=asking.today)
    if task.review:
        return None
    return _again(task, asking, AskedAgain(why.value))


def overtake(task: Task, passed_on: date, today: date) -> TaskWithdrawn | None:
    """A check of the same permit was passed on or after the day of the failed one: nothing is asked any more. What the
    desk has answered stands."""
    if task.state is not TaskState.OPEN or task.opened is None or task.facts is None:
        return None
    if passed_on < task.facts.happened_on:
        return None
    return TaskWithdrawn(**_as(task.opened), about_version=task.heard, why=Withdrawal.PASSED, withdrawn_on=today)


def redate(task: Task, limit: TaskLimit, today: date) -> TaskRedated | None:
    """The calendar that its last day rests on was only estimated, and is known now."""
    if task.state is not TaskState.OPEN or task.opened is None or task.limit == limit:
        return None
    return TaskRedated(**_as(task.opened), limit=limit, redated_on=today)


def _as(said: TaskOpened) -> dict[str, Any]:
    return {name: getattr(said, name) for name in TaskSaid.model_fields}


def _again(task: Task, asking: Asking, why: AskedAgain) -> TaskReopened:
    limit = task.limit if task.state is TaskState.OPEN and task.limit else asking.limit
    return TaskReopened(
        **_of(asking), about_version=asking.version, why=why, facts=asking.facts, limit=limit, acted=task.acted,
        reopened_on=asking.today,
    )  # fmt: skip


def _of(asking: Asking) -> dict[str, Any]:
    return {name: getattr(asking, name) for name in TaskSaid.model_fields}


def may_answer(task: Task, given: Given) -> None:
    """Raise ``Refused`` when the task does not wait for such an answer, whatever the permit's decisions are."""
    if task.state is None:
        raise Refused(UNKNOWN_TASK)
    if task.state is TaskState.ANSWERED:
        assert task.answer is not None
        assert task.answered_at is not None
        when = task.answered_at.astimezone(CHINA)
        how = OUTCOME_WORDS[task.answer.outcome]
        raise Refused(TASK_ANSWERED, f"该任务已由 {task.answer.clerk} 于 {when:%Y-%m-%d %H:%M:%S} 办结, 结果为{how}。")
    if task.state is TaskState.WITHDRAWN:
        assert task.withdrawn is not None
        why = WITHDRAWAL_WORDS[task.withdrawn.why]
        raise Refused(TASK_WITHDRAWN, f"该任务已于 {task.withdrawn.withdrawn_on} 撤回 ({why}), 无需办理。")
    if given.outcome not in task.allowed:
        words = "、".join(OUTCOME_WORDS[one] for one in task.allowed)
        text = f"该任务不能以“{OUTCOME_WORDS[given.outcome]}”办结, 可以选择: {words}。"
        raise Refused(OUTCOME_NOT_ALLOWED, text, "outcome")
    if given.outcome in _WORDS_ONLY and not given.reason:
        raise Refused(ANSWER_REASON_NEEDED, field="reason")


def answer(task: Task, given: Given, decided: Mapping[int, Decided], today: date) -> TaskAnswered:
    """Return the answer, checked against what was ``decided`` about the permit by version, or raise ``Refused``."""
    may_answer(task, given)
    assert task.opened is not None
    said = task.opened
    if given.outcome in _WORDS_ONLY:
        if given.decision:
            raise Refused(NO_DECISION_WANTED, field="decision")
    else:
        _carried_out(task, given, decided)
    return TaskAnswered(
        **_as(said), outcome=given.outcome, reason=given.reason, clerk=given.clerk, answered_on=today,
        decision_version=given.decision[1] if given.decision else None,
    )  # fmt: skip


def _carried_out(task: Task, given: Given, decided: Mapping[int, Decided]) -> None:
    assert task.opened is not None
    assert task.facts is not None
    if given.decision is None:
        raise Refused(DECISION_NEEDED, field="decision")
    permit, version = given.decision
    if permit != task.opened.permit:
        raise Refused(OTHER_PERMIT, field="decision")
    named = decided.get(version)
    if named is None or not named.stands:
        raise Refused(UNKNOWN_DECISION, field="decision")
    if given.outcome is TaskOutcome.UNDO:
        if version <= (task.acted or 0) or not _undone(task, decided):
            raise Refused(NOT_UNDONE, field="decision")
        return
    if named.type not in _CARRIED_OUT_BY[given.outcome]:
        text = f"所指的决定不是{OUTCOME_WORDS[given.outcome]}决定。"
        raise Refused(DECISION_DOES_NOT_FIT, text, "decision")
    if named.on < task.facts.happened_on:
        raise Refused(DECISION_TOO_EARLY, field="decision")


def _undone(task: Task, decided: Mapping[int, Decided]) -> bool:
    """Tell whether what the desk had done no longer stands, or a later decision has put the permit in force."""
    acted = decided.get(task.acted or 0)
    return acted is None or not acted.stands or decided[max(decided)].status is PermitStatus.VALID

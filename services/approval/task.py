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

from events.limits import LimitKind
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

_OF_A_FINDING = (
    TaskOutcome.REVOKE, TaskOutcome.ANNUL, TaskOutcome.AMEND, TaskOutcome.NOTE, TaskOutcome.NO_ACTION,
)  # fmt: skip
ALLOWED: Mapping[TaskKind, tuple[TaskOutcome, ...]] = {
    TaskKind.PENALTY: _OF_A_FINDING,
    TaskKind.ANNULMENT_SUGGESTION: _OF_A_FINDING,
    TaskKind.FAILED_COMMITMENT: _OF_A_FINDING,
    TaskKind.CORRECTION: (TaskOutcome.CORRECT, TaskOutcome.NO_ACTION),
    TaskKind.EXPIRY: (TaskOutcome.SURRENDER, TaskOutcome.RENEW, TaskOutcome.NOTE, TaskOutcome.NO_ACTION),
}
OF_A_REVIEW = (TaskOutcome.UNDO, TaskOutcome.NOTE, TaskOutcome.NO_ACTION)


_LIMITS: Mapping[TaskKind, LimitKind] = {
    TaskKind.EXPIRY: LimitKind.SURRENDER_AFTER_EXPIRY,
    TaskKind.CORRECTION: LimitKind.CORRECTION,
}


def limited_by(kind: TaskKind) -> LimitKind:
    """Return which limit a task is due after."""
    return _LIMITS.get(kind, LimitKind.TASK)


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
                limit=said.limit, asked_on=asked_on, again=said.why, acted=said.acted,
            )  # fmt: skip
        case TaskRedated():
            return replace(task, version=version, limit=said.limit)


def ask(task: Task, asking: Asking) -> TaskEvent | None:
    """The department's finding touches the permit: the desk is asked, once."""
    if asking.version <= task.heard:
        return None
    if task.state in (None, TaskState.WITHDRAWN):
        who = {name: getattr(asking, name) for name in TaskSaid.model_fields}
        return TaskOpened(
            **who, about_version=asking.version, facts=asking.facts, limit=asking.limit, opened_on=asking.today
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
        return TaskWithdrawn(**as_said(task), about_version=asking.version, why=why, withdrawn_on=asking.today)
    if task.review:
        return None
    return _again(task, asking, AskedAgain(why.value))


def settle(task: Task, asking: Asking) -> TaskEvent | None:
    """The permit is expired no longer: nothing is asked any more. What the desk has answered, or done, stands."""
    if asking.version <= task.heard or task.state is not TaskState.OPEN:
        return None
    return TaskWithdrawn(
        **as_said(task), about_version=asking.version, why=Withdrawal.NOT_EXPIRED, withdrawn_on=asking.today
    )


def overtake(task: Task, passed_on: date, today: date) -> TaskWithdrawn | None:
    """A check of the same permit was passed on or after the day of the failed one: nothing is asked any more. What the
    desk has answered stands."""
    if task.state is not TaskState.OPEN or task.opened is None or task.facts is None:
        return None
    if passed_on < task.facts.happened_on:
        return None
    return TaskWithdrawn(**as_said(task), about_version=task.heard, why=Withdrawal.PASSED, withdrawn_on=today)


def taken_back(task: Task, version: int, limit: TaskLimit, today: date) -> TaskReopened | None:
    """The entry of the decision that carried the answer out was taken back: the answer rests on nothing, and is asked
    for again. Not where it was asked whether to undo that decision."""
    if task.state is not TaskState.ANSWERED or task.acted != version or task.review:
        return None
    assert task.opened is not None
    assert task.facts is not None
    return TaskReopened(
        **as_said(task), about_version=task.heard, why=AskedAgain.RETRACTED, facts=task.facts, limit=limit,
        acted=None, reopened_on=today,
    )  # fmt: skip


def redate(task: Task, limit: TaskLimit, today: date) -> TaskRedated | None:
    """The calendar that its last day rests on was only estimated, and is known now."""
    if task.state is not TaskState.OPEN or task.opened is None or task.limit == limit:
        return None
    return TaskRedated(**as_said(task), limit=limit, redated_on=today)


def as_said(task: Task) -> dict[str, Any]:
    """Return what every event of a task carries: what it was opened with."""
    return {name: getattr(task.opened, name) for name in TaskSaid.model_fields}


def _again(task: Task, asking: Asking, why: AskedAgain) -> TaskReopened:
    limit = task.limit if task.state is TaskState.OPEN and task.limit else asking.limit
    return TaskReopened(
        **as_said(task), about_version=asking.version, why=why, facts=asking.facts, limit=limit, acted=task.acted,
        reopened_on=asking.today,
    )  # fmt: skip

"""What a clerk may answer a task with, and which decision carries an answer out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from events.approval import PermitStatus
from events.tasks import TaskAnswered, TaskOutcome
from services.approval.task import Task, TaskState, as_said
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
_CARRIED_OUT_BY: Mapping[TaskOutcome, frozenset[str]] = {
    TaskOutcome.REVOKE: frozenset({"permit_revoked"}),
    TaskOutcome.ANNUL: frozenset({"permit_annulled"}),
    TaskOutcome.AMEND: frozenset({"permit_amended", "permit_corrected"}),
    TaskOutcome.CORRECT: frozenset({"permit_corrected"}),
    TaskOutcome.SURRENDER: frozenset({"permit_surrendered"}),
    TaskOutcome.RENEW: frozenset({"permit_renewed"}),
}


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
    if given.outcome in _WORDS_ONLY:
        if given.decision:
            raise Refused(NO_DECISION_WANTED, field="decision")
    else:
        _carried_out(task, given, decided)
    return TaskAnswered(
        **as_said(task), outcome=given.outcome, reason=given.reason, clerk=given.clerk, answered_on=today,
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

"""What the approval side says to a rule change: it reached a body, and what the body did about it.

One stream for each rule change and body, found from both (``answer_stream``): two clerks of one body cannot both
give the first answer.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE
from events.rule_changes import Why


def answer_stream(rule: UUID, body: str) -> UUID:
    """Return the stream of what ``body`` answers to ``rule``."""
    return uuid5(NAMESPACE, f"rule-answer/{rule}/{body}")


class Done(StrEnum):
    """What a body did: 修订办事指南, 复核在办申请, 收回许可, 无需处理."""

    GUIDE_REVISED = "guide_revised"
    APPLICATIONS_REEXAMINED = "applications_reexamined"
    PERMITS_RECALLED = "permits_recalled"
    NOTHING = "nothing"


class Act(Said):
    """One thing that was done, and on which day."""

    done: Done
    text: str = ""
    on: date


class RuleChangeReceived(Said):
    """送达: the rule change reached a body that must answer it. Its limit begins on the day this was recorded."""

    rule: UUID
    rule_version: int
    body: str
    body_name: str = ""
    why: Why


class RuleChangeAcknowledged(Said):
    """答复. ``rule_version``: the version that was answered. ``addition``: more was done after the first answer."""

    rule: UUID
    rule_version: int
    body: str
    clerk: str
    acts: tuple[Act, ...]
    addition: bool = False

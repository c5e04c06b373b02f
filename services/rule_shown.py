"""A rule change as it is shown, on both sides alike: what it says, who must answer, who has, and who is late.

Lights and days overdue are told when they are read; what is kept is only when each body was asked and answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from events.limits import LimitKind
from projections.rule_changes import PUBLISHED, AnswerRow, RuleRow
from services.deadlines import Deadline, Step
from services.open_deadlines import STEP_WORDS
from services.rule_wording import CHANGES, DONE, EFFECTS, NORMS, STANDINGS, STATES, WHYS
from services.time_rules import TimeRules
from services.working_days import Due, china_day, credit, light


def item_of(answer: AnswerRow) -> UUID:
    """Return the id of an answer as an open item: of this body, to what it was asked last."""
    return uuid5(NAMESPACE, f"rule-answer-owed/{answer.rule}/{answer.body}/{answer.asked_version}")


@dataclass(frozen=True, slots=True)
class Seen:
    """With which eyes: the limits and the calendar of this side, on which day, and what was said of each deadline."""

    time: TimeRules
    today: date
    deadlines: Mapping[UUID, Deadline]

    def said(self, answer: AnswerRow) -> list[Step]:
        """Return what was said of the limit that runs: reminded, over, reported to the superior."""
        clocks = self.deadlines.get(item_of(answer), Deadline()).clocks
        given = frozenset[Step]().union(*(clock.given for clock in clocks.values()))
        return [step for step in Step if step in given]

    def due(self, answer: AnswerRow) -> Due | None:
        """Return when the body's answer is due: the limit begins on the day on which it was asked."""
        if answer.asked_at is None:
            return None
        return self.time.due(LimitKind.RULE_ACKNOWLEDGEMENT, china_day(answer.asked_at))

    def state(self, rule: RuleRow, answer: AnswerRow) -> str:
        if answer.answered(rule):
            return "answered"
        if rule.standing != PUBLISHED:
            return "lapsed"
        return "open" if answer.delivered(rule) else "undelivered"

    def overdue(self, rule: RuleRow, answer: AnswerRow) -> int:
        """Return for how many working days the body has been late; 0 when it is not."""
        due = self.due(answer)
        if due is None or self.state(rule, answer) != "open":
            return 0
        return max(0, -credit(self.today, due.day, self.time.calendar))

    def body(self, rule: RuleRow, answer: AnswerRow) -> dict[str, Any]:
        """Return where one body stands with its answer."""
        state, due = self.state(rule, answer), self.due(answer)
        shown: dict[str, Any] = {
            "body": answer.body,
            "name": answer.name,
            "why": answer.why,
            "why_in_words": WHYS[answer.why],
            "state": state,
            "state_in_words": STATES[state],
            "delivered_at": answer.asked_at and answer.asked_at.isoformat(),
            "due": due and due.day.isoformat(),
            "due_is_estimate": due.estimated if due else None,
            "overdue_working_days": self.overdue(rule, answer),
            "answered_at": answer.answered_at and answer.answered_at.isoformat(),
            "clerk": answer.clerk or None,
            "answers": [_answer(one) for one in answer.answers],
            "said": [{"step": step.value, "in_words": STEP_WORDS[step]} for step in self.said(answer)],
        }
        if state == "open" and due and answer.asked_at:
            shows = light(china_day(answer.asked_at), due.day, self.today, self.time.calendar)
            shown |= {"light": shows.value, "light_in_words": shows.words}
        if state == "answered" and due and answer.answered_at:
            shown["early_by_working_days"] = credit(china_day(answer.answered_at), due.day, self.time.calendar)
        return shown

    def listed(self, rule: RuleRow, answers: Sequence[AnswerRow]) -> dict[str, Any]:
        """Return a line of the list: what changed, and how many of those who must have answered."""
        said = rule.said
        states = [self.state(rule, answer) for answer in answers]
        return {
            "rule_change": str(rule.rule),
            "version": rule.version,
            "kind": said.kind.value,
            "kind_in_words": CHANGES[said.kind],
            "norm": said.norm.value,
            "norm_in_words": NORMS[said.norm],
            "title": said.title,
            "document_number": said.document_number,
            "issuing_body": said.issuing_body,
            "effective_date": said.effective_date.isoformat(),
            "in_force": rule.standing == PUBLISHED and said.effective_date <= self.today,
            "effect": said.effect.value,
            "effect_in_words": EFFECTS[said.effect],
            "department": said.department,
            "standing": rule.standing,
            "standing_in_words": STANDINGS[rule.standing],
            "published_at": rule.published_at.isoformat(),
            "must_answer": len(answers),
            "answered": states.count("answered"),
            "undelivered": states.count("undelivered"),
            "overdue": sum(self.overdue(rule, answer) > 0 for answer in answers),
        }

    def whole(self, rule: RuleRow, answers: Sequence[AnswerRow]) -> dict[str, Any]:
        """Return everything that is known of a rule change."""
        said = rule.said
        return self.listed(rule, answers) | {
            "officer": said.officer,
            "text": said.text,
            "attachment_sha256": said.attachment_sha256,
            "readable_at": said.readable_at,
            "replaces": [one.model_dump(mode="json") for one in said.replaces],
            "matters": list(said.matters),
            "regions": list(said.regions),
            "other_codes": [one.model_dump(mode="json") for one in said.also],
            "covers_matters": said.covers_matters,
            "changed_at": rule.changed_at.isoformat(),
            "withdrawn": rule.withdrawn,
            "bodies": [self.body(rule, answer) for answer in answers],
        }


def _answer(kept: dict[str, Any]) -> dict[str, Any]:
    acts = [act | {"in_words": DONE[act["done"]]} for act in kept["acts"]]
    return kept | {"acts": acts}

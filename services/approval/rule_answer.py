"""Who must answer a rule change, and what a body may answer. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.approval import Said
from events.regions import within
from events.rule_answers import Act, Done, RuleChangeAcknowledged, RuleChangeReceived
from events.rule_changes import BodyInScope, RuleSaid, Why
from services.approval.places import ANY, NotFound, Places, holds
from services.public_text import may_be_public
from services.refusing import Refused, Rule
from services.rule_wording import RULE_WITHDRAWN, UNKNOWN_RULE
from services.stated import Code, LegalDate, Stated, Text
from services.working_days import CHINA

NOT_ASKED = Rule("not_asked", "该规则变更没有要求贵机关答复。", "请核对机关代码; 应答复的机关见该规则变更。")
ALREADY_ANSWERED = Rule(
    "already_answered", "贵机关已经答复该规则变更。", "如其后又有处理, 请作为补充答复提交 (addition)。"
)
NOT_ANSWERED_YET = Rule("not_answered_yet", "贵机关尚未答复该规则变更, 不能补充。", "请先提交答复。")
NOTHING_ALONE = Rule("nothing_alone", "“无需处理”不能与其他处理同时填写。", "请只保留其中之一。")
REASON_MISSING = Rule("reason_needed", "“无需处理”必须说明理由。", "请在 text 中填写理由。")
FUTURE_ACT = Rule("future_act", "处理日期晚于今天。", "请核对处理日期。")

ANSWER_RULES = (NOT_ASKED, ALREADY_ANSWERED, NOT_ANSWERED_YET, NOTHING_ALONE, REASON_MISSING, FUTURE_ACT)


class StatedAct(Stated):
    """One thing that was done, on which day. ``text``: what exactly; for ``nothing`` the reason."""

    done: Done
    text: Text = ""
    on: LegalDate


class StatedAnswer(Stated):
    """What a clerk answers for a body. ``addition``: done after the first answer."""

    body: Code
    clerk: Code
    acts: Annotated[tuple[StatedAct, ...], Field(min_length=1, max_length=20)]
    addition: bool = False


@dataclass(frozen=True, slots=True)
class AnswerState:
    """Where one body stands with one rule change. ``answered_version``: of the rule change, as it was answered."""

    version: int = 0
    asked_version: int = 0
    answered_version: int = 0
    clerk: str = ""
    answered_at: datetime | None = None


def evolve(state: AnswerState, version: int, event: Said, recorded_at: datetime) -> AnswerState:
    """Fold one event."""
    if isinstance(event, RuleChangeReceived):
        return replace(state, version=version, asked_version=event.rule_version)
    if isinstance(event, RuleChangeAcknowledged) and not event.addition:
        return AnswerState(version, state.asked_version, event.rule_version, event.clerk, recorded_at)
    return replace(state, version=version)


@dataclass(frozen=True, slots=True)
class AnsweredRule:
    """The rule change as this side knows it. ``withdrawn``: why it was taken back, if it was."""

    rule: UUID
    version: int
    required_version: int
    withdrawn: str | None = None


def answer(state: AnswerState, rule: AnsweredRule | None, stated: StatedAnswer, today: date) -> RuleChangeAcknowledged:
    """Return the answer of a body, or raise ``Refused``.

    Of two clerks who answer at once the second is told who was first, and when.
    """
    if rule is None:
        raise Refused(UNKNOWN_RULE)
    if state.asked_version == 0:
        raise Refused(NOT_ASKED, field="body")
    if rule.withdrawn is not None:
        raise Refused(RULE_WITHDRAWN, f"该规则变更已由发布部门撤回: {rule.withdrawn}")
    answered = state.answered_version >= rule.required_version
    if answered and not stated.addition:
        assert state.answered_at is not None
        first = f"贵机关已由 {state.clerk} 于 {state.answered_at.astimezone(CHINA):%Y-%m-%d %H:%M} 答复该规则变更。"
        raise Refused(ALREADY_ANSWERED, first)
    if stated.addition and not answered:
        raise Refused(NOT_ANSWERED_YET, field="addition")
    _check(stated.acts, today)
    return RuleChangeAcknowledged(
        rule=rule.rule,
        rule_version=rule.version,
        body=stated.body,
        clerk=stated.clerk,
        acts=tuple(Act(done=act.done, text=act.text, on=act.on) for act in stated.acts),
        addition=stated.addition,
    )


def _check(acts: Sequence[StatedAct], today: date) -> None:
    if any(act.on > today for act in acts):
        raise Refused(FUTURE_ACT, field="acts")
    may_be_public((act.text for act in acts), "acts")
    for act in acts:
        if act.done is Done.NOTHING:
            if len(acts) > 1:
                raise Refused(NOTHING_ALONE, field="acts")
            if not act.text:
                raise Refused(REASON_MISSING, field="acts")


def in_scope(said: RuleSaid, places: Places, day: date) -> list[BodyInScope]:
    """Return who must answer: whom supervision names, and whom the registers of this side name for what is touched.

    A body that has never decided such a permit may decide the next one: where matters are touched, those that the
    mapping names for them; where a region alone is, every registered body of it.
    """
    found = {one.body: one for one in said.bodies}
    for code in places.bodies if not said.matters else _mapped(places, said.all_matters, day):
        entry = places.body(code, day)
        if isinstance(entry, NotFound):
            continue
        if _meets(entry.region_code, said.all_regions):
            known = found.get(code)
            why = known.why if known else Why.REGISTERED
            found[code] = BodyInScope(body=code, name=(known and known.name) or entry.name, why=why)
    return [found[code] for code in sorted(found)]


def _mapped(places: Places, matters: Iterable[str], day: date) -> set[str]:
    touched = frozenset(matters)
    entries = (entry for listed in places.matters.values() for entry in listed)
    return {entry.body for entry in entries if entry.body != ANY and entry.matter_code in touched and holds(entry, day)}


def _meets(region: str, regions: tuple[str, ...]) -> bool:
    """Tell whether a body's region lies in the scope, or the scope in the body's region."""
    return within(region, regions) or any(within(one, (region,)) for one in regions)

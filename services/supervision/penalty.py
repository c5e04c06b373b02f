"""The life of a penalty: imposed, amended, annulled, its credit repaired.

Pure: no clock, no database. Each function answers with events or a refusal that names the state and what is allowed.
Source of the rules: 行政处罚法 and the 双公示 standard of 2018.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from events.approval import Party
from events.penalties import (
    CreditRepaired,
    MatchedPermit,
    PenaltyAmended,
    PenaltyAnnulled,
    PenaltyEvent,
    PenaltyFacts,
    PenaltyImposed,
    PenaltyMatched,
    PenaltyStatus,
    PenaltyUnmatched,
)
from services.refusing import Refused, Rule
from services.supervision.penalty_amounts import WAN, plain, written_in_yuan
from services.supervision.penalty_stated import Amend, Annul, Repair, StatedPenalty

ALREADY_IMPOSED = Rule(
    "already_imposed",
    "该机关的这一决定书文号已经登记, 内容与本次不同。",
    "如处罚决定已变更, 请登记处罚变更; 如文号有误, 请更正文号。",
)
UNKNOWN_PENALTY = Rule("unknown_penalty", "没有找到这一处罚。", "请核对处罚标识; 尚未登记的请先登记处罚决定。")
NOT_IN_FORCE = Rule("not_in_force", "该处罚的状态不允许此项操作。", "请核对处罚标识。")
FUTURE_DATE = Rule("future_date", "日期晚于今天。", "请核对日期。")
BEFORE_DECISION = Rule("before_decision", "日期早于处罚决定日期。", "请核对日期。")
END_BEFORE_START = Rule("end_before_start", "截止日期早于处罚决定日期。", "请核对处罚有效期和公示截止期。")
NOTHING_CHANGED = Rule(
    "nothing_changed", "与现有记录相比没有任何变化。", "无需重复登记; 如确有变更, 请填写变更后的内容。"
)
OTHER_PENALTY = Rule(
    "other_penalty",
    "变更不能改变处罚机关、决定书文号或行政相对人。",
    "如登记有误, 请撤销该处罚后重新登记。",
)
AMOUNT_NEEDED = Rule("amount_needed", "按处罚类别应有金额, 却没有填写。", "请以万元为单位填写金额: 2000 元填 0.2。")
CERTIFICATE_NEEDED = Rule(
    "certificate_needed", "处罚类别为暂扣或吊销, 却没有写明证照名称及编号。", "请填写所暂扣或吊销的证照名称及编号。"
)
AMOUNT_IN_YUAN = Rule("amount_in_yuan", "金额的单位应为万元, 填写的却是元。", "请以万元为单位填写。")
NUMBER_NAMES_PERSON = Rule(
    "number_names_person", "决定书文号或处罚机关名称中含有个人信息。", "请只填写文号和机关名称本身。"
)
NOT_WAITING = Rule("not_waiting", "该处罚没有待确认的证照。", "如证照有误, 请登记处罚变更。")
NOT_OF_PARTY = Rule(
    "not_of_party", "所选许可不属于被处罚的行政相对人。", "请从候选许可中选择; 都不是的, 请确认为“无”。"
)

PENALTY_RULES = (
    ALREADY_IMPOSED, UNKNOWN_PENALTY, NOT_IN_FORCE, FUTURE_DATE, BEFORE_DECISION, END_BEFORE_START, NOTHING_CHANGED,
    OTHER_PENALTY, AMOUNT_NEEDED, CERTIFICATE_NEEDED, AMOUNT_IN_YUAN, NUMBER_NAMES_PERSON, NOT_WAITING, NOT_OF_PARTY,
)  # fmt: skip

STATUS_WORDS = {
    PenaltyStatus.IN_FORCE: "执行有效",
    PenaltyStatus.REPAIRED: "已信用修复",
    PenaltyStatus.ANNULLED: "已撤销",
}
BACK_DATED_AFTER_DAYS = 2
"""Recorded later than this after its decision date, a penalty is marked as back-dated (补录). Counted in days."""


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty as its events leave it. ``waiting``: what of it still seeks its permit."""

    version: int = 0
    facts: PenaltyFacts | None = None
    status: PenaltyStatus = PenaltyStatus.IN_FORCE
    personal_mark: str = ""
    matches: tuple[MatchedPermit, ...] = ()
    settled: bool = False
    waiting: PenaltyUnmatched | None = None


def evolve(penalty: Penalty, version: int, event: PenaltyEvent) -> Penalty:
    """Fold one event."""
    after = replace(penalty, version=version, facts=event.facts, status=event.status)
    if isinstance(event, PenaltyImposed | PenaltyAmended):
        return replace(after, personal_mark=event.personal_mark)
    if isinstance(event, PenaltyMatched):
        waiting = None if event.settled else penalty.waiting
        return replace(after, matches=event.matches, settled=event.settled, waiting=waiting)
    if isinstance(event, PenaltyUnmatched):
        return replace(after, settled=False, waiting=event)
    return replace(after, waiting=None)


def facts_of(stated: StatedPenalty, party: Party, shown: dict[str, str]) -> PenaltyFacts:
    """Return the public facts of ``stated``; ``shown``: its texts, as they may be public."""
    if any(shown[name] != getattr(stated, name) for name in ("document_number", "department_name")):
        raise Refused(NUMBER_NAMES_PERSON, field="document_number")
    amounts = {
        name: None if (amount := getattr(stated, name)) is None else plain(amount) for name in ("fine", "confiscated")
    }
    said = {name: shown.get(name, getattr(stated, name)) for name in _AS_STATED}
    return PenaltyFacts(party=party, **said, **amounts)


_AS_STATED = tuple(name for name in PenaltyFacts.model_fields if name not in ("party", "fine", "confiscated"))


def check(stated: StatedPenalty, today: date) -> None:
    """Raise ``Refused`` for what cannot be so, whatever is recorded already."""
    if stated.decision_date > today:
        raise Refused(FUTURE_DATE, "处罚决定日期晚于今天。", "decision_date")
    for name in ("valid_to", "published_until"):
        ends = getattr(stated, name)
        if ends is not None and ends < stated.decision_date:
            raise Refused(END_BEFORE_START, field=name)
    for name, kind in (("fine", "罚款"), ("confiscated", "没收")):
        amount = getattr(stated, name)
        if kind in stated.penalty_kind and amount is None:
            raise Refused(AMOUNT_NEEDED, f"处罚类别含“{kind}”, 却没有填写{kind}金额。", name)
        if amount and written_in_yuan(amount, stated.content):
            right = plain(amount / WAN)
            raise Refused(AMOUNT_IN_YUAN, f"金额的单位是万元: 按处罚内容为 {plain(amount)} 元, 应填 {right}。", name)
    if not stated.certificates and any(word in stated.penalty_kind for word in ("暂扣", "吊销")):
        raise Refused(CERTIFICATE_NEEDED, field="certificates")


def states_nothing_new(penalty: Penalty, facts: PenaltyFacts, mark: str) -> bool:
    return facts == penalty.facts and mark == penalty.personal_mark


def impose(penalty: Penalty, facts: PenaltyFacts, mark: str, stated: StatedPenalty, today: date) -> PenaltyImposed:
    """Return the event of a penalty that is new."""
    if penalty.facts is not None:
        raise Refused(ALREADY_IMPOSED, _state(penalty, "再次登记不同的内容"), "document_number")
    return PenaltyImposed(
        facts=facts,
        status=PenaltyStatus.IN_FORCE,
        officer=stated.officer,
        batch=stated.batch,
        back_dated=(today - facts.decision_date).days > BACK_DATED_AFTER_DAYS,
        personal_mark=mark,
    )


def amend(penalty: Penalty, facts: PenaltyFacts, mark: str, command: Amend, reason: str, today: date) -> PenaltyAmended:
    """Return the event by which ``facts`` hold from now on. ``reason`` as it may be shown."""
    before = standing(penalty, "变更", PenaltyStatus.IN_FORCE, PenaltyStatus.REPAIRED)
    _on(before, command.amended_on, today, "amended_on")
    for name in ("department", "document_number"):
        if getattr(facts, name) != getattr(before, name):
            raise Refused(OTHER_PENALTY, field=name)
    if facts.party.party_id != before.party.party_id:
        raise Refused(OTHER_PENALTY, field="party")
    changed = [name for name in PenaltyFacts.model_fields if getattr(facts, name) != getattr(before, name)]
    if mark != penalty.personal_mark:
        changed.append("personal")
    if not changed:
        raise Refused(NOTHING_CHANGED)
    return PenaltyAmended(
        facts=facts,
        status=penalty.status,
        officer=command.officer,
        changed=tuple(changed),
        reason=reason,
        amended_on=command.amended_on,
        personal_mark=mark,
    )


def annul(penalty: Penalty, command: Annul, reason: str, today: date) -> PenaltyAnnulled:
    """Return the event that undoes the penalty. ``reason`` as it may be shown."""
    facts = standing(penalty, "撤销", PenaltyStatus.IN_FORCE, PenaltyStatus.REPAIRED)
    _on(facts, command.annulled_on, today, "annulled_on")
    return PenaltyAnnulled(
        facts=facts,
        status=PenaltyStatus.ANNULLED,
        officer=command.officer,
        reason=reason,
        annulled_on=command.annulled_on,
    )


def repair(penalty: Penalty, command: Repair, reason: str, today: date) -> CreditRepaired:
    """Return the event that ends the penalty's effect. ``reason`` as it may be shown."""
    facts = standing(penalty, "信用修复", PenaltyStatus.IN_FORCE)
    _on(facts, command.repaired_on, today, "repaired_on")
    return CreditRepaired(
        facts=facts,
        status=PenaltyStatus.REPAIRED,
        officer=command.officer,
        reason=reason,
        repaired_on=command.repaired_on,
        repair_document=command.repair_document,
    )


def _known(penalty: Penalty) -> PenaltyFacts:
    if penalty.facts is None:
        raise Refused(UNKNOWN_PENALTY)
    return penalty.facts


def standing(penalty: Penalty, wanted: str, *allowed: PenaltyStatus) -> PenaltyFacts:
    """Return the facts of a penalty whose status is one of ``allowed``; or refuse what is ``wanted`` by its state."""
    facts = _known(penalty)
    if penalty.status not in allowed:
        raise Refused(NOT_IN_FORCE, _state(penalty, wanted))
    return facts


_ALLOWED = {
    PenaltyStatus.IN_FORCE: "可以登记变更、撤销或信用修复",
    PenaltyStatus.REPAIRED: "可以登记变更或撤销",
    PenaltyStatus.ANNULLED: "不能再作任何变动",
}


def _state(penalty: Penalty, wanted: str) -> str:
    return f"该处罚{STATUS_WORDS[penalty.status]}, 不能{wanted}; {_ALLOWED[penalty.status]}。"


def _on(facts: PenaltyFacts, day: date, today: date, field: str) -> None:
    if day > today:
        raise Refused(FUTURE_DATE, field=field)
    if day < facts.decision_date:
        raise Refused(BEFORE_DECISION, field=field)

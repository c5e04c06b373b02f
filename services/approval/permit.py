"""The life of a permit: what may be decided about it. Pure: no clock, no database.

``decide`` answers with one event or a refusal that names the rule.
Source of the rules: 行政许可法 articles 42 to 50 and 69 to 70, and the 双公示 standard of 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from events import approval
from events.approval import Decided, DecisionRetracted, Party, PermitFacts, PermitStatus
from services.approval.decision import Decision, Kind
from services.approval.permit_rules import (
    ALREADY_GRANTED,
    BEFORE_GRANT,
    END_BEFORE_START,
    FUTURE_DECISION,
    LATER_DECISION,
    NO_TERM,
    NOT_EXTENDED,
    NOT_IN_FORCE,
    NOT_RECORDED,
    NOTHING_CHANGED,
    OTHER_PARTY,
    REASON_NEEDED,
    STOCK_IS_GRANT,
    UNKNOWN_PERMIT,
)
from services.approval.permit_state import Entry, Permit
from services.approval.rules_in_force import NO_RULES, RulesInForce
from services.refusing import Refused
from services.wording import STATUSES


def decide(
    permit: Permit,
    decision: Decision,
    party: Party,
    personal_mark: str,
    today: date,
    rules: RulesInForce = NO_RULES,
    stated_basis: str | None = None,
) -> Decided:
    """Return the event that ``decision`` becomes, or raise ``Refused``.

    ``party`` is the recorded party that the stated one was found to be; ``today`` is the legal date in China. The
    event's mark tells which personal part belongs to it: the stated one, or the one that stands already. ``rules``:
    the rule changes that a decision may meet; ``stated_basis``: its legal basis, where the decision's own is sealed.
    """
    facts = _facts(decision, party)
    _check_dates(permit, decision, facts, today)
    if decision.opening_stock and decision.kind is not Kind.GRANT:
        raise Refused(STOCK_IS_GRANT)
    event = _BY_KIND[decision.kind](permit, decision, facts, personal_mark, today)
    flagged = rules.marks(decision, decision.legal_basis if stated_basis is None else stated_basis)
    return event.model_copy(update={"flagged": flagged}) if flagged else event


def states_nothing_new(permit: Permit, decision: Decision, party: Party, personal_mark: str) -> bool:
    """Tell whether ``decision`` states what some standing decision left behind: a repeat, not a change."""
    if not permit.entries:
        return False
    facts = _facts(decision, party)
    return any(not _changes(entry, facts, personal_mark) for entry in permit.entries)


def retract(permit: Permit, version: int, reason: str, today: date) -> DecisionRetracted:
    """Take a decision back that was entered by mistake; only the newest one that stands can go."""
    found = next((entry for entry in permit.entries if entry.version == version), None)
    if found is None:
        raise Refused(NOT_RECORDED)
    if permit.entries[-1] is not found:
        raise Refused(LATER_DECISION)
    before = permit.entries[-2] if len(permit.entries) > 1 else replace(found, status=PermitStatus.RETRACTED)
    return DecisionRetracted(
        facts=before.facts,
        status=before.status,
        decision_date=today,
        reason=reason,
        personal_mark=before.personal_mark,
        retracted_version=version,
    )


def _grant(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
    if permit.now is not None and permit.now.status is not PermitStatus.REFUSED:
        raise Refused(ALREADY_GRANTED, field="permit_number")
    _check_term(decision)
    return approval.PermitGranted(**_said(decision, facts, PermitStatus.VALID, mark, today))


def _renew(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
    now = _in_force(permit, decision)
    _same_party(now, facts)
    _check_term(decision)
    if now.facts.valid_to is None or (facts.valid_to is not None and facts.valid_to <= now.facts.valid_to):
        raise Refused(NOT_EXTENDED, field="valid_to")
    return approval.PermitRenewed(**_said(decision, facts, PermitStatus.VALID, mark, today))


def _amend(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
    now = _in_force(permit, decision)
    _check_term(decision)
    changed = _changes(now, facts, mark)
    if not changed:
        raise Refused(NOTHING_CHANGED)
    return approval.PermitAmended(**_said(decision, facts, PermitStatus.VALID, mark, today), changed=changed)


def _reissue(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
    now = _in_force(permit, decision)
    _same_party(now, facts)
    return approval.PermitReissued(**_said(decision, now.facts, PermitStatus.VALID, now.personal_mark, today))


def _correct(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
    now = _known(permit)
    if now.status is not PermitStatus.REFUSED:
        _check_term(decision)
    changed = _changes(now, facts, mark)
    if not changed:
        raise Refused(NOTHING_CHANGED)
    before = now.facts.model_dump(mode="json")
    was = {name: None if before[name] is None else str(before[name]) for name in changed if name in _PLAIN}
    return approval.PermitCorrected(**_said(decision, facts, now.status, mark, today), changed=changed, was=was)


def _refuse(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
    if permit.now is not None:
        raise Refused(ALREADY_GRANTED, "该编号已有记录, 不能登记为不予许可。", "permit_number")
    _reasoned(decision)
    return approval.PermitRefused(**_said(decision, facts, PermitStatus.REFUSED, mark, today))


def _end(model: type[Decided], status: PermitStatus, *, reasoned: bool) -> _Decider:
    def ended(permit: Permit, decision: Decision, facts: PermitFacts, mark: str, today: date) -> Decided:
        now = _in_force(permit, decision)
        _same_party(now, facts)
        if reasoned:
            _reasoned(decision)
        # What ends is the permit as it stands: an ending changes neither its public nor its personal facts.
        return model(**_said(decision, now.facts, status, now.personal_mark, today))

    return ended


_Decider = Callable[[Permit, Decision, PermitFacts, str, date], Decided]
_BY_KIND: dict[Kind, _Decider] = {
    Kind.GRANT: _grant,
    Kind.RENEW: _renew,
    Kind.AMEND: _amend,
    Kind.REISSUE: _reissue,
    Kind.SURRENDER: _end(approval.PermitSurrendered, PermitStatus.SURRENDERED, reasoned=False),
    Kind.REVOKE: _end(approval.PermitRevoked, PermitStatus.REVOKED, reasoned=True),
    Kind.ANNUL: _end(approval.PermitAnnulled, PermitStatus.ANNULLED, reasoned=True),
    Kind.WITHDRAW: _end(approval.PermitWithdrawn, PermitStatus.WITHDRAWN, reasoned=True),
    Kind.CORRECT: _correct,
    Kind.REFUSE: _refuse,
}

_FACTS = tuple(PermitFacts.model_fields)
_PLAIN = frozenset(_FACTS) - {"party"}


def _known(permit: Permit) -> Entry:
    if permit.now is None:
        raise Refused(UNKNOWN_PERMIT, field="permit_number")
    return permit.now


def _in_force(permit: Permit, decision: Decision) -> Entry:
    now = _known(permit)
    if now.status is not PermitStatus.VALID:
        raise Refused(NOT_IN_FORCE, f"该许可{STATUSES[now.status]}, 不能办理{decision.kind.value}。")
    return now


def _same_party(now: Entry, facts: PermitFacts) -> None:
    if facts.party.party_id != now.facts.party.party_id:
        raise Refused(OTHER_PARTY, field="party")


def _reasoned(decision: Decision) -> None:
    if not decision.reason and not decision.legal_basis:
        raise Refused(REASON_NEEDED, field="reason")


def _check_dates(permit: Permit, decision: Decision, facts: PermitFacts, today: date) -> None:
    if decision.decision_date > today:
        raise Refused(FUTURE_DECISION, field="decision_date")
    if permit.entries and decision.decision_date < permit.entries[0].decision_date:
        raise Refused(BEFORE_GRANT, field="decision_date")
    if facts.valid_from and facts.valid_to and facts.valid_to < facts.valid_from:
        raise Refused(END_BEFORE_START, field="valid_to")


def _check_term(decision: Decision) -> None:
    if decision.valid_to is None and not decision.long_term:
        raise Refused(NO_TERM, field="valid_to")


def _changes(now: Entry, facts: PermitFacts, mark: str) -> tuple[str, ...]:
    same = facts == now.facts
    changed = [] if same else [name for name in _FACTS if getattr(facts, name) != getattr(now.facts, name)]
    if mark != now.personal_mark:
        changed.append("personal")
    return tuple(changed)


def _facts(decision: Decision, party: Party) -> PermitFacts:
    shared = {name: getattr(decision, name) for name in _PLAIN}
    return PermitFacts(party=party, **{**shared, "valid_to": None if decision.long_term else decision.valid_to})


BACK_DATED_AFTER_DAYS = 2
"""Recorded later than this after its decision date, a decision is marked as back-dated (补录). Counted in days."""


def _said(decision: Decision, facts: PermitFacts, status: PermitStatus, mark: str, today: date) -> dict[str, object]:
    late = (today - decision.decision_date).days > BACK_DATED_AFTER_DAYS
    return {
        "facts": facts,
        "status": status,
        "decision_date": decision.decision_date,
        "reason": decision.reason,
        "legal_basis": decision.legal_basis,
        "batch": decision.batch,
        "opening_stock": decision.opening_stock,
        "back_dated": late and not decision.opening_stock,
        "personal_mark": mark,
    }

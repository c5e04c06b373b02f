"""What may be done about a push: sign, return, hand on, consult, rule. Pure: no clock, no database.

``decide`` answers with events, or a refusal that names the state and what is allowed in it. A return stops no clock and
releases nobody; a second one opens a consultation by itself; after two moves only a ruling moves a permit again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from events.approval import Said
from events.oversight import (
    ConsultationOpened,
    MoveReason,
    OpenedBy,
    OpinionGiven,
    PushMoved,
    PushReturned,
    ReturnReason,
    RulingMade,
)
from events.supervision import Claim, Receiver, Role
from projections.oversight import Oversight
from services.refusing import Refused
from services.supervision import oversight_rules as rules
from services.supervision import oversight_steps as steps
from services.supervision.duty_list import Duty, Uncovered
from services.supervision.oversight_commands import (
    Command,
    GiveOpinion,
    OpenConsultation,
    Reassign,
    Return,
    RuleOn,
    Step,
)
from services.supervision.placing import roles

RETURNS_BEFORE_CONSULTATION = 2
MOVES_BEFORE_RULING = 2
SYSTEM = "规则"
"""Who moved a permit that no person moved."""


class Target(NamedTuple):
    """Where a permit goes: the lead first. ``duty``: the entry of the list that covers it, when one does."""

    departments: Mapping[str, Role]
    duty: Duty | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision rests on beside the permit: the day, the duty list's answer, the limits, who exists."""

    today: date
    route: Duty | Uncovered
    departments: Collection[str]
    claim: Callable[[Duty | None], Claim]
    opinions_due: Claim

    @property
    def duty(self) -> Duty | None:
        return self.route if isinstance(self.route, Duty) else None


def decide(state: Oversight, department: str, command: Command, now: Situation) -> Sequence[Said]:
    """Return the events that ``command`` becomes, in order, or raise ``Refused``. ``department``: who asks."""
    if state.newest is None:
        raise Refused(rules.UNKNOWN_PERMIT)
    match command:
        case Return():
            return _return(state, department, command, now)
        case Step():
            return [steps.taken(case, command) for case in steps.meant(state, department, command)]
        case Reassign():
            return _reassign(state, command, now)
        case OpenConsultation():
            return [_open(state, command.opened_by, command.by, command.text, command.invited, now)]
        case GiveOpinion():
            return [_opinion(state, command)]
        case RuleOn():
            return rule_on(state, command, now)


def _return(state: Oversight, department: str, command: Return, now: Situation) -> list[Said]:
    """Record the return; let the list move the permit if it names others by now, or open a consultation."""
    if state.consultation is not None:
        raise Refused(rules.IN_CONSULTATION)
    if any(one.ruling for one in state.consultations) and state.pinned:
        raise Refused(rules.RULED)
    if command.reason is ReturnReason.OTHER and not command.text:
        raise Refused(rules.TEXT_NEEDED, field="text")
    if command.candidate is not None:
        _known([command.candidate], now, "candidate")
        if command.candidate == department:
            raise Refused(rules.CANDIDATE_IS_SELF, field="candidate")
    cases = steps.meant(state, department, command)
    said: list[Said] = [
        PushReturned(
            push_version=case.push_version, department=department, officer=command.officer,
            reason=command.reason, text=command.text, candidate=command.candidate,
        )
        for case in cases
    ]  # fmt: skip
    if state.returns + 1 < RETURNS_BEFORE_CONSULTATION and state.moves < MOVES_BEFORE_RULING:
        duty = now.duty
        listed = roles(duty.content.lead, duty.content.co_departments) if duty else {}
        if duty is not None and department not in listed and dict(listed) != dict(state.departments):
            said.append(_move(state, Target(listed, duty), MoveReason.RETURNED, SYSTEM, "", now.today, now))
        return said
    if state.default and dict(state.default) != dict(state.departments):
        target = Target(state.default, now.duty)
        said.append(_move(state, target, MoveReason.RETURNED_TWICE, SYSTEM, "", now.today, now))
    suggested = tuple(filter(None, (command.candidate, *(case.candidate for case in state.cases.values()))))
    said.append(_open(state, OpenedBy.SECOND_RETURN, SYSTEM, "", (department, *suggested), now))
    return said


def _reassign(state: Oversight, command: Reassign, now: Situation) -> list[Said]:
    if state.consultation is not None:
        raise Refused(rules.IN_CONSULTATION)
    if state.moves >= MOVES_BEFORE_RULING:
        raise Refused(rules.NEEDS_RULING)
    _known([command.lead, *command.co_departments], now, "lead")
    wanted = roles(command.lead, command.co_departments)
    if dict(wanted) == dict(state.departments):
        raise Refused(rules.NOTHING_MOVES)
    return [_move(state, Target(wanted, now.duty), MoveReason.REASSIGNED, command.by, command.text, now.today, now)]


def _open(
    state: Oversight, opened_by: OpenedBy, by: str, text: str, invited: Sequence[str], now: Situation
) -> ConsultationOpened:
    if state.consultation is not None:
        raise Refused(rules.ALREADY_OPEN)
    if opened_by is not OpenedBy.SECOND_RETURN:
        _known(invited, now, "invited")
    assert state.decided is not None
    asked = [*state.departments, *state.default, *invited, state.decided.facts.deciding_body]
    return ConsultationOpened(
        number=len(state.consultations) + 1,
        opened_by=opened_by,
        parties=tuple(dict.fromkeys(asked)),
        opinions_due=now.opinions_due,
        by=by,
        text=text,
    )


def _opinion(state: Oversight, command: GiveOpinion) -> OpinionGiven:
    found = state.consultation
    if found is None:
        raise Refused(rules.NO_CONSULTATION)
    if command.body not in found.opened.parties:
        raise Refused(rules.NOT_ASKED, field="body")
    return OpinionGiven(
        number=found.opened.number,
        body=command.body,
        officer=command.officer,
        text=command.text,
        legal_basis=command.legal_basis,
    )


def rule_on(state: Oversight, command: RuleOn, now: Situation, like: UUID | None = None) -> list[Said]:
    """Return the ruling of the open consultation, and the move that follows from it.

    ``like``: the permit whose ruling is applied to this one, which waits like it; it may wait without a consultation.
    """
    found = state.consultation
    if found is None and like is None:
        raise Refused(rules.NO_CONSULTATION)
    _known([command.lead, *command.co_departments], now, "lead")
    effective = command.effective or now.today
    if effective > now.today:
        raise Refused(rules.FUTURE_RULING, field="effective")
    wanted = roles(command.lead, command.co_departments)
    said: list[Said] = []
    if found is not None:
        said.append(
            RulingMade(
                number=found.opened.number, lead=command.lead, co_departments=command.co_departments,
                reason=command.reason, legal_basis=command.legal_basis, effective=effective, by=command.by,
                changes_duty_list=command.changes_duty_list, like=like,
            )
        )  # fmt: skip
    if dict(wanted) != dict(state.departments):
        number = found.opened.number if found else None
        target = Target(wanted, now.duty)
        said.append(_move(state, target, MoveReason.RULED, command.by, command.reason, effective, now, number))
    return said


def move_by_list(state: Oversight, duty: Duty, now: Situation) -> list[Said]:
    """Return the move to where the duty list names others by now, or nothing where it names those who have it."""
    wanted = roles(duty.content.lead, duty.content.co_departments)
    if state.newest is None or state.pinned or dict(wanted) == dict(state.departments):
        return []
    return [_move(state, Target(wanted, duty), MoveReason.DUTY_CHANGED, SYSTEM, "", now.today, now)]


def _known(codes: Sequence[str], now: Situation, field: str) -> None:
    for code in codes:
        if code not in now.departments:
            raise Refused(rules.UNKNOWN_DEPARTMENT, field=field)


def _move(
    state: Oversight,
    target: Target,
    reason: MoveReason,
    by: str,
    text: str,
    effective: date,
    now: Situation,
    consultation: int | None = None,
) -> PushMoved:
    """Return the move. Its receivers are numbered when it is recorded."""
    assert state.newest is not None
    assert state.since is not None
    assert state.decided is not None
    content = target.duty.content if target.duty else None
    return PushMoved(
        decision=state.newest.decision,
        receivers=tuple(Receiver(department=c, role=r, push_number=0) for c, r in target.departments.items()),
        left=tuple(sorted(state.departments.keys() - target.departments.keys())),
        duty=target.duty.id if target.duty else None,
        duty_version=target.duty.version if target.duty else None,
        register_version=state.newest.register_version,
        mode=content.mode if content else state.newest.mode,
        claim_limit_days=content.claim_limit_days if content else None,
        claim=now.claim(target.duty),
        opening_stock=state.decided.opening_stock,
        reason=reason.value,
        moved_push=state.newest_version,
        since=state.since,
        first_claim=state.first_claim,
        effective=effective,
        by=by,
        text=text,
        consultation=consultation,
    )

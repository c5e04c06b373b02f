"""What the supervision side says of a party or a permit on its own account: penalties, freezes, suggestions, checks.

Every penalty, freeze, suggestion, check and inspection is a stream of its own. Each event names the party, and the
permit where there is one, and carries the public facts as they stand after it, so that a reader needs no other event
to act. Free texts about natural persons and 个体工商户 are not here: they travel sealed beside, under the party's key.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from events.approval import Party, Said


class PenaltyStatus(StrEnum):
    """What a penalty is after an event."""

    IN_FORCE = "in_force"
    REPAIRED = "repaired"
    ANNULLED = "annulled"


class PenaltyFacts(Said):
    """What is publicly known of one penalty (行政处罚决定). Amounts are in 万元, as decimal text."""

    party: Party
    document_number: str
    violation_kind: str
    violation_facts: str = ""
    legal_basis: str
    penalty_kind: str
    content: str = ""
    fine: str | None = None
    confiscated: str | None = None
    certificates: str = ""
    decision_date: date
    valid_to: date | None = None
    published_until: date | None = None
    department: str
    department_name: str
    data_source: str = ""
    data_source_code: str = ""
    remark: str = ""


class PenaltySaid(Said):
    """What every event of a penalty carries. ``officer``: who did it, by staff number; ``import`` for a file."""

    facts: PenaltyFacts
    status: PenaltyStatus
    officer: str = ""


class PenaltyImposed(PenaltySaid):
    """处罚. ``batch`` is the file it came in."""

    batch: UUID | None = None
    back_dated: bool = False
    personal_mark: str = ""


class PenaltyAmended(PenaltySaid):
    """处罚决定变更. ``changed`` names the facts that differ from before; ``personal`` stands for all that is sealed."""

    changed: tuple[str, ...]
    reason: str
    amended_on: date
    personal_mark: str = ""


class PenaltyAnnulled(PenaltySaid):
    """处罚决定撤销: every mark that it left on a permit is undone."""

    reason: str
    annulled_on: date


class CreditRepaired(PenaltySaid):
    """信用修复: the penalty stands and has no effect any more."""

    reason: str
    repaired_on: date
    repair_document: str = ""


class How(StrEnum):
    """By what a penalty was found to touch a permit."""

    CERTIFICATE = "certificate"
    PARTY = "party"
    CONFIRMED = "confirmed"


class MatchedPermit(Said):
    """A permit that a penalty touches. ``certificate`` is the number as the penalty writes it, half-width."""

    permit: UUID
    deciding_body: str
    permit_number: str
    how: How
    certificate: str = ""
    confirmed_by: str = ""


class PenaltyMatched(PenaltySaid):
    """The whole set of permits that the penalty touches from now on. Not ``settled``: some of it is still sought."""

    matches: tuple[MatchedPermit, ...]
    settled: bool


class Candidate(Said):
    """A permit that the penalty may mean. ``certificate`` is the number in the penalty that it resembles."""

    permit: UUID
    deciding_body: str
    permit_number: str
    certificate: str = ""


class PenaltyUnmatched(PenaltySaid):
    """The penalty, or a certificate it names, finds no permit: it waits with an owner, its clock runs from here."""

    reason: str
    owner: str
    sought: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


class FreezeSaid(Said):
    """A request to freeze approvals for a party (冻结). No ``matters``: all of them. ``until`` is the last day."""

    party: Party
    matters: tuple[str, ...] = ()
    department: str
    department_name: str
    document_number: str
    reason: str
    requested_on: date
    until: date | None = None
    officer: str = ""


class FreezeRequested(FreezeSaid):
    """The approval side is asked to grant nothing to the party, in these matters, until it is lifted or lapses."""


class FreezeLifted(FreezeSaid):
    """解除冻结, before its last day."""

    lifted_on: date
    why_lifted: str


class FreezeLapsed(FreezeSaid):
    """The last day is over: it ends by itself."""

    lapsed_on: date


class OfPermit(Said):
    """Which permit it is about, who holds it and which department says so."""

    permit: UUID
    permit_number: str
    deciding_body: str
    matter_code: str
    party: Party
    department: str
    department_name: str
    officer: str = ""


class AnnulmentSuggested(OfPermit):
    """撤销建议. ``check``: the commitment check that it follows from."""

    document_number: str
    facts: str
    legal_basis: str
    suggested_on: date
    check: UUID | None = None


class ErrorReported(OfPermit):
    """校核纠错: the department believes that a recorded fact is wrong. ``field``: its name, such as ``valid_to``.

    ``stated`` is what is recorded in version ``permit_version`` of the permit, ``should_be`` what the department says.
    """

    permit_version: int
    field: str
    stated: str
    should_be: str
    facts: str = ""
    reported_on: date


class CommitmentChecked(OfPermit):
    """承诺核查: whether what the permit was granted on (告知承诺) is so."""

    passed: bool
    checked_on: date
    facts: str = ""


class InspectionResult(StrEnum):
    """检查结果."""

    IN_ORDER = "in_order"
    PROBLEMS = "problems"
    NOT_FOUND = "not_found"


class InspectionPlanned(OfPermit):
    """检查计划."""

    inspection_kind: str
    planned_on: date
    plan: str = ""


class InspectionRecorded(OfPermit):
    """检查记录. ``rectification_due`` is the last day to put right what was found."""

    inspection_kind: str
    inspected_on: date
    result: InspectionResult
    problems: str = ""
    rectification_due: date | None = None


class RectificationChecked(OfPermit):
    """整改复查. Not ``passed``: it stays open, with a new last day where one was given."""

    passed: bool
    checked_on: date
    facts: str = ""
    rectification_due: date | None = None


PenaltyEvent = PenaltyImposed | PenaltyAmended | PenaltyAnnulled | CreditRepaired | PenaltyMatched | PenaltyUnmatched
FreezeEvent = FreezeRequested | FreezeLifted | FreezeLapsed
InspectionEvent = InspectionPlanned | InspectionRecorded | RectificationChecked

"""What a department may say of a permit, and when: suggestions, errors, checks, inspections. Pure.

Each function answers with the event that the statement becomes, or a refusal that names the state and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from events.approval import PermitFacts, PermitStatus
from events.penalties import (
    AnnulmentSuggested,
    CommitmentChecked,
    ErrorReported,
    FreezeLapsed,
    FreezeLifted,
    FreezeRequested,
    FreezeSaid,
    InspectionPlanned,
    InspectionRecorded,
    InspectionResult,
    OfPermit,
    RectificationChecked,
)
from services.refusing import Refused
from services.supervision import finding_rules as rules
from services.supervision.finding_stated import (
    AboutPermit,
    CheckCommitment,
    CheckRectification,
    Inspect,
    InspectUnplanned,
    PlanInspection,
    ReportError,
    SuggestAnnulment,
)
from services.supervision.penalty import FUTURE_DATE
from services.wording import STATUSES


@dataclass(frozen=True, slots=True)
class Watched:
    """A permit as the watch lists have it. ``since``: its first decision; ``by``: the departments that watch it;
    ``version``: of its newest decision."""

    facts: PermitFacts
    status: PermitStatus
    since: date
    by: frozenset[str]
    version: int = 0


@dataclass(frozen=True, slots=True)
class Says:
    """Who says it: the department with its name, and the day on which it is said, in China."""

    department: str
    name: str
    today: date


Texts = Mapping[str, str]
"""The texts of a statement by name, as they may be shown."""


def not_to_come(day: date, today: date, field: str) -> None:
    """Refuse what is said to have happened on a day after ``today``."""
    if day > today:
        raise Refused(FUTURE_DATE, field=field)


def suggest_annulment(stated: SuggestAnnulment, permit: Watched, says: Says, shown: Texts) -> AnnulmentSuggested:
    _on(permit, stated.suggested_on, says.today, "suggested_on")
    _in_force(permit, "建议撤销")
    return AnnulmentSuggested(
        **_of(stated, permit, says),
        document_number=shown["document_number"],
        facts=shown["facts"],
        legal_basis=shown["legal_basis"],
        suggested_on=stated.suggested_on,
        check=stated.check,
    )


def report_error(stated: ReportError, permit: Watched, says: Says, shown: Texts) -> ErrorReported:
    """Return the report that a recorded fact is wrong."""
    _on(permit, stated.reported_on, says.today, "reported_on")
    _watched(permit, says)
    recorded = permit.facts.model_dump(mode="json")
    if stated.field not in recorded or stated.field == "party":
        raise Refused(rules.NO_SUCH_FACT, field="field")
    value = "" if recorded[stated.field] is None else str(recorded[stated.field])
    if value == shown["should_be"]:
        raise Refused(rules.ALREADY_SO, field="should_be")
    return ErrorReported(
        **_of(stated, permit, says),
        permit_version=permit.version,
        field=stated.field,
        stated=value,
        should_be=shown["should_be"],
        facts=shown["facts"],
        reported_on=stated.reported_on,
    )


def check_commitment(stated: CheckCommitment, permit: Watched, says: Says, shown: Texts) -> CommitmentChecked:
    _on(permit, stated.checked_on, says.today, "checked_on")
    if not permit.facts.commitment:
        raise Refused(rules.NOT_ON_COMMITMENT, field="permit")
    _in_force(permit, "登记承诺核查")
    _watched(permit, says)
    if not stated.passed and not stated.facts:
        raise Refused(rules.FACTS_NEEDED, field="facts")
    return CommitmentChecked(
        **_of(stated, permit, says), passed=stated.passed, checked_on=stated.checked_on, facts=shown["facts"]
    )


def plan_inspection(stated: PlanInspection, permit: Watched, says: Says, shown: Texts) -> InspectionPlanned:
    _watched(permit, says)
    return InspectionPlanned(
        **_of(stated, permit, says),
        inspection_kind=stated.inspection_kind,
        planned_on=stated.planned_on,
        plan=shown["plan"],
    )


def inspect_unplanned(stated: InspectUnplanned, permit: Watched, says: Says, shown: Texts) -> InspectionRecorded:
    _on(permit, stated.inspected_on, says.today, "inspected_on")
    _watched(permit, says)
    said = _of(stated, permit, says) | {"inspection_kind": stated.inspection_kind}
    return _inspected(stated, said, says.today, shown)


def inspect(before: OfPermit, stated: Inspect, today: date, shown: Texts) -> InspectionRecorded:
    """Return what a planned inspection found."""
    if not isinstance(before, InspectionPlanned):
        raise Refused(rules.ALREADY_INSPECTED)
    said = {name: getattr(before, name) for name in (*OfPermit.model_fields, "inspection_kind")}
    return _inspected(stated, said | {"officer": stated.officer}, today, shown)


def _inspected(stated: Inspect, said: Mapping[str, object], today: date, shown: Texts) -> InspectionRecorded:
    not_to_come(stated.inspected_on, today, "inspected_on")
    if stated.result is InspectionResult.PROBLEMS and not stated.problems:
        raise Refused(rules.FACTS_NEEDED, "检查发现问题, 却没有写明问题。", "problems")
    if stated.rectification_due is not None:
        if stated.result is not InspectionResult.PROBLEMS:
            raise Refused(rules.NOTHING_WRONG, field="rectification_due")
        if stated.rectification_due < stated.inspected_on:
            raise Refused(rules.END_BEFORE_START, "整改期限早于检查日期。", "rectification_due")
    found = {
        "inspected_on": stated.inspected_on,
        "result": stated.result,
        "problems": shown["problems"],
        "rectification_due": stated.rectification_due,
    }
    return InspectionRecorded.model_validate({**said, **found})


def check_rectification(
    before: OfPermit, stated: CheckRectification, today: date, shown: Texts
) -> RectificationChecked:
    """Return whether what an inspection found was put right. ``before``: the newest event of the inspection."""
    found = isinstance(before, InspectionRecorded) and before.rectification_due is not None
    still = isinstance(before, RectificationChecked) and not before.passed
    if not found and not still:
        done = isinstance(before, RectificationChecked)
        raise Refused(rules.NOTHING_TO_RECTIFY, "该检查的整改已复查合格。" if done else None)
    not_to_come(stated.checked_on, today, "checked_on")
    if not stated.passed and not stated.facts:
        raise Refused(rules.FACTS_NEEDED, field="facts")
    if stated.rectification_due is not None and (stated.passed or stated.rectification_due < stated.checked_on):
        raise Refused(rules.NOTHING_WRONG if stated.passed else rules.END_BEFORE_START, field="rectification_due")
    said = {name: getattr(before, name) for name in OfPermit.model_fields}
    checked = {
        "officer": stated.officer,
        "passed": stated.passed,
        "checked_on": stated.checked_on,
        "facts": shown["facts"],
        "rectification_due": stated.rectification_due,
    }
    return RectificationChecked.model_validate(said | checked)


def _of(stated: AboutPermit, permit: Watched, says: Says) -> dict[str, object]:
    return {
        "permit": stated.permit,
        "permit_number": permit.facts.permit_number,
        "deciding_body": permit.facts.deciding_body,
        "matter_code": permit.facts.matter_code,
        "party": permit.facts.party,
        "department": says.department,
        "department_name": says.name,
        "officer": stated.officer,
    }


def _on(permit: Watched, day: date, today: date, field: str) -> None:
    not_to_come(day, today, field)
    if day < permit.since:
        raise Refused(rules.BEFORE_PERMIT, field=field)


def _in_force(permit: Watched, wanted: str) -> None:
    if permit.status is not PermitStatus.VALID:
        raise Refused(rules.PERMIT_ENDED, f"该许可{STATUSES[permit.status]}, 不能{wanted}。", "permit")


def _watched(permit: Watched, says: Says) -> None:
    if says.department not in permit.by:
        raise Refused(rules.NOT_WATCHED, field="department")


def legal_day(said: FreezeSaid | OfPermit) -> date | None:
    """Return the legal day of an event: that on which it was so. A plan is for a day to come, and has none."""
    match said:
        case FreezeRequested():
            return said.requested_on
        case FreezeLifted():
            return said.lifted_on
        case FreezeLapsed():
            return said.lapsed_on
        case AnnulmentSuggested():
            return said.suggested_on
        case CommitmentChecked() | RectificationChecked():
            return said.checked_on
        case ErrorReported():
            return said.reported_on
        case InspectionRecorded():
            return said.inspected_on
    return None

"""What a department can say of a permit or a party besides penalties: the forms, as programs and commands fill them in.

Findings: a freeze of approvals, a suggestion to annul, a commitment check, an inspection and what came of it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from events.penalties import InspectionResult
from services.stated import Code, LegalDate, Required, Stated, StatedParty, Text
from services.supervision.penalty_stated import NamedOfficer

InspectionKind = Literal["日常检查", "双随机", "专项检查", "其他"]


class RequestFreeze(Stated):
    """冻结: nothing is to be granted to a party, in these matters (none: in all), until it is lifted or ``until`` is
    over. The party is stated, or is the holder of ``permit``."""

    party: StatedParty | None = None
    permit: UUID | None = None
    matters: Annotated[tuple[Code, ...], Field(max_length=200, description="事项代码；省略则为全部事项。")] = ()
    department: Code
    document_number: Required
    reason: Required
    requested_on: LegalDate
    until: Annotated[date | None, Field(description="最后一日；省略则至解除为止。")] = None
    officer: NamedOfficer

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.party is None) == (self.permit is None):
            raise ValueError("party or permit")
        return self


class LiftFreeze(Stated):
    """解除冻结."""

    why_lifted: Required
    lifted_on: LegalDate
    officer: NamedOfficer


class AboutPermit(Stated):
    """Which permit, and which department says so."""

    permit: UUID
    department: Code
    officer: NamedOfficer


class SuggestAnnulment(AboutPermit):
    """撤销建议. ``check``: the commitment check that it follows from."""

    document_number: Required
    facts: Required
    legal_basis: Required
    suggested_on: LegalDate
    check: UUID | None = None


class ReportError(AboutPermit):
    """校核纠错. ``field``: the name of a public fact as the permit's page and answers name it."""

    field: Annotated[str, Field(min_length=1, max_length=40)]
    should_be: Required
    facts: Text = ""
    reported_on: LegalDate


class CheckCommitment(AboutPermit):
    """承诺核查. What failed must be said."""

    passed: bool
    checked_on: LegalDate
    facts: Text = ""


class PlanInspection(AboutPermit):
    """检查计划."""

    inspection_kind: InspectionKind
    planned_on: LegalDate
    plan: Text = ""


class Inspect(Stated):
    """What a planned inspection found. ``rectification_due``: the last day to put right what is wrong."""

    inspected_on: LegalDate
    result: InspectionResult
    problems: Text = ""
    rectification_due: date | None = None
    officer: NamedOfficer


class InspectUnplanned(AboutPermit, Inspect):
    """What an inspection found that was not planned here."""

    inspection_kind: InspectionKind


class CheckRectification(Stated):
    """整改复查. Not ``passed``: it stays open, until another last day where one is given."""

    passed: bool
    checked_on: LegalDate
    facts: Text = ""
    rectification_due: date | None = None
    officer: NamedOfficer


Command = (
    RequestFreeze
    | LiftFreeze
    | SuggestAnnulment
    | ReportError
    | CheckCommitment
    | PlanInspection
    | Inspect
    | InspectUnplanned
    | CheckRectification
)

"""What can be said about a penalty: the forms, as programs, files and the command line fill them in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.stated import Code, LegalDate, Required, Stated, StatedParty, Text

Amount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, description="万元。2000 元填 0.2。")]
Officer = Annotated[Text, Field(max_length=40, description="经办人工号或简称。")]
NamedOfficer = Annotated[Required, Field(max_length=40, description="经办人工号或简称。")]


class StatedPenalty(Stated):
    """One penalty as a department states it. Amounts in 万元, as the 双公示 file writes them."""

    party: StatedParty
    document_number: Required
    violation_kind: Required
    violation_facts: Required
    legal_basis: Required
    penalty_kind: Required
    content: Text = ""
    fine: Amount | None = None
    confiscated: Amount | None = None
    certificates: Annotated[Text, Field(description="暂扣或吊销证照名称及编号；多个以顿号分隔。")] = ""
    decision_date: LegalDate
    valid_to: date | None = None
    published_until: date | None = None
    department: Code
    department_name: Required
    data_source: Text = ""
    data_source_code: Text = ""
    remark: Text = ""
    batch: UUID | None = None
    officer: Officer = ""


class Impose(Stated):
    """处罚决定. ``amending``: why one that is recorded already with another content is amended, instead of refused."""

    penalty: StatedPenalty
    amending: Text = ""


class Amend(Stated):
    """处罚决定变更. ``penalty``: everything as it stands from now on."""

    penalty: StatedPenalty
    reason: Required
    amended_on: LegalDate
    officer: NamedOfficer


class Annul(Stated):
    """处罚决定撤销."""

    reason: Required
    annulled_on: LegalDate
    officer: NamedOfficer


class Repair(Stated):
    """信用修复."""

    reason: Required
    repaired_on: LegalDate
    repair_document: Text = ""
    officer: NamedOfficer


class Confirm(Stated):
    """Which permits a penalty in the queue touches, as an officer says; none of them when ``permits`` is empty."""

    permits: Annotated[tuple[UUID, ...], Field(max_length=100)]
    officer: NamedOfficer


Command = Impose | Amend | Annul | Repair | Confirm

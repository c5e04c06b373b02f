"""A decision as a clerk, a file or another system states it: the command that the approval core decides on.

Dates are legal dates in China. Nothing here is filled in when it is missing: a missing date stays missing.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from events.approval import Level
from services.stated import Code, LegalDate, Required, Stated, StatedParty, Text

SENDER_NUMBER = "报送系统自己的连续编号，自 1 起；缺少的编号列入 GET /api/v1/completeness，直至补齐。"


class Kind(StrEnum):
    """业务类型 of a decision."""

    GRANT = "核发"
    RENEW = "延续"
    AMEND = "变更"
    REISSUE = "补发"
    SURRENDER = "注销"
    REVOKE = "吊销"
    ANNUL = "撤销"
    WITHDRAW = "撤回"
    CORRECT = "更正"
    REFUSE = "不予许可"


class Decision(Stated):
    """One decision about one permit. ``valid_to`` None with ``long_term`` means 长期."""

    kind: Kind
    deciding_body: Code
    deciding_body_name: Text = ""
    matter_code: Code
    region_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{6})?$")]
    level: Level
    party: StatedParty
    permit_number: Required
    certificate_name: Text = ""
    document_name: Required
    document_number: Required
    category: Required
    content: Text = ""
    decision_date: LegalDate
    valid_from: date | None = None
    valid_to: date | None = None
    long_term: bool = False
    place: Text = ""
    commitment: bool = False
    contact: Text = ""
    reason: Text = ""
    legal_basis: Text = ""
    data_source: Text = ""
    data_source_code: Text = ""
    remark: Text = ""
    opening_stock: bool = False
    batch: UUID | None = None
    sender_number: Annotated[int | None, Field(ge=1, le=2**62, description=SENDER_NUMBER)] = None

"""Invented decisions and duties for tests. Numbers pass their check digits and belong to nobody."""

from __future__ import annotations

from datetime import date
from typing import Any

from events.approval import Level, PartyKind
from events.supervision import DutyAssigned
from services.approval.decision import Decision, Kind
from services.stated import StatedParty

TODAY = date(2026, 11, 24)
BODY = "11990100MB0000001X"
FOOD = "000131003000"
MARKET_BUREAU = "11990100MB0000101A"
HEALTH_BUREAU = "11990100MB0000102B"


def party(**changes: Any) -> StatedParty:
    stated = {
        "kind": PartyKind.LEGAL,
        "name": "海州市虚构餐饮有限公司",
        "identifier": "91990100MA00000017",
        "legal_representative": "某甲",
    }
    return StatedParty.model_validate(stated | changes)


def clinic() -> StatedParty:
    """Return another party, of which the market bureau knows nothing."""
    return party(name="海州市虚构诊所", identifier="91990100MA00000025")


def decision(kind: Kind = Kind.GRANT, **changes: Any) -> Decision:
    """Return a complete decision of ``kind``; ``changes`` replace fields."""
    stated = {
        "kind": kind,
        "deciding_body": BODY,
        "deciding_body_name": "海州市行政审批局",
        "matter_code": FOOD,
        "region_code": "990102",
        "level": Level.CITY,
        "party": party(),
        "permit_number": "JY29901020000001",
        "certificate_name": "食品经营许可证",
        "document_name": "准予行政许可决定书",
        "document_number": "海审批〔2026〕1号",
        "category": "普通",
        "content": "准予从事热食类食品制售",
        "decision_date": date(2026, 11, 20),
        "valid_from": date(2026, 11, 20),
        "valid_to": date(2031, 11, 19),
    }
    return Decision.model_validate(stated | changes)


def duty(**changes: Any) -> DutyAssigned:
    said = {
        "matter_code": FOOD,
        "matter_name": "食品经营许可",
        "region_code": "990100",
        "level": "*",
        "lead": MARKET_BUREAU,
        "lead_name": "海州市市场监督管理局",
        "co_departments": (HEALTH_BUREAU,),
        "valid_from": date(2026, 1, 1),
    }
    return DutyAssigned.model_validate(said | changes)


DEPARTMENTS = {MARKET_BUREAU: "海州市市场监督管理局", HEALTH_BUREAU: "海州市卫生健康委员会"}

"""One invented event of each type of ``events.penalties``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from docs.invented import BATCH, BODY, FOOD, HOLDER, MARK, MARKET_BUREAU
from events.approval import Party, PartyKind, Said
from events.expiry import ExpiryEnded, ExpiryEnding, PermitExpired
from events.penalties import (
    AnnulmentSuggested,
    Candidate,
    CommitmentChecked,
    CreditRepaired,
    ErrorReported,
    FreezeLapsed,
    FreezeLifted,
    FreezeRequested,
    How,
    InspectionPlanned,
    InspectionRecorded,
    InspectionResult,
    MatchedPermit,
    PenaltyAmended,
    PenaltyAnnulled,
    PenaltyFacts,
    PenaltyImposed,
    PenaltyMatched,
    PenaltyStatus,
    PenaltyUnmatched,
    RectificationChecked,
)

PERMIT = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6a01")
OTHER_PERMIT = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6a02")
CHECK = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6a03")
PARTY = Party(party_id=HOLDER, kind=PartyKind.LEGAL, label="海州市虚构餐饮有限公司", uscc="91990100MA00000017")
OFFICER = "S-0417"


def penalties() -> Iterator[Said]:
    """Yield what is said of penalties."""
    facts = PenaltyFacts(
        party=PARTY,
        document_number="海市监罚〔2026〕17号",
        violation_kind="超范围经营",
        violation_facts="超出食品经营许可证载明的经营项目从事冷食类食品制售",
        legal_basis="《食品经营许可和备案管理办法》第五十二条",
        penalty_kind="罚款,没收违法所得",
        content="罚款2000元，没收违法所得350元",
        fine="0.2",
        confiscated="0.035",
        certificates="食品经营许可证 JY29901020000001",
        decision_date=date(2026, 11, 23),
        valid_to=date(2027, 11, 22),
        published_until=date(2027, 11, 22),
        department=MARKET_BUREAU,
        department_name="海州市市场监督管理局",
    )
    said = {"facts": facts, "status": PenaltyStatus.IN_FORCE, "officer": OFFICER}
    yield PenaltyImposed.model_validate(said | {"batch": BATCH, "personal_mark": MARK})
    yield PenaltyAmended.model_validate(
        said
        | {
            "facts": facts.model_copy(update={"fine": "0.1"}),
            "changed": ("fine",),
            "reason": "行政复议变更罚款数额",
            "amended_on": date(2026, 11, 24),
            "personal_mark": MARK,
        }
    )
    yield PenaltyAnnulled.model_validate(
        said | {"status": PenaltyStatus.ANNULLED, "reason": "行政复议决定撤销原处罚", "annulled_on": date(2026, 11, 24)}
    )
    yield CreditRepaired.model_validate(
        said
        | {
            "status": PenaltyStatus.REPAIRED,
            "reason": "已履行处罚决定并作出信用承诺",
            "repaired_on": date(2026, 11, 24),
            "repair_document": "海信修〔2026〕3号",
        }
    )
    named = {"permit": PERMIT, "deciding_body": BODY, "permit_number": "JY29901020000001"}
    confirmed = {"how": How.CONFIRMED, "certificate": "JY2990102000001", "confirmed_by": OFFICER}
    yield PenaltyMatched.model_validate(
        said | {"matches": (MatchedPermit.model_validate(named | confirmed),), "settled": True}
    )
    alike = Candidate(
        permit=OTHER_PERMIT, deciding_body=BODY, permit_number="JY29901020000002", certificate="JY2990102000001"
    )
    yield PenaltyUnmatched.model_validate(
        said
        | {
            "reason": "certificate_unclear",
            "owner": "海州市市场监督管理局",
            "sought": ("JY2990102000001",),
            "candidates": (alike,),
        }
    )


def of_parties_and_permits() -> Iterator[Said]:
    """Yield what else a department says on its own account."""
    frozen = {
        "party": PARTY,
        "matters": (FOOD,),
        "department": MARKET_BUREAU,
        "department_name": "海州市市场监督管理局",
        "document_number": "海市监函〔2026〕5号",
        "reason": "涉嫌提供虚假材料取得许可，已立案调查",
        "requested_on": date(2026, 11, 23),
        "until": date(2027, 2, 22),
        "officer": OFFICER,
    }
    yield FreezeRequested.model_validate(frozen)
    yield FreezeLifted.model_validate(frozen | {"lifted_on": date(2026, 11, 24), "why_lifted": "调查终结，未发现违法"})
    yield FreezeLapsed.model_validate(frozen | {"lapsed_on": date(2027, 2, 23), "officer": "S-0417"})
    of_permit = {
        "permit": PERMIT,
        "permit_number": "JY29901020000001",
        "deciding_body": BODY,
        "matter_code": FOOD,
        "party": PARTY,
        "department": MARKET_BUREAU,
        "department_name": "海州市市场监督管理局",
        "officer": OFFICER,
    }
    yield AnnulmentSuggested.model_validate(
        of_permit
        | {
            "document_number": "海市监建〔2026〕2号",
            "facts": "告知承诺的经营场所与实际不符",
            "legal_basis": "《中华人民共和国行政许可法》第六十九条",
            "suggested_on": date(2026, 11, 24),
            "check": CHECK,
        }
    )
    yield ErrorReported.model_validate(
        of_permit
        | {
            "permit_version": 1,
            "field": "valid_to",
            "stated": "2031-11-22",
            "should_be": "2030-11-22",
            "facts": "证书原件载明至2030年",
            "reported_on": date(2026, 11, 24),
        }
    )
    yield CommitmentChecked.model_validate(
        of_permit | {"passed": False, "checked_on": date(2026, 11, 24), "facts": "未按承诺设置独立的冷食间"}
    )
    expired = of_permit | {"valid_to": date(2026, 11, 23)}
    yield PermitExpired.model_validate(expired)
    yield ExpiryEnded.model_validate(expired | {"how": ExpiryEnding.RENEWED})
    planned = of_permit | {"inspection_kind": "双随机"}
    yield InspectionPlanned.model_validate(
        planned | {"planned_on": date(2026, 11, 24), "plan": "食品经营许可条件保持情况"}
    )
    yield InspectionRecorded.model_validate(
        planned
        | {
            "inspected_on": date(2026, 11, 24),
            "result": InspectionResult.PROBLEMS,
            "problems": "未公示食品经营许可证",
            "rectification_due": date(2026, 12, 8),
        }
    )
    yield RectificationChecked.model_validate(
        of_permit
        | {
            "passed": False,
            "checked_on": date(2026, 12, 9),
            "facts": "仍未公示",
            "rectification_due": date(2026, 12, 16),
        }
    )

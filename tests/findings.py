"""What supervision finds, said straight into its store: penalties, freezes, suggestions, checks and inspections."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from events import store
from events.approval import Party, PartyKind, Said
from events.catalogue import encode
from events.database import raw
from events.envelope import NewEvent
from events.penalties import (
    AnnulmentSuggested,
    CommitmentChecked,
    FreezeRequested,
    How,
    InspectionRecorded,
    InspectionResult,
    MatchedPermit,
    PenaltyAmended,
    PenaltyAnnulled,
    PenaltyFacts,
    PenaltyImposed,
    PenaltyMatched,
    PenaltyStatus,
)
from tests.invented import BODY, FOOD, MARKET_BUREAU
from tests.linkage import Linkage

FOUND_ON = date(2026, 11, 23)
DEPARTMENT = {"department": MARKET_BUREAU, "department_name": "海州市市场监督管理局"}


def say(linkage: Linkage, stream: UUID, *said: Said, first: int = 1) -> None:
    """Record ``said`` in ``stream`` of the supervision side, as its commands do."""
    with linkage.supervision.begin() as transaction:
        events = []
        for version, one in enumerate(said, first):
            name, schema, data = encode(one)
            events.append(NewEvent(stream, version, name, schema, linkage.now(), data))
        store.append(raw(transaction), "supervision", events)


def holder_of(linkage: Linkage, permit: UUID) -> Party:
    with linkage.approval.connect() as connection:
        state, _ = linkage.desk.permit(raw(connection), permit)
    assert state.now is not None
    return state.now.facts.party


def somebody(party: UUID) -> Party:
    return Party(party_id=party, kind=PartyKind.LEGAL, label="海州市虚构餐饮有限公司")


def penalty_facts(party: Party, **changes: Any) -> PenaltyFacts:
    said = {
        "party": party,
        "document_number": "海市监罚〔2026〕17号",
        "violation_kind": "超范围经营",
        "legal_basis": "《食品经营许可和备案管理办法》第五十二条",
        "penalty_kind": "罚款",
        "certificates": "食品经营许可证 JY29901020000001",
        "decision_date": FOUND_ON,
        **DEPARTMENT,
    }
    return PenaltyFacts.model_validate(said | changes)


def imposed(facts: PenaltyFacts) -> PenaltyImposed:
    return PenaltyImposed(facts=facts, status=PenaltyStatus.IN_FORCE)


def matched(facts: PenaltyFacts, *permits: UUID) -> PenaltyMatched:
    return PenaltyMatched(
        facts=facts,
        status=PenaltyStatus.IN_FORCE,
        matches=tuple(
            MatchedPermit(permit=permit, deciding_body=BODY, permit_number="JY29901020000001", how=How.CERTIFICATE)
            for permit in permits
        ),
        settled=True,
    )


def amended(facts: PenaltyFacts) -> PenaltyAmended:
    return PenaltyAmended(
        facts=facts, status=PenaltyStatus.IN_FORCE, changed=("fine",), reason="行政复议变更", amended_on=FOUND_ON
    )


def annulled(facts: PenaltyFacts) -> PenaltyAnnulled:
    return PenaltyAnnulled(facts=facts, status=PenaltyStatus.ANNULLED, reason="行政复议撤销", annulled_on=FOUND_ON)


def _of_permit(permit: UUID, party: Party, matter: str) -> dict[str, Any]:
    return {
        "permit": permit, "permit_number": "JY29901020000001", "deciding_body": BODY, "matter_code": matter,
        "party": party, **DEPARTMENT,
    }  # fmt: skip


def suggested(permit: UUID, party: Party, **changes: Any) -> AnnulmentSuggested:
    said = {
        **_of_permit(permit, party, FOOD),
        "document_number": "海市监建〔2026〕3号",
        "facts": "经营场所与承诺不符",
        "legal_basis": "《行政许可法》第六十九条",
        "suggested_on": FOUND_ON,
    }
    return AnnulmentSuggested.model_validate(said | changes)


def checked(permit: UUID, party: Party, *, passed: bool, on: date = FOUND_ON) -> CommitmentChecked:
    return CommitmentChecked.model_validate(
        {**_of_permit(permit, party, FOOD), "passed": passed, "checked_on": on, "facts": "现场核查"}
    )


def inspected(permit: UUID, party: Party, due: date | None) -> InspectionRecorded:
    return InspectionRecorded.model_validate(
        {
            **_of_permit(permit, party, FOOD), "inspection_kind": "日常检查", "inspected_on": FOUND_ON,
            "result": InspectionResult.PROBLEMS, "problems": "后厨卫生不合格", "rectification_due": due,
        }
    )  # fmt: skip


def frozen(party: Party, **changes: Any) -> FreezeRequested:
    said = {
        "party": party, "document_number": "海市监函〔2026〕8号", "reason": "立案调查", "requested_on": FOUND_ON,
        **DEPARTMENT,
    }  # fmt: skip
    return FreezeRequested.model_validate(said | changes)

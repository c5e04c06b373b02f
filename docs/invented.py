"""One invented event of each type, made by the code that makes the real ones. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import orjson

from events.approval import BodyRegistered, Decided, Level, MatterMapped, Party, PartyKind, Said
from events.catalogue import encode
from events.opinions import OpinionStated
from events.stock import StockHandedOver
from events.supervision import (
    CarriedDecision,
    Claim,
    DutyAssigned,
    DutyChanged,
    DutyEnded,
    ExceptionRaised,
    Mode,
    PushMade,
    Receiver,
    Role,
)
from services.approval import permit as life
from services.approval.decision import Decision, Kind
from services.approval.permit_state import Permit, evolve
from services.stated import StatedParty

TODAY = date(2026, 11, 24)
BODY = "11990100MB0000001X"
FOOD = "000131003000"
MARKET_BUREAU = "11990100MB0000101A"
HEALTH_BUREAU = "11990100MB0000102B"
HOLDER = UUID("7d7d3f0e-31f5-4a0c-8d7b-2a4f7c1f9b11")
BATCH = UUID("0b8f1bb2-53c7-4be2-9d4e-6b3a3a6f0001")
MARK = "5d1c0a8e9b3f47126a80cd2e"


def decision(kind: Kind, **changes: object) -> Decision:
    """Return a complete decision of ``kind``; ``changes`` replace fields."""
    stated = {
        "kind": kind,
        "deciding_body": BODY,
        "deciding_body_name": "海州市行政审批局",
        "matter_code": FOOD,
        "region_code": "990102",
        "level": Level.CITY,
        "party": StatedParty(
            kind=PartyKind.LEGAL,
            name="海州市虚构餐饮有限公司",
            identifier="91990100MA00000017",
            legal_representative="某甲",
        ),
        "permit_number": "JY29901020000001",
        "certificate_name": "食品经营许可证",
        "document_name": "准予行政许可决定书",
        "document_number": "海审批〔2026〕1号",
        "category": "普通",
        "content": "热食类食品制售",
        "decision_date": date(2026, 11, 23),
        "valid_from": date(2026, 11, 23),
        "valid_to": date(2031, 11, 22),
        "batch": BATCH,
    }
    return Decision.model_validate(stated | changes)


def _decided(before: Permit, stated: Decision) -> Decided:
    party = Party(party_id=HOLDER, kind=PartyKind.LEGAL, label="海州市虚构餐饮有限公司", uscc=stated.party.identifier)
    return life.decide(before, stated, party, MARK, TODAY)


def decisions() -> Iterator[Said]:
    """Yield one event of each kind of decision, and a retraction."""
    granted = _decided(Permit(), decision(Kind.GRANT))
    held = evolve(Permit(), 1, granted)
    yield granted
    yield _decided(held, decision(Kind.RENEW, valid_from=date(2031, 11, 23), valid_to=date(2036, 11, 22)))
    yield _decided(held, decision(Kind.AMEND, content="热食类食品制售, 冷食类食品制售"))
    yield _decided(held, decision(Kind.REISSUE, document_number="海审批〔2026〕9号"))
    yield _decided(held, decision(Kind.SURRENDER))
    yield _decided(held, decision(Kind.REVOKE, reason="情节严重的违法行为", legal_basis="《食品安全法》第一百二十二条"))
    yield _decided(held, decision(Kind.ANNUL, reason="以欺骗手段取得", legal_basis="《行政许可法》第六十九条"))
    yield _decided(held, decision(Kind.WITHDRAW, legal_basis="《行政许可法》第八条"))
    yield _decided(held, decision(Kind.CORRECT, certificate_name="食品经营许可证(小餐饮)"))
    yield _decided(Permit(), decision(Kind.REFUSE, reason="场所不符合条件", valid_from=None, valid_to=None))
    yield life.retract(held, 1, "选错了文件", TODAY)


def others() -> Iterator[Said]:
    """Yield what is said besides decisions."""
    yield OpinionStated(
        permit=UUID("3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01"),
        number=1,
        body=BODY,
        clerk="C-0032",
        text="许可时已按食品经营项目核定，建议由市场监管部门负责",
        legal_basis="《食品安全法》第六条",
    )
    yield StockHandedOver(batch=BATCH, body=BODY, body_name="海州市行政审批局", decisions=1996)
    yield BodyRegistered(
        body=BODY, name="海州市行政审批局", region_code="990100", level=Level.CITY, valid_from=date(2020, 1, 1)
    )
    yield MatterMapped(
        body=BODY,
        certificate_name="食品经营许可证",
        document_name="*",
        content="*",
        matter_code=FOOD,
        valid_from=date(2020, 1, 1),
    )
    granted = next(decisions())
    kind, schema, data = encode(granted)
    carried = CarriedDecision(
        type=kind,
        schema_version=schema,
        version=1,
        position=4711,
        recorded_at=datetime(2026, 11, 24, 1, 30, 0, 120000, UTC),
        payload=orjson.loads(data),
    )
    duty = DutyAssigned(
        matter_code=FOOD,
        matter_name="食品经营许可",
        region_code="990100",
        level="*",
        lead=MARKET_BUREAU,
        lead_name="海州市市场监督管理局",
        co_departments=(HEALTH_BUREAU,),
        legal_basis="《食品安全法》第六条",
        valid_from=date(2026, 1, 1),
    )
    yield PushMade(
        decision=carried,
        receivers=(
            Receiver(department=MARKET_BUREAU, role=Role.LEAD, push_number=118),
            Receiver(department=HEALTH_BUREAU, role=Role.CO, push_number=23),
        ),
        duty=UUID("5b0c8a52-2a0e-5d64-9c5e-0d7f3d0f6a01"),
        duty_version=1,
        register_version=3,
        mode=Mode.ON_PUSH,
        claim=Claim(
            on=date(2026, 11, 27), estimated=False, calendar="notices 2004-2026, own days 0, 5a0c1d2e3f40", days=3
        ),
        reason="decision",
    )
    yield ExceptionRaised(decision=carried, reason="matter_not_listed", owner="审改办", register_version=2)
    yield duty
    yield DutyChanged.model_validate(duty.model_dump() | {"co_departments": ()})
    yield DutyEnded(valid_to=date(2026, 12, 31), reason="机构改革")

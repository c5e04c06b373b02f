"""One invented event of each type of ``events.oversight`` and ``events.code_mappings``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from docs.invented import BATCH, BODY, HEALTH_BUREAU, MARKET_BUREAU, others
from events.approval import Said
from events.code_mappings import CodeKind, CodeMapped
from events.handovers import HandoverListMade, HandoverListSigned, PushNumbers, ReturnedRow
from events.oversight import (
    ConsultationOpened,
    MoveReason,
    OpenedBy,
    OpinionGiven,
    PushClosed,
    PushHandled,
    PushMoved,
    PushRead,
    PushReturned,
    PushSigned,
    ReturnReason,
    RulingMade,
)
from events.supervision import Claim, PushMade, Receiver, Role

CALENDAR = "notices 2004-2026, own days 0, 5a0c1d2e3f40"


def oversight() -> Iterator[Said]:
    yield CodeMapped(
        kind=CodeKind.DEPARTMENT,
        old=HEALTH_BUREAU,
        new=MARKET_BUREAU,
        new_name="海州市市场监督管理局",
        only_region="990102",
        valid_from=date(2027, 1, 1),
        valid_to=date(2027, 12, 31),
        reason="机构改革",
    )
    about: dict[str, Any] = {"push_version": 1, "department": MARKET_BUREAU, "officer": "S-0102"}
    yield PushRead(**about)
    yield PushSigned(**about)
    yield PushReturned(**about, reason=ReturnReason.MATTER, candidate=HEALTH_BUREAU)
    yield PushHandled(**about, text="已列入日常检查计划")
    yield PushClosed(**about)
    yield HandoverListMade(
        number=1,
        body=BODY,
        body_name="海州市行政审批局",
        department=MARKET_BUREAU,
        batch=BATCH,
        permits=1410,
        pushes=(PushNumbers(first=1, last=1409), PushNumbers(first=1412, last=1412)),
        sha256="9f2b6c1d" * 8,
    )
    yield HandoverListSigned(
        number=1,
        body=BODY,
        department=MARKET_BUREAU,
        officer="S-0102",
        signed=1407,
        apart=1,
        withdrawn=1,
        returned=(
            ReturnedRow(
                permit=UUID("3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01"),
                push_version=1,
                reason=ReturnReason.PLACE,
                text="虚构示例",
                candidate=HEALTH_BUREAU,
            ),
        ),
    )
    made = next(said for said in others() if isinstance(said, PushMade))
    first = Claim(on=date(2026, 11, 27), estimated=False, calendar=CALENDAR, days=3)
    yield PushMoved.model_validate(
        made.model_dump()
        | {
            "receivers": (Receiver(department=HEALTH_BUREAU, role=Role.LEAD, push_number=24),),
            "left": (MARKET_BUREAU,),
            "reason": MoveReason.RULED.value,
            "claim": Claim(on=date(2026, 12, 4), estimated=False, calendar=CALENDAR, days=3),
            "moved_push": 1,
            "since": datetime(2026, 11, 24, 1, 30, 1, tzinfo=UTC),
            "first_claim": first,
            "effective": date(2026, 12, 1),
            "by": "S-0001",
            "text": "医疗机构内设食堂",
            "consultation": 1,
        }
    )
    yield ConsultationOpened(
        number=1,
        opened_by=OpenedBy.SECOND_RETURN,
        parties=(MARKET_BUREAU, HEALTH_BUREAU, BODY),
        opinions_due=Claim(on=date(2026, 11, 30), estimated=False, calendar=CALENDAR, days=3),
        by="规则",
    )
    yield OpinionGiven(
        number=1, body=HEALTH_BUREAU, officer="S-0207", text="同意由本部门负责", legal_basis="《食品安全法》第六条"
    )
    yield RulingMade(
        number=1,
        lead=HEALTH_BUREAU,
        reason="医疗机构内设食堂",
        legal_basis="《食品安全法》第六条",
        effective=date(2026, 12, 1),
        by="S-0001",
    )

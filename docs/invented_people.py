"""One invented event of each type of ``events.people``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from docs.invented import FOOD, MARKET_BUREAU
from docs.invented_limits import ITEM, PERMIT
from events.approval import Said
from events.limits import LimitKind
from events.people import HeldBy, HolderNamed, LeaveRecorded, OfficerAppointed, OfficerDeparted, OfficerRegistered


def people() -> Iterator[Said]:
    yield OfficerRegistered(officer="S-0311", department=MARKET_BUREAU, by="S-0102")
    yield LeaveRecorded(officer="S-0311", first=date(2026, 12, 1), last=date(2026, 12, 9), by="S-0102")
    yield OfficerDeparted(
        officer="S-0311", departed_from=date(2027, 1, 4), successor="S-0312", by="S-0102", reason="调任"
    )
    yield OfficerAppointed(
        department=MARKET_BUREAU,
        matter_code=FOOD,
        region_code="990100",
        level="*",
        officer="S-0311",
        deputy="S-0312",
        valid_from=date(2026, 1, 1),
        by="S-0102",
    )
    yield HolderNamed(
        item=ITEM,
        kind=LimitKind.CLAIM,
        owner=MARKET_BUREAU,
        about=PERMIT,
        department=MARKET_BUREAU,
        officer="S-0312",
        principal="S-0311",
        why=HeldBy.DEPUTY,
        by_hand=False,
        by="S-0102",
        reason="负责人请假",
    )

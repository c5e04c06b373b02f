"""A bureau's own system reports how many applications it has pending. Pure: what may be reported, and when."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from events.pending_applications import MatterCount, PendingApplicationsCounted
from services.refusing import Refused, Rule
from services.stated import Code, Stated

UNKNOWN_BODY = Rule("unknown_body", "许可机关登记簿中没有该机关。", "请核对机关代码, 或先登记该机关。")
OLDER_COUNT = Rule("older_count", "已有更晚时点的在办申请数。", "请报送最新的数; 较早的数不再接收。")
COUNT_OF_TOMORROW = Rule("future_count", "统计时点晚于现在。", "请核对统计时点。")
MATTER_TWICE = Rule("matter_twice", "同一事项出现两次。", "请把同一事项的数合并后报送。")

PENDING_RULES = (UNKNOWN_BODY, OLDER_COUNT, COUNT_OF_TOMORROW, MATTER_TWICE)

_CLOCKS_DIFFER = timedelta(minutes=5)

MatterCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z]{1,60}$")]


class StatedCount(Stated):
    """How many applications of a matter are pending."""

    matter_code: MatterCode
    count: Annotated[int, Field(ge=0, le=100_000_000)]


class PendingReport(Stated):
    """Everything that a body has pending at ``counted_at`` (with a zone). A matter that is not named has none."""

    body: Code
    counted_at: AwareDatetime
    counts: Annotated[tuple[StatedCount, ...], Field(max_length=5000)]


def count(stated: PendingReport, known: bool, last: datetime | None, now: datetime) -> PendingApplicationsCounted:
    """Return the report as it is recorded, or raise ``Refused``. ``last``: when the body's last one was counted."""
    if not known:
        raise Refused(UNKNOWN_BODY, field="body")
    if stated.counted_at > now + _CLOCKS_DIFFER:
        raise Refused(COUNT_OF_TOMORROW, field="counted_at")
    if last is not None and stated.counted_at < last:
        raise Refused(OLDER_COUNT, field="counted_at")
    if any(times > 1 for times in Counter(one.matter_code for one in stated.counts).values()):
        raise Refused(MATTER_TWICE, field="counts")
    counts = sorted((one.matter_code, one.count) for one in stated.counts if one.count)
    return PendingApplicationsCounted(
        body=stated.body,
        counted_at=stated.counted_at,
        counts=tuple(MatterCount(matter_code=matter, count=number) for matter, number in counts),
    )

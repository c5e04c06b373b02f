"""What operators read of alerts: in a message, and of each of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.alerts import KINDS, OCCASION_WORDS, SEVERITY_WORDS, Occasion, Telling, runbook
from services.pages.lag_words import SIDES
from services.working_days import CHINA


def heading_of(told: Sequence[Telling]) -> str:
    over = all(one.occasion is Occasion.CLOSED for one in told)
    return "告警已恢复" if over else "运行告警"


def message_of(side: str, told: Sequence[Telling], link: str, pages: str) -> str:
    """Return what one recipient reads of one round. ``pages``: where the side's web service is reached."""
    lines = [f"【{SIDES[side]}】{heading_of(told)}", *(line_of(one, pages) for one in told), link]
    return "\n".join(lines).rstrip()


def line_of(one: Telling, pages: str) -> str:
    alert, kind = one.alert, KINDS[one.alert.alert]
    since = _minute(alert.since)
    if alert.closed_at is not None:
        return f"{kind.title}：{OCCASION_WORDS[one.occasion]}（{since} 至 {_minute(alert.closed_at)}）"
    return (
        f"{SEVERITY_WORDS[kind.severity]} {kind.title}，{OCCASION_WORDS[one.occasion]}：{alert.said}（自 {since}）。"
        f"处置：{pages}{runbook(alert.alert)}"
    )


def _minute(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%m-%d %H:%M}"

"""What an operator must be told of, how soon, and when again. Pure.

The conditions are those of the rules for Prometheus (``deploy/prometheus``), for sites without it; a test compares
name, severity and how long each must hold. Nothing here names a party, a permit or a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """``page``: somebody gets up for it. ``ticket``: the next working day does."""

    PAGE = "page"
    TICKET = "ticket"


SEVERITY_WORDS: Mapping[str, str] = {Severity.PAGE: "紧急", Severity.TICKET: "一般"}


class Kind(NamedTuple):
    """``hold``: how long the condition must hold before it is an alert."""

    severity: Severity
    hold: timedelta
    title: str


def _minutes(many: float) -> timedelta:
    return timedelta(minutes=many)


KINDS: Mapping[str, Kind] = {
    "LinkageStalled": Kind(Severity.PAGE, _minutes(2), "处理停滞"),
    "LinkageSilent": Kind(Severity.PAGE, _minutes(1), "没有回应"),
    "LinkageBehind": Kind(Severity.TICKET, _minutes(5), "持续落后"),
    "LinkageCanaryMissing": Kind(Severity.PAGE, _minutes(0.5), "巡检信号中断"),
    "LinkageOutboxStuck": Kind(Severity.PAGE, _minutes(1), "发件箱不动"),
    "LinkageParked": Kind(Severity.TICKET, _minutes(5), "有停放事件"),
    "LinkageMissingEvents": Kind(Severity.PAGE, _minutes(10), "缺号"),
    "LinkageRemindersStopped": Kind(Severity.PAGE, _minutes(10), "期限提醒停止"),
    "LinkageCalendarEnds": Kind(Severity.TICKET, _minutes(60), "工作日历将尽"),
    "LinkageClockSkew": Kind(Severity.TICKET, _minutes(10), "两侧时钟不一致"),
    "LinkageCommandsUnanswered": Kind(Severity.TICKET, _minutes(5), "有无法答复的命令"),
    "LinkageLedgerBroken": Kind(Severity.PAGE, _minutes(0), "台账核验不符"),
    "LinkageAuditBroken": Kind(Severity.PAGE, _minutes(0), "审计记录核验不符"),
    "LinkageAuditCopyBehind": Kind(Severity.TICKET, _minutes(10), "审计记录的第二份落后"),
    "LinkageCheckpointFault": Kind(Severity.PAGE, _minutes(1), "检查点不符"),
    "LinkageStampsFailing": Kind(Severity.TICKET, _minutes(30), "检查点得不到时间戳"),
    "LinkageReconcileDiffers": Kind(Severity.TICKET, _minutes(5), "核对不一致"),
    "LinkageNotProven": Kind(Severity.TICKET, _minutes(60), "夜间核对没有办成"),
    "LinkageDiskClosed": Kind(Severity.PAGE, _minutes(0), "磁盘将满，不收新件"),
    "LinkageDiskNearReserve": Kind(Severity.TICKET, _minutes(10), "磁盘余量不多"),
    "LinkageWebhookFailing": Kind(Severity.TICKET, _minutes(360), "回调地址不通"),
    "LinkageDatabaseAway": Kind(Severity.PAGE, _minutes(1), "数据库连接不上"),
}


def runbook(alert: str) -> str:
    """Return where either side's pages show what to do about ``alert``."""
    return f"/runbook#{alert.lower()}"


class Found(NamedTuple):
    """A condition that holds now. ``subject``: of which projection, or of nothing in particular."""

    alert: str
    subject: str
    said: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that holds since ``since``, or has held. It is open when it has held long enough.

    ``told``: how often it was sent. ``muted``: a planned silence kept it from being sent at the last look.
    """

    alert: str
    subject: str
    said: str
    since: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    told: int = 0
    told_at: datetime | None = None
    closing_told: bool = False
    muted: bool = False

    @property
    def severity(self) -> Severity:
        return KINDS[self.alert].severity


class Occasion(StrEnum):
    OPENED = "opened"
    STILL_OPEN = "still_open"
    CLOSED = "closed"


OCCASION_WORDS: Mapping[Occasion, str] = {
    Occasion.OPENED: "发生",
    Occasion.STILL_OPEN: "仍未恢复",
    Occasion.CLOSED: "已恢复",
}


class Telling(NamedTuple):
    """``id`` is the same however often the round is made that tells it."""

    alert: Alert
    occasion: Occasion

    @property
    def id(self) -> str:
        one = self.alert
        return f"{one.alert}/{one.subject}/{one.since.isoformat()}/{self.occasion}/{one.told}"


@dataclass(slots=True)
class Round:
    """What a look at the conditions has changed. ``vanished``: did not hold long enough to be an alert."""

    kept: list[Alert] = field(default_factory=list)
    vanished: list[Alert] = field(default_factory=list)
    told: list[Telling] = field(default_factory=list)


def advance(
    before: Iterable[Alert],
    found: Sequence[Found],
    silenced: Callable[[str], bool],
    quiet: bool,
    repeat: timedelta,
    now: datetime,
) -> Round:
    """Go on from what was known ``before`` to what is ``found`` now: each is told once when it opens, again when a
    silence over it has ended or ``repeat`` has passed, and once when it closes.

    ``quiet``: hours in which only what cannot wait is told.
    """
    round_, holding = Round(), {(one.alert, one.subject): one for one in found}
    for one in before:
        still = holding.pop((one.alert, one.subject), None) if one.closed_at is None else None
        if still is not None:
            held = one.opened_at is not None or now - one.since >= KINDS[one.alert].hold
            one = replace(one, said=still.said, opened_at=one.opened_at or (now if held else None))
        elif one.closed_at is None:
            if one.opened_at is None:
                round_.vanished.append(one)
                continue
            one = replace(one, closed_at=now)
        round_.kept.append(one)
    for new in holding.values():
        opened = now if not KINDS[new.alert].hold else None
        round_.kept.append(Alert(new.alert, new.subject, new.said, now, opened))
    for place, one in enumerate(round_.kept):
        round_.kept[place] = _told(one, round_.told, silenced(one.alert), quiet, repeat, now)
    return round_


def _told(one: Alert, told: list[Telling], muted: bool, quiet: bool, repeat: timedelta, now: datetime) -> Alert:
    if one.opened_at is None:
        return one
    if muted or (quiet and one.severity is Severity.TICKET):
        return replace(one, muted=one.muted or muted)
    if one.closed_at is not None:
        if one.told and not one.closing_told:
            told.append(Telling(one, Occasion.CLOSED))
        return replace(one, closing_told=True, muted=False)
    again = one.told_at is not None and (one.muted or now - one.told_at >= repeat)
    if one.told and not again:
        return replace(one, muted=False)
    told.append(Telling(one, Occasion.STILL_OPEN if one.told else Occasion.OPENED))
    return replace(one, told=one.told + 1, told_at=now, muted=False)

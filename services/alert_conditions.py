"""Which conditions of a side call for an operator now: asked of its own database, and of the other side's log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import psycopg

from events.announcing import unnumbered_since
from events.canary import MISSED_AFTER
from events.log import Log
from events.numbers import count
from events.reserve import Room, read_room
from projections.completeness import kept
from projections.lag import Lag, Status, measure
from projections.parked_streams import parked_by_reason
from services.access.audit_copy import waiting_since
from services.access.audit_walks import last_audit_walk
from services.alerts import Found
from services.checkpoints.stamps import unstamped_since
from services.checkpoints.standing import FAULT_WORDS, CheckpointFault, checkpoint_faults
from services.ledger_walks import last_walk
from services.pages.lag_words import PARKED_REASONS, READS, SIDES, cause, disk_in_words
from services.proofs import RECONCILE, VERIFY, newest, proven_at
from services.scheduling import scheduled_until
from services.webhooks.facts import failing
from services.wording import duration_in_words
from services.working_days import CHINA, Calendar, china_day

BEHIND_SECONDS = 60.0
OUTBOX_SECONDS = 60.0
UNREMINDED = timedelta(hours=36)
"""Since the beginning of the last day of which all reminders were given."""
UNPROVEN = timedelta(hours=36)
"""Since something was compared, or walked, to its end."""
PROOF_WORDS = {RECONCILE: "核对", VERIFY: "台账核验"}
CALENDAR_LEFT = timedelta(days=14)
SKEW_SECONDS = 5.0
UNCOPIED_SECONDS = 300.0
NEAR = 3


class Own(NamedTuple):
    """What one side alone knows. ``canary_ago``: seconds since one came by; None before the first. ``unanswered``:
    records of the bureaus' topic without a reply."""

    canary_ago: float | None
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """``lag``: None when the log cannot even be opened. ``broken``: places where the last walk found fault;
    ``audit_broken``: where that along the audit trail did; ``audit_uncopied_since``: of the oldest entry that the
    collector of the second copy does not have.
    ``differing``: things that the last comparison found to differ; ``unproven``: what was not done for two nights.
    ``webhooks``: endpoints that take nothing, or have said that they are gone. ``unstamped_since``: since when the
    time-stamp authority gives nothing that holds."""

    side: str
    projection: str
    lag: Lag | None
    unnumbered_since: datetime | None
    own: Own
    parked: dict[str, int]
    missing: int
    reminded_until: date | None
    calendar_until: date
    broken: int
    room: Room | None
    now: datetime
    differing: int = 0
    unproven: tuple[str, ...] = ()
    audit_broken: int = 0
    audit_uncopied_since: datetime | None = None
    webhooks: int = 0
    checkpoint_faults: tuple[tuple[str, CheckpointFault], ...] = ()
    unstamped_since: datetime | None = None


def look(
    connection: psycopg.Connection,
    side: str,
    projection: str,
    log: Log | None,
    own: Callable[[psycopg.Connection], Own],
    calendar: Calendar,
    now: datetime,
) -> Facts:
    """Ask for everything once. ``log``: the other side's, None when it cannot even be opened."""
    walk, proven, audit = last_walk(connection), newest(connection), last_audit_walk(connection)
    return Facts(
        side=side,
        projection=projection,
        lag=measure(connection, log, projection) if log else None,
        unnumbered_since=unnumbered_since(connection),
        own=own(connection),
        parked={one.reason: one.waiting for one in parked_by_reason(connection, projection)},
        missing=count(one.run for one in kept(connection, projection)),
        reminded_until=scheduled_until(connection),
        calendar_until=calendar.unknown_from,
        broken=walk.faults if walk else 0,
        room=read_room(connection),
        now=now,
        differing=proven[RECONCILE].wrong if RECONCILE in proven else 0,
        unproven=tuple(
            kind for kind, at in proven_at(connection, proven).items() if at is not None and now - at > UNPROVEN
        ),
        audit_broken=audit.faults if audit else 0,
        audit_uncopied_since=waiting_since(connection),
        webhooks=failing(connection),
        checkpoint_faults=tuple(checkpoint_faults(connection, side, now).items()),
        unstamped_since=unstamped_since(connection, now),
    )


def conditions(facts: Facts) -> list[Found]:
    """Return what holds now, in words that an operator reads by telephone."""
    return [*_of_lag(facts), *_of_the_way(facts), *_of_days(facts)]


def _of_lag(facts: Facts) -> Iterator[Found]:
    name, lag = facts.projection, facts.lag
    if lag is None:
        yield Found("LinkageSilent", name, "两侧之间的日志（Kafka）连接不上")
        return
    if lag.status is Status.STALLED:
        yield Found("LinkageStalled", name, cause(lag))
    if lag.status is Status.SILENT:
        yield Found("LinkageSilent", name, cause(lag))
    if lag.seconds > BEHIND_SECONDS:
        yield Found("LinkageBehind", name, f"{READS[name]}落后 {duration_in_words(lag.seconds)}，{cause(lag)}")
    if lag.source_clock_skew is not None and abs(lag.source_clock_skew) > SKEW_SECONDS:
        fast = "快" if lag.source_clock_skew > 0 else "慢"
        said = f"{SIDES[lag.source]}时钟比本侧{fast} {abs(lag.source_clock_skew):.0f} 秒"
        yield Found("LinkageClockSkew", lag.source, said)


def _of_the_way(facts: Facts) -> Iterator[Found]:
    if facts.own.canary_ago is not None and facts.own.canary_ago > MISSED_AFTER.total_seconds():
        yield Found(
            "LinkageCanaryMissing", "", f"{duration_in_words(facts.own.canary_ago)}没有收到巡检信号，两侧之间的路不通"
        )
    oldest = facts.unnumbered_since
    if oldest is not None and (waited := (facts.now - oldest).total_seconds()) > OUTBOX_SECONDS:
        yield Found("LinkageOutboxStuck", facts.side, f"已登记的事件等候编号 {duration_in_words(waited)}")
    for reason, waiting in facts.parked.items():
        yield Found("LinkageParked", reason, f"{waiting} 个事件停放：{PARKED_REASONS.get(reason, reason)}")
    if facts.missing:
        yield Found("LinkageMissingEvents", "", f"对方台账有 {facts.missing} 个编号应到未到")
    if facts.own.unanswered:
        yield Found("LinkageCommandsUnanswered", "", f"{facts.own.unanswered} 件报送命令无法答复，等人处理")
    if facts.broken:
        yield Found("LinkageLedgerBroken", facts.side, f"最近一次核验，本侧台账有 {facts.broken} 处不符")
    if facts.audit_broken:
        yield Found("LinkageAuditBroken", facts.side, f"最近一次核验，本侧审计记录有 {facts.audit_broken} 处不符")
    uncopied = facts.audit_uncopied_since
    if uncopied is not None and (waited := (facts.now - uncopied).total_seconds()) > UNCOPIED_SECONDS:
        yield Found("LinkageAuditCopyBehind", facts.side, f"审计记录的第二份落后 {duration_in_words(waited)}")
    for source, fault in facts.checkpoint_faults:
        yield Found("LinkageCheckpointFault", source, f"{SIDES[source]}台账的检查点：{FAULT_WORDS[fault]}")
    if facts.unstamped_since is not None:
        unstamped = duration_in_words((facts.now - facts.unstamped_since).total_seconds())
        yield Found("LinkageStampsFailing", facts.side, f"{unstamped}以来检查点得不到时间戳")
    if facts.differing:
        yield Found("LinkageReconcileDiffers", facts.side, f"最近一次核对，有 {facts.differing} 件不一致")
    for kind in facts.unproven:
        yield Found("LinkageNotProven", kind, f"{PROOF_WORDS[kind]}已有两夜没有办成")
    if facts.webhooks:
        yield Found("LinkageWebhookFailing", facts.side, f"{facts.webhooks} 个回调地址收不到推送，或已停用")
    if (room := facts.room) is not None and room.closed_at is not None:
        yield Found("LinkageDiskClosed", facts.side, disk_in_words(room))
    if room is not None and room.free < NEAR * room.reserve:
        yield Found("LinkageDiskNearReserve", facts.side, disk_in_words(room))


def _of_days(facts: Facts) -> Iterator[Found]:
    today, until = china_day(facts.now), facts.reminded_until
    if until is None or facts.now - datetime.combine(until, time(), CHINA) > UNREMINDED:
        yield Found(
            "LinkageRemindersStopped", "", f"期限提醒只办到 {until:%Y-%m-%d}" if until else "期限提醒还没有办过"
        )
    if facts.calendar_until - today < CALENDAR_LEFT:
        yield Found("LinkageCalendarEnds", "", f"工作日历只到 {facts.calendar_until:%Y-%m-%d} 前，其后的期限为预估")

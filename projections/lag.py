"""How far behind is a list, since when, where does it wait, and is it getting better?

Lag is end to end and measured, never estimated: now minus the recorded time of the oldest event that is not visible
yet, wherever it waits (outbox, relay, log, parking). 0 when level; never negative, never absent. A side that has
not spoken for 30 s is silent (失联), never 0. All by the clock of the database that asks: what the source stamped by
another clock is corrected by what is known of that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import psycopg

from events.log import Announcement, Log, LogUnavailable
from projections.hearing import heard

WARNING_SECONDS = 5.0
STALLED_SECONDS = 30.0
SILENT_SECONDS = 30.0
TREND_SECONDS = 300.0
SAMPLE_SECONDS = 5.0
KEPT = timedelta(days=90)


class Status(StrEnum):
    LEVEL = "正常"
    CATCHING_UP = "追赶中"
    BEHIND = "落后"
    STALLED = "停滞"
    SILENT = "失联"
    REBUILDING = "重建中"


class Stage(StrEnum):
    """Where the oldest invisible event waits."""

    NOWHERE = "无"
    OUTBOX = "发件箱"
    RELAY = "待送日志"
    LOG = "日志"
    PARKED = "停放"
    UNKNOWN = "未知"


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """How far the making anew of the lists is, 0 to 1, and for how many seconds it will still be worked at; None while
    nothing tells."""

    progress: float
    remaining_seconds: float | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of one projection behind one source. ``trend``: ↑ growing, ↓ falling, → flat, over five minutes.

    ``source_clock_skew``: seconds that the source's clock is ahead of ours; None while that is not known.
    ``uncarried``: events of the source that its relay has not brought into the log.
    ``rebuilding``: the list is made anew beside the one that is read, which goes on: what is read may be level or not.
    """

    projection: str
    source: str
    status: Status
    seconds: float
    events: int
    trend: str
    stage: Stage
    worst_partition: int | None
    parked_streams: int
    parked_events: int
    outbox_pending: int
    heartbeat_age: float | None
    source_clock_skew: float | None
    as_of: datetime
    rebuilding: Rebuilding | None = None
    uncarried: int = 0

    @property
    def behind(self) -> bool:
        """Whether what is read is behind. A rebuild beside it makes nothing late."""
        return self.status is not Status.LEVEL

    @property
    def shown(self) -> Status:
        """The word for it: 重建中 before all others, which is then what holds beneath."""
        return Status.REBUILDING if self.rebuilding else self.status

    def as_json(self) -> dict[str, Any]:
        """Return it, ``status`` as it is shown and ``beneath`` as it would be without a rebuild."""
        return asdict(self) | {"status": self.shown, "beneath": self.status, "as_of": self.as_of.isoformat()}


@dataclass(frozen=True, slots=True)
class _Reader:
    now: datetime
    cursors: Mapping[int, int]
    advanced_at: datetime | None
    beat_at: datetime | None
    parked_streams: int
    parked_events: int
    parked_since: datetime | None


def measure(connection: psycopg.Connection, log: Log, projection: str) -> Lag:
    """Measure the lag of ``projection`` in the database behind ``connection`` as a reader of ``log``."""
    try:
        said = log.announcement()
        reader = _reader(connection, projection, log.name)
        cursors = reader.cursors or log.beginning()
        unread = log.unread(cursors)
        oldest = log.oldest_unread_at(cursors) if unread else None
    except LogUnavailable:
        return _lag(connection, projection, log.source, _reader(connection, projection, ""), None, {}, None)
    return _lag(connection, projection, log.source, reader, said, unread, oldest)


class Unannounced(Protocol):
    """What can be asked of a log for whose source nobody announces."""

    source: str
    name: str

    def beginning(self) -> Mapping[int, int]: ...

    def unread(self, cursors: Mapping[int, int]) -> Mapping[int, int]: ...

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None: ...


def measure_unannounced(connection: psycopg.Connection, log: Unannounced, reader: str) -> Lag:
    """Measure the lag of ``reader`` behind a log that others write and nobody announces: it begins in the log."""
    try:
        state = _reader(connection, reader, log.name)
        cursors = state.cursors or log.beginning()
        unread = log.unread(cursors)
        oldest = log.oldest_unread_at(cursors) if unread else None
    except LogUnavailable:
        return _lag(connection, reader, log.source, _reader(connection, reader, ""), None, {}, None)
    quiet = Announcement(log.source, state.now, 0, None, 0, None)
    return _lag(connection, reader, log.source, state, quiet, unread, oldest)


def _lag(
    connection: psycopg.Connection,
    projection: str,
    source: str,
    reader: _Reader,
    said: Announcement | None,
    unread: Mapping[int, int],
    oldest: datetime | None,
) -> Lag:
    source_is = heard(connection, source, said, reader.now)
    waits = {
        Stage.OUTBOX: source_is.by_our_clock(said.outbox_oldest_at if said else None),
        Stage.RELAY: source_is.by_our_clock(said.uncarried_oldest_at if said else None),
        Stage.LOG: source_is.by_our_clock(oldest),
        Stage.PARKED: source_is.by_our_clock(reader.parked_since),
    }
    since = min((at for at in waits.values() if at is not None), default=None)
    stage = next((name for name, at in waits.items() if at is not None and at == since), Stage.NOWHERE)
    seconds = max(0.0, (reader.now - since).total_seconds()) if since else 0.0
    pending = said.outbox_pending if said else 0
    uncarried = said.uncarried if said else 0
    events = pending + uncarried + sum(unread.values()) + reader.parked_events
    # One that lies ahead was said before our clock went back.
    beat = max(0.0, (reader.now - reader.beat_at).total_seconds()) if reader.beat_at else None
    slope = _slope(connection, projection, reader.now, seconds)
    unmoved = (reader.now - reader.advanced_at).total_seconds() if reader.advanced_at else seconds
    works = oldest is not None or uncarried > 0
    return Lag(
        projection=projection,
        source=source,
        status=_status(seconds, slope, source_is.silent_for, beat, min(unmoved, seconds) if works else 0.0),
        seconds=round(seconds, 3),
        events=events,
        trend="→" if abs(slope) < 1 else "↑" if slope > 0 else "↓",
        stage=stage if said else Stage.UNKNOWN,
        worst_partition=max(unread, key=lambda p: unread[p]) if unread else None,
        parked_streams=reader.parked_streams,
        parked_events=reader.parked_events,
        outbox_pending=pending,
        heartbeat_age=beat,
        source_clock_skew=None if source_is.ahead is None else round(source_is.ahead, 3),
        as_of=reader.now,
        uncarried=uncarried,
    )


def _status(seconds: float, slope: float, silent: float | None, beat: float | None, unmoved: float) -> Status:
    """Precedence: 失联, 停滞, 落后, 追赶中, 正常."""
    if silent is None or silent > SILENT_SECONDS or beat is None or beat > SILENT_SECONDS:
        return Status.SILENT
    if unmoved > STALLED_SECONDS:
        return Status.STALLED
    if seconds <= WARNING_SECONDS:
        return Status.LEVEL
    return Status.CATCHING_UP if slope < 0 else Status.BEHIND


def _reader(connection: psycopg.Connection, projection: str, log: str) -> _Reader:
    rows = connection.execute(
        "SELECT partition, cursor, advanced_at FROM checkpoints WHERE reader = %s AND log = %s", (projection, log)
    ).fetchall()
    row = connection.execute(
        """SELECT clock_timestamp(),
                  (SELECT max(beat_at) FROM heartbeats WHERE part = 'projection:' || %(name)s),
                  (SELECT count(*) FROM parked_streams WHERE projection = %(name)s),
                  (SELECT count(*) FROM parked_records WHERE projection = %(name)s),
                  (SELECT min(recorded_at) FROM parked_records WHERE projection = %(name)s)""",
        {"name": projection},
    ).fetchone()
    assert row is not None
    advanced = max((at for *_, at in rows if at is not None), default=None)
    return _Reader(row[0], {p: c for p, c, _ in rows}, advanced, *row[1:])


def _slope(connection: psycopg.Connection, projection: str, now: datetime, seconds: float) -> float:
    """Return how many seconds the lag grew (fell: negative) since the oldest sample of the last five minutes."""
    row = connection.execute(
        "SELECT seconds FROM lag_samples WHERE projection = %s AND at > %s ORDER BY at LIMIT 1",
        (projection, now - timedelta(seconds=TREND_SECONDS)),
    ).fetchone()
    return seconds - float(row[0]) if row else 0.0


def sample(connection: psycopg.Connection, lag: Lag) -> None:
    """Keep a measurement for the trend and for 90 days of history."""
    connection.execute(
        "INSERT INTO lag_samples (projection, at, seconds, events) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (lag.projection, lag.as_of, lag.seconds, lag.events),
    )
    connection.execute("DELETE FROM lag_samples WHERE projection = %s AND at < %s", (lag.projection, lag.as_of - KEPT))

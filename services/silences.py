"""Planned silences: an alert that is expected is kept in the list and sent to nobody, for a time with an end.

Each has an owner, a reason and an end, seven days away at most. What is still open when it is over is sent then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from services.alerts import KINDS
from services.refusing import Refused, Rule

MOST = timedelta(days=7)
UNKNOWN_ALERT = Rule("unknown_alert", "没有这种告警。", "请照“告警”一节所列的名称填写；不写名称则为全部。")
TOO_LONG = Rule("silence_too_long", "静默最长 7 天。", "请缩短；到期仍需要的，届时再次登记并说明原因。")
NO_REASON = Rule("silence_without_reason", "没有写明原因。", "请写明原因，例如停机升级、更换服务器。")
NOT_SILENT = Rule("no_such_silence", "没有这一静默，或者已经结束。", "请查看现有的静默：linkage silence list。")


class Silence(NamedTuple):
    """``alert``: its name, or empty for every alert of the side. ``ended_by``: who ended it before its time."""

    silence: int
    alert: str
    owner: str
    reason: str
    begins_at: datetime
    ends_at: datetime
    ended_by: str | None

    def holds(self, now: datetime) -> bool:
        return self.begins_at <= now < self.ends_at

    def covers(self, alert: str) -> bool:
        return self.alert in ("", alert)


def begin(connection: psycopg.Connection, alert: str, lasts: timedelta, owner: str, reason: str, now: datetime) -> int:
    """Silence ``alert`` from ``now`` on and return the number of the silence. ``Refused`` when it may not be."""
    if alert and alert not in KINDS:
        raise Refused(UNKNOWN_ALERT, field="alert")
    if not timedelta() < lasts <= MOST:
        raise Refused(TOO_LONG, field="hours")
    if not reason.strip():
        raise Refused(NO_REASON, field="reason")
    row = connection.execute(
        """INSERT INTO silences (alert, owner, reason, begins_at, ends_at)
           VALUES (%s, %s, %s, %s, %s) RETURNING silence""",
        (alert, owner, reason.strip(), now, now + lasts),
    ).fetchone()
    assert row is not None
    return int(row[0])


def end(connection: psycopg.Connection, silence: int, by: str, now: datetime) -> None:
    """End a silence before its time."""
    ended = connection.execute(
        """UPDATE silences SET ends_at = greatest(%(now)s, begins_at), ended_by = %(by)s
           WHERE silence = %(silence)s AND ends_at > %(now)s""",
        {"now": now, "by": by, "silence": silence},
    ).rowcount
    if not ended:
        raise Refused(NOT_SILENT)


def newest(connection: psycopg.Connection, most: int) -> list[Silence]:
    """Return silences, those that end last first."""
    query = f"SELECT {', '.join(Silence._fields)} FROM silences ORDER BY ends_at DESC, silence DESC LIMIT %s"
    with connection.cursor(row_factory=class_row(Silence)) as cursor:
        return cursor.execute(query.encode(), (most,)).fetchall()


def at(connection: psycopg.Connection, now: datetime) -> list[Silence]:
    """Return the silences that hold now."""
    query = f"SELECT {', '.join(Silence._fields)} FROM silences WHERE begins_at <= %(now)s AND ends_at > %(now)s"
    with connection.cursor(row_factory=class_row(Silence)) as cursor:
        return cursor.execute(query.encode(), {"now": now}).fetchall()

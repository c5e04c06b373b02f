"""How far is the rebuild of the watch lists, how long will it take, and in what do the two lists differ?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from projections.lag import Lag, Rebuilding


class State(StrEnum):
    FILLING = "filling"
    READY = "ready"
    SWITCHED = "switched"
    ENDED = "ended"


STATE_WORDS: Mapping[State, str] = {
    State.FILLING: "重建中",
    State.READY: "已重建，待切换",
    State.SWITCHED: "已切换，可切回",
    State.ENDED: "已结束",
}
STEP_WORDS: Mapping[str, str] = {
    "begin": "开始重建", "pause": "暂停", "resume": "继续", "compare": "重新比较", "switch": "切换到新名单",
    "back": "切回原名单", "end": "结束，删除未使用的名单",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One rebuild as it stands. ``worked``: how long was worked at the filling; ``comparison``: by department, see
    ``projections.rebuild.compare``."""

    number: int
    state: str
    paused: bool
    begun_by: str
    begun_at: datetime
    through: UUID | None
    since: int
    permits: int
    expected: int
    rows: int
    worked: timedelta
    filled_at: datetime | None
    comparison: dict[str, dict[str, int]] | None
    compared_at: datetime | None
    ended_at: datetime | None

    @property
    def progress(self) -> float:
        """From 0 to 1; 1 only when everything is filled in."""
        if self.filled_at is not None:
            return 1.0
        return min(0.99, self.permits / self.expected) if self.expected else 0.0

    @property
    def remaining(self) -> timedelta | None:
        """How long the filling will still be worked at; None when nothing tells."""
        if self.filled_at is not None or not self.permits:
            return None
        return self.worked / self.permits * max(0, self.expected - self.permits)

    @property
    def differing(self) -> int:
        kinds = ("missing", "surplus", "different")
        return sum(counts[kind] for counts in (self.comparison or {}).values() for kind in kinds)

    def as_json(self) -> dict[str, Any]:
        left = self.remaining
        return {
            "number": self.number,
            "state": self.state,
            "state_in_words": STATE_WORDS[State(self.state)],
            "paused": self.paused,
            "begun_by": self.begun_by,
            "begun_at": self.begun_at.isoformat(),
            "progress": round(self.progress, 4),
            "remaining_seconds": round(left.total_seconds(), 1) if left is not None else None,
            "permits": self.permits,
            "rows": self.rows,
            "worked_seconds": round(self.worked.total_seconds(), 1),
            "comparison": self.comparison,
            "compared_at": self.compared_at.isoformat() if self.compared_at else None,
            "differing": self.differing if self.comparison is not None else None,
        }


_NAMES = ", ".join(Rebuild.__slots__)


def newest(connection: psycopg.Connection) -> Rebuild | None:
    """Return the rebuild that was begun last, whether it is at work or has ended."""
    with connection.cursor(row_factory=class_row(Rebuild)) as cursor:
        query = f"SELECT {_NAMES} FROM rebuilds ORDER BY number DESC LIMIT 1"
        return cursor.execute(query.encode()).fetchone()


def with_rebuild(connection: psycopg.Connection, lag: Lag) -> Lag:
    """Return ``lag`` of the lists of supervision with how far they are made anew, where that is at work."""
    one = newest(connection)
    if one is None or one.state != State.FILLING:
        return lag
    left = one.remaining
    seconds = None if left is None else round(left.total_seconds(), 1)
    rebuilding = Rebuilding(round(one.progress, 4), seconds, one.paused)
    return replace(lag, rebuilding=rebuilding)


def steps_of(connection: psycopg.Connection, number: int) -> list[tuple[datetime, str, str]]:
    """Return when what was done about a rebuild, and by whom."""
    query = "SELECT at, step, by FROM rebuild_steps WHERE number = %s ORDER BY at"
    return connection.execute(query, (number,)).fetchall()

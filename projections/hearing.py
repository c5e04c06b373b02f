"""How far is another side's clock from ours, and for how long has it said nothing?

Each side stamps what it records and announces by the clock of its own database. A worker that looks at the log notes,
by our clock, when it first found each announcement. One found soon after the look before it was made between the two,
so the moment we heard it minus the moment it was announced is at most that pause, plus how far our clock is ahead. The
least such difference of five minutes is the difference of the clocks, to within the shortest time on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from events.log import Announcement, Log, LogUnavailable

LOOKED_WITHIN_SECONDS = 30.0
"""An announcement counts when we had looked so shortly before: an old one, found after a pause, looks like a slow
clock."""

MEASURED_OVER_SECONDS = 300.0
TOLERATED_SECONDS = 1.0
"""A difference that is no larger is left alone: it may be the time on the way."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What we know of a source by our own clock.

    ``silent_for``: seconds since we first heard its newest announcement; None when it never spoke. ``ahead``: seconds
    that its clock is ahead of ours (negative: behind); None while that is not known.
    """

    silent_for: float | None
    ahead: float | None

    def by_our_clock(self, at: datetime | None) -> datetime | None:
        """Return when it was by our clock what the source's clock called ``at``."""
        if at is None or self.ahead is None or abs(self.ahead) <= TOLERATED_SECONDS:
            return at
        return at - timedelta(seconds=self.ahead)


def hear(connection: psycopg.Connection, log: Log) -> None:
    """Note that we looked, and what the newest announcement of the log's source is. For who looks every few seconds."""
    try:
        said = log.announcement()
    except LogUnavailable:
        return
    if said is None:
        return
    connection.execute(
        """INSERT INTO heard (source, announced_at, heard_at, looked_at)
           VALUES (%s, %s, clock_timestamp(), clock_timestamp())
           ON CONFLICT (source, announced_at)
           DO UPDATE SET looked_at = greatest(heard.looked_at, excluded.looked_at)""",
        (said.source, said.announced_at),
    )
    # Kept for longer than is measured: the first that counts needs the look before it.
    connection.execute(
        """DELETE FROM heard WHERE source = %(source)s AND looked_at < (
               SELECT heard_at FROM heard WHERE source = %(source)s ORDER BY id DESC LIMIT 1
           ) - make_interval(secs => %(kept)s)""",
        {"source": said.source, "kept": 2 * MEASURED_OVER_SECONDS},
    )


def heard(connection: psycopg.Connection, source: str, said: Announcement | None, now: datetime) -> Hearing:
    """Return what we know at ``now`` of ``source``, whose newest announcement is ``said``.

    One that nobody noted yet counts as heard now: who only looks need not write.
    """
    row = connection.execute(
        # By id, not by time: our own clock may have been set back. Differences further apart than the longest pause
        # between two looks mean that a clock was set meanwhile; what was measured before is of another clock.
        """WITH looks AS (
               SELECT id, announced_at, heard_at, heard_at - lag(looked_at) OVER (ORDER BY id) AS pause
               FROM heard WHERE source = %(source)s
           ), counted AS (
               SELECT id, heard_at, extract(epoch FROM heard_at - announced_at)::float8 AS later FROM looks
               WHERE pause <= make_interval(secs => %(pause)s)
           ), newest AS (SELECT heard_at, later FROM counted ORDER BY id DESC LIMIT 1)
           SELECT (SELECT heard_at FROM looks WHERE announced_at = %(announced_at)s),
                  (SELECT -min(c.later) FROM counted c, newest n
                   WHERE c.heard_at > n.heard_at - make_interval(secs => %(window)s)
                     AND abs(c.later - n.later) <= %(pause)s)""",
        {
            "source": source,
            "announced_at": said and said.announced_at,
            "pause": LOOKED_WITHIN_SECONDS,
            "window": MEASURED_OVER_SECONDS,
        },
    ).fetchone()
    assert row is not None
    first_heard, ahead = row
    silent_for = max(0.0, (now - (first_heard or now)).total_seconds()) if said else None
    return Hearing(silent_for, ahead)

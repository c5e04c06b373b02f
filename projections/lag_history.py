"""When was a list behind, how far, and where did it wait? 90 days, kept while it is measured.

A span in which the status was not 正常 is an incident, with what it was at its worst. A pause between two measurements
that is longer than 30 s is one too: nobody measured then, and nobody may call that level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from projections.lag import KEPT, SILENT_SECONDS, Lag, Stage, Status, sample
from projections.lag_touched import Touched

Touching = Callable[[psycopg.Connection, datetime, datetime, float | None], Touched | None]
"""Whom an incident from then to then touched, by a source whose clock is so many seconds ahead."""


def nobody(*_: object) -> None:
    """Nothing is counted: the projection's rows go to no department."""


@dataclass(frozen=True, slots=True)
class Incident:
    """``ended_at``: None while it goes on. ``unmeasured``: nobody measured; its worst seconds are how long that was.
    ``touched``: whom it touched; None where nobody counts, and while it goes on."""

    began_at: datetime
    last_at: datetime
    ended_at: datetime | None
    status: Status
    stage: Stage
    worst_seconds: float
    worst_events: int
    unmeasured: bool
    touched: Touched | None = None

    @property
    def lasted(self) -> float:
        """Seconds, until it ended or was last seen."""
        return ((self.ended_at or self.last_at) - self.began_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Day:
    """The worst of one day (China)."""

    day: date
    seconds: float
    events: int


def keep(connection: psycopg.Connection, lag: Lag, touching: Touching = nobody) -> None:
    """Keep a measurement: for the trend, for its day, and for the incident that it begins, continues or ends.

    ``touching``: asked once when an incident ends, whom it touched.
    """
    with connection.transaction():
        row = connection.execute(
            "SELECT max(at) FROM lag_samples WHERE projection = %s AND at < %s", (lag.projection, lag.as_of)
        ).fetchone()
        before: datetime | None = row[0] if row else None
        sample(connection, lag)
        connection.execute(
            """INSERT INTO lag_days AS d (projection, day, worst_seconds, worst_events)
               VALUES (%s, (%s AT TIME ZONE 'Asia/Shanghai')::date, %s, %s)
               ON CONFLICT (projection, day) DO UPDATE SET
                   worst_seconds = greatest(d.worst_seconds, excluded.worst_seconds),
                   worst_events = greatest(d.worst_events, excluded.worst_events)
               WHERE d.worst_seconds < excluded.worst_seconds OR d.worst_events < excluded.worst_events""",
            (lag.projection, lag.as_of, lag.seconds, lag.events),
        )
        _incident(connection, lag, before, touching)


def _incident(connection: psycopg.Connection, lag: Lag, before: datetime | None, touching: Touching) -> None:
    if before and (pause := (lag.as_of - before).total_seconds()) > SILENT_SECONDS:
        _end(connection, lag, before, touching)
        connection.execute(
            """INSERT INTO lag_incidents (projection, began_at, last_at, ended_at, status, stage, worst_seconds,
                   worst_events, unmeasured) VALUES (%s, %s, %s, %s, %s, %s, %s, 0, true)
               ON CONFLICT DO NOTHING""",
            (lag.projection, before, lag.as_of, lag.as_of, Status.SILENT.value, Stage.UNKNOWN.value, pause),
        )
    if not lag.behind:
        _end(connection, lag, lag.as_of, touching)
        return
    connection.execute(
        """INSERT INTO lag_incidents AS i
               (projection, began_at, last_at, status, stage, worst_seconds, worst_events)
           VALUES (%(projection)s, %(at)s, %(at)s, %(status)s, %(stage)s, %(seconds)s, %(events)s)
           ON CONFLICT (projection) WHERE ended_at IS NULL DO UPDATE SET
               last_at = excluded.last_at,
               status = CASE WHEN excluded.worst_seconds >= i.worst_seconds THEN excluded.status ELSE i.status END,
               stage = CASE WHEN excluded.worst_seconds >= i.worst_seconds THEN excluded.stage ELSE i.stage END,
               worst_seconds = greatest(i.worst_seconds, excluded.worst_seconds),
               worst_events = greatest(i.worst_events, excluded.worst_events)""",
        {
            "projection": lag.projection,
            "at": lag.as_of,
            "status": lag.status.value,
            "stage": lag.stage.value,
            "seconds": lag.seconds,
            "events": lag.events,
        },
    )


def _end(connection: psycopg.Connection, lag: Lag, at: datetime, touching: Touching) -> None:
    """End what is open; with it goes what is older than is kept."""
    ended = connection.execute(
        """UPDATE lag_incidents SET ended_at = %s, last_at = %s WHERE projection = %s AND ended_at IS NULL
           RETURNING began_at""",
        (at, at, lag.projection),
    ).fetchone()
    if ended is None:
        return
    counted = touching(connection, ended[0], at, lag.source_clock_skew)
    if counted is not None:
        connection.execute(
            "UPDATE lag_incidents SET departments = %s, permits = %s WHERE projection = %s AND began_at = %s",
            (list(counted.departments), counted.permits, lag.projection, ended[0]),
        )
    connection.execute("DELETE FROM lag_incidents WHERE projection = %s AND ended_at < %s", (lag.projection, at - KEPT))
    connection.execute(
        "DELETE FROM lag_days WHERE projection = %s AND day < (%s AT TIME ZONE 'Asia/Shanghai')::date",
        (lag.projection, at - KEPT),
    )


def incidents(connection: psycopg.Connection, projection: str, limit: int) -> Sequence[Incident]:
    """Return the newest incidents first."""
    rows = connection.execute(
        """SELECT departments, permits, began_at, last_at, ended_at, status, stage, worst_seconds, worst_events,
               unmeasured FROM lag_incidents WHERE projection = %s ORDER BY began_at DESC LIMIT %s""",
        (projection, limit),
    )
    return [
        Incident(began, last, ended, Status(how), Stage(where), worst, events, unmeasured, _touched(whom, n))
        for whom, n, began, last, ended, how, where, worst, events, unmeasured in rows
    ]


def _touched(departments: Sequence[str] | None, permits: int | None) -> Touched | None:
    return None if departments is None or permits is None else Touched(tuple(departments), permits)


def days(connection: psycopg.Connection, projection: str, today: date) -> Sequence[Day]:
    """Return the days of the last 90 on which lag was measured, oldest first."""
    rows = connection.execute(
        "SELECT day, worst_seconds, worst_events FROM lag_days WHERE projection = %s AND day > %s ORDER BY day",
        (projection, today - KEPT),
    )
    return [Day(*row) for row in rows]


def last_hours(connection: psycopg.Connection, projection: str, since: datetime) -> Sequence[tuple[datetime, float]]:
    """Return the worst seconds of each ten minutes since then, oldest first."""
    return connection.execute(
        """SELECT date_bin('10 minutes'::interval, at, 'epoch'::timestamptz), max(seconds) FROM lag_samples
           WHERE projection = %s AND at >= %s GROUP BY 1 ORDER BY 1""",
        (projection, since),
    ).fetchall()

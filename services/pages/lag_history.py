"""How long what the other side said has waited, by hours and by days, and when that was not as it must: on the page
that shows how a side runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from markupsafe import Markup

from projections.lag import KEPT, WARNING_SECONDS
from projections.lag_history import Day, days, incidents, last_hours
from services.pages.charts import Point, waiting_times
from services.pages.lag_words import STAGES, STATUS_LIGHTS
from services.wording import duration_in_words
from services.working_days import CHINA

SHOWN_INCIDENTS = 30
MARKS = ((5.0, "5 秒"), (60.0, "1 分"), (3600.0, "1 小时"), (86400.0, "1 天"))
SLOT = timedelta(minutes=10)


def history_shown(connection: psycopg.Connection, projection: str, today: date) -> dict[str, Any]:
    """Return what the template ``lag_history.html`` shows. Whom an incident touched the side adds that knows it."""
    measured = days(connection, projection, today)
    since = datetime.now(UTC) - timedelta(hours=24)
    return {
        "incidents": incidents(connection, projection, SHOWN_INCIDENTS),
        "touches": False,
        "status_lights": STATUS_LIGHTS,
        "stages": STAGES,
        "measured": measured,
        "of_days": _of_days(measured, today),
        "of_hours": _of_hours(last_hours(connection, projection, since), since),
    }


def _of_days(measured: Sequence[Day], today: date) -> Markup:
    known = {one.day: one for one in measured}
    points = []
    for back in range(KEPT.days - 1, -1, -1):
        day = today - timedelta(days=back)
        one = known.get(day)
        label = f"{day:%m-%d}" if back % 15 == 14 or back == 0 else ""
        if one is None:
            points.append(Point(label, None))
        else:
            late = 1 if one.seconds > WARNING_SECONDS else 0
            points.append(Point(label, one.seconds, late, f"{day:%m-%d} 最长 {duration_in_words(one.seconds)}"))
    return waiting_times(points, "90 天内每天的最长延迟", MARKS)


def _of_hours(found: Sequence[tuple[datetime, float]], since: datetime) -> Markup:
    known = dict(found)
    start = datetime.fromtimestamp(since.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), UTC)
    points = []
    for number in range(1, 145):
        at = start + number * SLOT
        there = at.astimezone(CHINA)
        label = f"{there:%H:%M}" if there.hour % 3 == 0 and there.minute == 0 else ""
        seconds = known.get(at)
        late = 1 if seconds is not None and seconds > WARNING_SECONDS else 0
        shown = f"{there:%H:%M} 起 10 分钟内最长 {duration_in_words(seconds)}" if seconds is not None else ""
        points.append(Point(label, seconds, late, shown))
    return waiting_times(points, "24 小时内每 10 分钟的最长延迟", MARKS[:3], height=160)

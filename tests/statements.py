"""Daily statements in tests: the day that the databases live in, and the night after it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from events.database import connect
from services.migrating import Side
from services.scheduler import database_clock
from services.statement_drawing import StatementsAreDrawn
from services.working_days import china_day
from tests.linkage import Linkage


def today(linkage: Linkage) -> date:
    """The day in China by the database's own clock: pushes are of it, whatever day a test plays."""
    with connect(linkage.supervision_url, application="test") as connection:
        return china_day(database_clock(connection))


def draw(linkage: Linkage, side: Side, *, after: timedelta = timedelta(days=1)) -> int:
    """What the scheduler of a side does when it is ``after`` later than now; how many marks it took."""
    url = linkage.approval_url if side == "approval" else linkage.supervision_url
    drawing, taken = StatementsAreDrawn(side), 0
    with connect(url, application="test") as connection:
        now: datetime = database_clock(connection) + after
        while done := drawing.end(connection, now):
            taken += done
    return taken


def drawn_day(linkage: Linkage) -> date:
    """Let both sides hear one another and draw the day; return it."""
    linkage.hear()
    draw(linkage, "approval")
    draw(linkage, "supervision")
    return today(linkage)

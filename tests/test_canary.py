"""A canary goes the whole way and back, so that a closed way is noticed when no bureau decides anything."""

from __future__ import annotations

from datetime import timedelta

import psycopg
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, generate_latest

from events.canary import MISSED_AFTER
from events.database import connect, raw
from services.approval.canary import CanariesFly, Flight, flight, last_back
from services.metrics import CANARY_PATH, StateCollector
from services.pages.seats import Role, Seat
from services.scraping import SideState
from services.supervision import canary_hearing
from tests.linkage import Linkage
from tests.supervision_web import web


def fly(linkage: Linkage) -> None:
    """Let the scheduler of the approval side look at the clock."""
    with connect(linkage.approval_url, application="test") as connection:
        CanariesFly().end(connection, linkage.now())


def later(linkage: Linkage, seconds: float) -> None:
    """Let as much time pass: every canary was sent and came back so much earlier."""
    linkage.rows(
        "UPDATE canaries SET sent_at = sent_at - make_interval(secs => %s), "
        "back_at = back_at - make_interval(secs => %s) RETURNING canary",
        seconds, seconds, side="approval",
    )  # fmt: skip


def flown(linkage: Linkage) -> Flight:
    with linkage.approval.connect() as connection:
        return flight(raw(connection))


def test_a_canary_comes_back_through_store_log_and_lists(linkage: Linkage) -> None:
    fly(linkage)
    assert flown(linkage).back_at is None
    linkage.number()
    linkage.apply()
    linkage.hear()
    found = flown(linkage)
    assert (found.sent, found.waiting_since) == (1, None)
    assert found.seconds is not None
    assert 0 < found.seconds < 60
    assert not found.missed


def test_one_leaves_every_half_minute_and_no_more(linkage: Linkage) -> None:
    for _ in range(5):
        fly(linkage)
    assert flown(linkage).sent == 1
    later(linkage, 31)
    fly(linkage)
    assert flown(linkage).sent == 2


def test_a_way_that_is_closed_for_three_minutes_is_told_and_one_that_opens_again_too(linkage: Linkage) -> None:
    for _ in range(3):
        fly(linkage)
        later(linkage, 55)
    assert not flown(linkage).missed
    later(linkage, 20)
    assert flown(linkage).missed
    linkage.number()
    linkage.apply()
    linkage.hear()
    assert not flown(linkage).missed  # the newest came back: those before it took the same way
    later(linkage, MISSED_AFTER / timedelta(seconds=1) + 1)
    assert not flown(linkage).missed  # nothing was sent that did not come back
    fly(linkage)
    later(linkage, 181)
    assert flown(linkage).missed


def test_a_reader_that_begins_anew_returns_nothing_twice(linkage: Linkage) -> None:
    fly(linkage)
    linkage.number()
    assert [whose for whose, _ in linkage.apply().visible] == [canary_hearing.DEPARTMENT]
    linkage.rows("DELETE FROM seen_versions RETURNING 1")
    linkage.reading = dict(linkage.log.beginning())
    assert linkage.apply().visible == [], "how late it was is not counted again"
    assert linkage.rows("SELECT returned FROM canaries_heard") == [(1,)]


def test_each_canary_counts_for_how_soon_decisions_are_visible(linkage: Linkage) -> None:
    for _ in range(3):
        fly(linkage)
        later(linkage, 31)
    linkage.number()
    assert [whose for whose, _ in linkage.apply().visible] == [canary_hearing.DEPARTMENT] * 3


def test_metrics_and_pages_say_when_one_came_last(linkage: Linkage) -> None:
    def page() -> str:
        seat = {"seat-supervision": Seat(Role.OPERATOR, "", "9001").as_cookie()}
        return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat).get("/lag").text

    def metrics() -> str:
        state = SideState(linkage.approval, "approval", "told", lambda: linkage.back, canary=last_back)
        registry = CollectorRegistry()
        registry.register(StateCollector(state.store, state.projections, state.waiting))
        return generate_latest(registry).decode()

    assert "还没有收到过" in page()
    assert f'linkage_canary_last_success_timestamp_seconds{{path="{CANARY_PATH}"}} 0.0' in metrics()
    fly(linkage)
    linkage.number()
    linkage.apply()
    linkage.hear()
    assert "秒前收到" in page()
    assert f'linkage_canary_last_success_timestamp_seconds{{path="{CANARY_PATH}"}} 0.0' not in metrics()
    linkage.rows("UPDATE canaries_heard SET heard_at = heard_at - interval '4 minutes' RETURNING 1")
    assert "没有收到" in page()


def test_nothing_of_a_day_ago_is_kept(linkage: Linkage) -> None:
    fly(linkage)
    later(linkage, 86_401)
    fly(linkage)
    with connect(linkage.approval_url, application="test") as connection:
        assert _kept(connection) == [(2,)]
    with linkage.supervision.connect() as supervision:
        assert canary_hearing.newest(raw(supervision)) is None


def _kept(connection: psycopg.Connection) -> list[tuple[int]]:
    return connection.execute("SELECT canary FROM canaries").fetchall()

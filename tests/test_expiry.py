"""届满 is an event: the permit stays listed as 已届满未注销, and the clerk gets a task to cancel or renew it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from events.database import connect
from services.approval.decision import Kind
from services.supervision.expiring import Expiring
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

LAST = date(2026, 12, 31)
SHORT: dict[str, Any] = {"valid_to": LAST}


def look(linkage: Linkage) -> int:
    with connect(linkage.supervision_url, application="test") as connection:
        return Expiring().end(connection, linkage.now())


def tasks(linkage: Linkage) -> list[tuple[Any, ...]]:
    linkage.hear()
    return linkage.rows("SELECT kind, state FROM tasks ORDER BY opened_on, task", side="approval")


def said(linkage: Linkage) -> list[str]:
    rows = linkage.rows(
        """SELECT type FROM (SELECT position, type FROM ledger
                             UNION ALL SELECT 1000000 + id, type FROM outbox) AS recorded
           WHERE type IN ('permit_expired', 'expiry_ended') ORDER BY position"""
    )
    return [row[0] for row in rows]


def expired(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(**SHORT), decision(permit_number="长期", valid_to=None, long_term=True))
    linkage.today = LAST
    assert look(linkage) == 0, "the last day is still a day"
    linkage.today = LAST + timedelta(days=1)
    assert look(linkage) == 1


def test_an_expired_permit_stays_listed_and_opens_a_task_once(linkage: Linkage) -> None:
    expired(linkage)
    assert look(linkage) == 0
    assert said(linkage) == ["permit_expired"]
    assert tasks(linkage) == [("expiry", "open")]
    assert set(linkage.listed(MARKET_BUREAU).values()) == {"valid"}
    ((due,),) = linkage.rows("SELECT due FROM tasks", side="approval")
    assert due > linkage.today


def test_a_permit_that_is_renewed_late_needs_nothing_any_more_and_may_expire_again(linkage: Linkage) -> None:
    expired(linkage)
    tasks(linkage)
    until = LAST + timedelta(days=30)
    linkage.publish(decision(Kind.RENEW, decision_date=linkage.today, valid_to=until))
    assert look(linkage) == 1
    assert tasks(linkage) == [("expiry", "withdrawn")]
    linkage.today = until + timedelta(days=1)
    assert look(linkage) == 1
    assert sorted(tasks(linkage)) == [("expiry", "open"), ("expiry", "withdrawn")]
    assert said(linkage) == ["permit_expired", "expiry_ended", "permit_expired"]


def test_a_permit_that_is_cancelled_after_its_last_day_needs_nothing_any_more(linkage: Linkage) -> None:
    expired(linkage)
    linkage.publish(decision(Kind.SURRENDER, decision_date=linkage.today))
    assert look(linkage) == 1
    assert tasks(linkage) == [("expiry", "withdrawn")]


def test_a_stock_that_comes_with_its_last_day_over_is_noticed_too(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.today = LAST + timedelta(days=100)
    linkage.publish(decision(opening_stock=True, **SHORT))
    assert look(linkage) == 1
    assert said(linkage) == ["permit_expired"]

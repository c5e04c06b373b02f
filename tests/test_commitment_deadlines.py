"""A permit that rests on a promise is checked within sixty days, and what had to be put right is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from events.database import connect
from events.limits import LimitKind
from services.approval.decision import Kind
from services.deadlines import Item
from services.open_deadlines import done_standings, open_standings
from services.scheduling import round_once
from services.supervision.open_items import open_items
from services.working_days import Light
from tests.errands import noon, told
from tests.invented import MARKET_BUREAU, decision
from tests.linkage import Linkage
from tests.test_findings import FOUND, Officer

KINDS = open_items("审改办")
TUESDAY = date(2026, 11, 24)
CHECKED: dict[str, Any] = {"passed": False, "checked_on": "2026-11-24", "facts": "场所与承诺不符"}


@pytest.fixture
def office(linkage: Linkage) -> Iterator[psycopg.Connection]:
    with connect(linkage.supervision_url, application="test") as connection:
        yield connection


def owed(office: psycopg.Connection, kind: LimitKind, day: date = TUESDAY) -> list[Item]:
    return [one.item for one in open_standings(office, KINDS, day) if one.item.kind is kind]


def test_a_permit_granted_on_a_promise_is_to_be_checked_within_sixty_days_by_its_lead(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    officer = Officer(linkage, commitment=True)
    linkage.rows("UPDATE commitment_checks SET opened_at = %s RETURNING 1", noon(date(2026, 8, 2)))
    (item,) = owed(office, LimitKind.COMMITMENT_CHECK)
    assert (item.owner, item.about, item.due.day) == (MARKET_BUREAU, officer.permit, date(2026, 10, 8))
    for number in range(90):
        round_once(office, "supervision", KINDS, noon(date(2026, 8, 2) + timedelta(days=number)))
    assert told(office) == [
        ("reminder_given", MARKET_BUREAU, date(2026, 9, 2)),  # the 23rd of 44 working days
        ("limit_reached", MARKET_BUREAU, date(2026, 10, 9)),
        ("escalated", MARKET_BUREAU, date(2026, 10, 10)),  # a worked Saturday
    ]


def test_a_check_that_is_recorded_closes_it_whatever_was_found(linkage: Linkage, office: psycopg.Connection) -> None:
    officer = Officer(linkage, commitment=True)
    officer.say("commitment-checks", **officer.about, **CHECKED)
    assert owed(office, LimitKind.COMMITMENT_CHECK) == []
    (done,) = (one for one in done_standings(office, KINDS, date(2020, 1, 1)) if one.item.about == officer.permit)
    assert done.worst is Light.GREEN


def test_a_renewal_on_a_promise_is_to_be_checked_anew_and_a_change_of_it_is_not(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    officer = Officer(linkage, commitment=True)
    officer.say("commitment-checks", **officer.about, **CHECKED)
    linkage.publish(decision(Kind.AMEND, commitment=True, content="冷食类食品制售"))
    assert owed(office, LimitKind.COMMITMENT_CHECK) == []
    renewed: dict[str, Any] = {"valid_from": date(2031, 11, 20), "valid_to": date(2036, 11, 19)}
    linkage.publish(decision(Kind.RENEW, commitment=True, **renewed))
    assert len(owed(office, LimitKind.COMMITMENT_CHECK)) == 1


def test_no_check_is_owed_without_a_promise_of_a_stock_or_of_what_has_ended(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    officer = Officer(linkage)
    linkage.publish(decision(permit_number="JY29901020000002", commitment=True, opening_stock=True))
    linkage.publish(decision(permit_number="JY29901020000003", commitment=True))
    assert len(owed(office, LimitKind.COMMITMENT_CHECK)) == 1
    linkage.publish(decision(Kind.SURRENDER, permit_number="JY29901020000003", commitment=True))
    assert owed(office, LimitKind.COMMITMENT_CHECK) == []
    assert officer.permit


def test_what_had_to_be_put_right_is_looked_at_again_within_ten_working_days(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    officer = Officer(linkage)
    found = officer.say("inspections", **officer.about, **FOUND, inspection_kind="日常检查")
    (item,) = owed(office, LimitKind.RECTIFICATION_CHECK)
    assert (item.owner, item.opened_on, item.due.day) == (MARKET_BUREAU, date(2026, 12, 8), date(2026, 12, 22))
    seen: dict[str, Any] = {"passed": True, "checked_on": "2026-11-24", "officer": "S-0417"}
    officer.say(f"inspections/{found['finding']}/rectification", **seen)
    assert owed(office, LimitKind.RECTIFICATION_CHECK) == []

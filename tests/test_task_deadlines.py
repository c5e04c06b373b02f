"""The limit of a task of the approval desk: its body is reminded once, and asked again it begins anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest

from events.database import connect
from services.approval.open_items import open_items
from services.open_deadlines import open_standings
from services.scheduling import round_once
from tests.errands import noon, told
from tests.invented import BODY, TODAY, decision
from tests.linkage import Linkage
from tests.test_tasks import annul, punish

KINDS = open_items("审改办")


@pytest.fixture
def office(linkage: Linkage) -> Iterator[psycopg.Connection]:
    with connect(linkage.approval_url, application="test") as connection:
        yield connection


def test_a_desk_that_does_not_answer_is_reminded_then_overdue_then_reported_each_once(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    (granted,) = linkage.submit(decision())
    assert isinstance(granted.permit, UUID)
    punish(linkage, granted.permit)
    (standing,) = open_standings(office, KINDS, TODAY)
    assert (standing.item.about, standing.due_on) == (granted.permit, date(2026, 12, 1))
    for number in range(15):
        round_once(office, "approval", KINDS, noon(TODAY + timedelta(days=number)))
    assert told(office) == [
        ("reminder_given", BODY, date(2026, 11, 27)),
        ("limit_reached", BODY, date(2026, 12, 2)),
        ("escalated", BODY, date(2026, 12, 3)),
    ]


def test_what_is_withdrawn_is_reminded_of_no_more(linkage: Linkage, office: psycopg.Connection) -> None:
    (granted,) = linkage.submit(decision())
    assert isinstance(granted.permit, UUID)
    punish(linkage, granted.permit)
    annul(linkage, granted.permit)
    assert open_standings(office, KINDS, TODAY) == []
    assert round_once(office, "approval", KINDS, noon(date(2026, 12, 31))) == 0

"""The limit of a task of the approval desk: its body is reminded once, and asked again it begins anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient

from events.database import connect
from services.approval.http import Office, application
from services.approval.open_items import open_items
from services.open_deadlines import open_standings
from services.scheduling import round_once
from services.time_rules import take_entries
from tests.errands import noon, told
from tests.invented import BODY, TODAY, decision
from tests.linkage import Linkage
from tests.test_deadlines import NOTICE
from tests.test_tasks import PENALTY, annul, punish, receipt

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


def test_a_last_day_that_was_an_estimate_is_told_to_the_department_when_the_calendar_is_known(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    linkage.today = date(2026, 12, 30)
    (granted,) = linkage.submit(decision())
    assert isinstance(granted.permit, UUID)
    task = punish(linkage, granted.permit)
    estimated = receipt(linkage, about=str(PENALTY))
    assert (estimated["due"], estimated["due_estimated"]) == ("2027-01-06", True)
    take_entries(office, "approval", [NOTICE], noon(linkage.today))
    round_once(office, "approval", KINDS, noon(linkage.today))
    known = receipt(linkage, about=str(PENALTY))
    assert (known["due"], known["due_estimated"]) == ("2027-01-12", False)
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    shown = bureau.get(f"/api/v1/tasks/{task}").json()
    assert (shown["due"], shown["history"][-1]["type"]) == ("2027-01-12", "task_redated")
    assert [one["due"] for one in bureau.get("/api/v1/tasks").json()["tasks"]] == ["2027-01-12"]

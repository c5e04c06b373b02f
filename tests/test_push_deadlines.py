"""The limit of a push: its department is reminded once, a return stops no clock, and passing on starts none anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest

from events.database import connect
from events.limits import CalendarDay, CalendarDaysSet, LimitKind
from events.oversight import ReturnReason
from services.open_deadlines import done_standings, open_standings
from services.scheduling import round_once
from services.supervision.open_items import open_items
from services.supervision.oversight_commands import GiveOpinion, OpenConsultation, Read, Reassign, Return, RuleOn, Sign
from services.supervision.push_items import Pushes
from services.time_rules import read_time_rules, take_entries
from services.working_days import Due, Light
from tests.errands import noon, told
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

KINDS = open_items("审改办")
TUESDAY = date(2026, 11, 24)
DUE = date(2026, 11, 27)


@pytest.fixture
def permit(linkage: Linkage) -> UUID:
    """A permit that market supervision alone supervises, delivered on Tuesday."""
    return delivered_on(linkage, TUESDAY)


def delivered_on(linkage: Linkage, day: date) -> UUID:
    linkage.today = day
    linkage.duties(duty(co_departments=()))
    (granted,) = linkage.publish(decision())
    assert granted.permit
    deliver(linkage, day)
    return granted.permit


def deliver(linkage: Linkage, day: date) -> None:
    """Let what was recorded just now, by the database's clock, have been recorded at noon of ``day``; what went to
    others was delivered first on Tuesday."""
    linkage.rows(
        """UPDATE cases SET delivered_at = %s, first_delivered_at = CASE WHEN first_delivered_at < delivered_at
               THEN %s ELSE %s END
           WHERE delivered_at > now() - interval '1 minute' RETURNING 1""",
        noon(day), noon(TUESDAY), noon(day),
    )  # fmt: skip


@pytest.fixture
def office(linkage: Linkage) -> Iterator[psycopg.Connection]:
    with connect(linkage.supervision_url, application="test") as connection:
        yield connection


def look(office: psycopg.Connection, day: date) -> int:
    return round_once(office, "supervision", KINDS, noon(day))


def test_a_department_that_does_not_sign_is_reminded_then_overdue_then_reported_each_once(
    linkage: Linkage, permit: UUID, office: psycopg.Connection
) -> None:
    for number in range(15):
        look(office, TUESDAY + timedelta(days=number))
    assert told(office) == [
        ("reminder_given", MARKET_BUREAU, date(2026, 11, 26)),
        ("limit_reached", MARKET_BUREAU, date(2026, 11, 28)),
        ("escalated", MARKET_BUREAU, date(2026, 12, 1)),
    ]
    (standing,) = open_standings(office, KINDS, date(2026, 12, 1))
    assert (standing.item.about, standing.worst) == (permit, Light.RED)


def test_a_department_that_signs_in_time_is_left_alone_and_credited(
    linkage: Linkage, permit: UUID, office: psycopg.Connection
) -> None:
    assert linkage.oversee(permit, Sign(officer="0102"), MARKET_BUREAU)["accepted"]
    linkage.rows("UPDATE cases SET signed_at = %s RETURNING 1", noon(date(2026, 11, 25)))
    assert look(office, date(2026, 12, 31)) == 0
    assert open_standings(office, KINDS, DUE) == []
    (done,) = done_standings(office, KINDS, TUESDAY)
    assert (done.as_json()["done_on"], done.as_json()["days_early"]) == ("2026-11-25", 2)


def test_a_return_does_not_stop_the_clock(linkage: Linkage, permit: UUID, office: psycopg.Connection) -> None:
    back = Return(officer="0102", reason=ReturnReason.MATTER)
    assert linkage.oversee(permit, back, MARKET_BUREAU)["accepted"]
    deliver(linkage, TUESDAY)
    look(office, date(2026, 11, 28))
    assert [kind for kind, *_ in told(office)] == ["reminder_given", "limit_reached"]


def test_passing_a_permit_on_starts_a_clock_and_the_decisions_own_goes_on(
    linkage: Linkage, permit: UUID, office: psycopg.Connection
) -> None:
    linkage.duties(duty(matter_code="000131004000", lead=HEALTH_BUREAU, co_departments=()))
    look(office, date(2026, 11, 26))
    linkage.today = date(2026, 11, 26)
    assert linkage.oversee(permit, Reassign(lead=HEALTH_BUREAU, by="0001", text="属医疗机构"))["accepted"]
    deliver(linkage, date(2026, 11, 26))
    for number in (26, 27, 28, 29, 30):
        look(office, date(2026, 11, number))
    assert told(office) == [
        ("reminder_given", MARKET_BUREAU, date(2026, 11, 26)),
        ("reminder_given", HEALTH_BUREAU, date(2026, 11, 26)),  # of the decision's clock: it is theirs now
        ("limit_reached", HEALTH_BUREAU, date(2026, 11, 28)),
        ("reminder_given", HEALTH_BUREAU, date(2026, 11, 30)),  # of their own
    ]
    assert [one.due_on for one in open_standings(office, KINDS, DUE)] == [DUE, date(2026, 12, 1)]


def test_a_notice_that_comes_late_moves_the_day_of_a_push_and_no_receipt_moves_it_back(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    permit = delivered_on(linkage, date(2026, 12, 30))
    due = "SELECT due_on, due_estimated FROM cases"
    assert linkage.rows(due) == [(date(2027, 1, 4), True)]
    notice = CalendarDaysSet(
        notice="虚构的2027年放假通知",
        notice_year=2027,
        days=tuple(CalendarDay(day=date(2027, 1, day), works=False) for day in range(1, 7)),
    )
    take_entries(office, "supervision", [notice], noon(date(2026, 12, 30)))
    assert look(office, date(2026, 12, 30)) == 1
    assert linkage.rows(due) == [(date(2027, 1, 8), False)]
    assert linkage.oversee(permit, Read(officer="0102"), MARKET_BUREAU)["accepted"]
    assert linkage.rows(due) == [(date(2027, 1, 8), False)]
    assert look(office, date(2026, 12, 30)) == 0
    (standing,) = open_standings(office, KINDS, date(2026, 12, 30))
    assert standing.clocks[0].due == Due(date(2027, 1, 8), estimated=False)


def test_in_a_consultation_each_body_owes_an_opinion_and_the_coordinator_a_ruling(
    linkage: Linkage, permit: UUID, office: psycopg.Connection
) -> None:
    assert linkage.oversee(permit, OpenConsultation(by="0001", text="归属不清"))["accepted"]

    def owing() -> list[tuple[LimitKind, str]]:
        found = [(one.item.kind, one.item.owner) for one in open_standings(office, KINDS, linkage.today)]
        return sorted(one for one in found if one[0] is not LimitKind.CLAIM)

    assert owing() == [(LimitKind.OPINION, BODY), (LimitKind.OPINION, MARKET_BUREAU), (LimitKind.RULING, "审改办")]
    opinion = GiveOpinion(body=BODY, officer="0201", text="依法应由市场监管部门负责")
    assert linkage.oversee(permit, opinion)["accepted"]
    assert owing() == [(LimitKind.OPINION, MARKET_BUREAU), (LimitKind.RULING, "审改办")]
    assert linkage.oversee(permit, RuleOn(lead=MARKET_BUREAU, reason="职责明确", by="0001"))["accepted"]
    assert owing() == []
    assert [one.item.kind for one in done_standings(office, KINDS, date(2020, 1, 1))] == [LimitKind.RULING]


def test_what_is_open_waits_at_the_server_while_a_round_works_at_it(
    linkage: Linkage, permit: UUID, office: psycopg.Connection
) -> None:
    """A driver that is answered all at once holds all of it: of fifty thousand pushes that nobody signs 154 MB."""
    deliver(linkage, TUESDAY)

    def held_back(asked: Iterator[object]) -> list[tuple[str]]:
        next(asked)
        with office.transaction():  # what a round records meanwhile takes nothing away
            office.execute("SELECT 1")
        waiting = office.execute("SELECT name FROM pg_cursors WHERE is_holdable").fetchall()
        assert list(asked) == []
        return waiting

    assert held_back(iter(Pushes("审改办").open_items(office, read_time_rules(office)))) == [("pushes",)]
    assert office.execute("SELECT name FROM pg_cursors").fetchall() == []
    assert held_back(iter(office.execute("SELECT * FROM cases"))) == []

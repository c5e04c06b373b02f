"""The duty list is a living register: a change is shown before it takes effect, and then moves what it touches."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from events.database import connect, raw
from services.approval.decision import Kind
from services.supervision import rerouting
from services.supervision.duty_difference import Difference, difference, gaps
from services.supervision.duty_history import history_of
from services.supervision.duty_list import Uncovered
from services.supervision.duty_register import read_register
from services.supervision.oversight_commands import Reassign
from services.supervision.rerouting import Rerouting
from tests.invented import DEPARTMENTS, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

FIRE = "11990100MB0000103C"


@pytest.fixture(autouse=True)
def three_departments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEPARTMENTS, FIRE, "海州市虚构消防支队")


def reroute(linkage: Linkage) -> int:
    with connect(linkage.supervision_url, application="test") as connection:
        return Rerouting().end(connection, linkage.now())


def would(linkage: Linkage, *entries: object) -> Difference:
    with linkage.supervision.connect() as connection:
        return difference(raw(connection), list(entries), linkage.today)  # type: ignore[arg-type]


def leads(linkage: Linkage) -> dict[UUID, str]:
    return dict(linkage.rows("SELECT permit, department FROM watch_list WHERE role = 'lead'"))


def test_a_changed_list_is_shown_first_and_then_moves_the_current_permits_by_events(linkage: Linkage) -> None:
    linkage.duties(duty())
    first, second = linkage.publish(decision(), decision(permit_number="第二"))
    changed = duty(lead=FIRE, co_departments=())
    shown = would(linkage, changed)
    (going,) = shown.going
    assert (going.leads_now, going.would_lead, going.permits, going.day) == (MARKET_BUREAU, FIRE, 2, linkage.today)
    assert [(before.lead, after.lead) for before, after in shown.changed] == [(MARKET_BUREAU, FIRE)]
    assert set(leads(linkage).values()) == {MARKET_BUREAU}, "nothing was taken"
    linkage.duties(changed)
    assert reroute(linkage) == 2
    assert leads(linkage) == {first.permit: FIRE, second.permit: FIRE}
    assert linkage.listed(MARKET_BUREAU) == linkage.listed(HEALTH_BUREAU) == {}
    reasons = linkage.rows("SELECT data::jsonb->>'reason' FROM outbox WHERE type = 'push_moved'")
    assert reasons == [("duty_changed",), ("duty_changed",)]
    states = linkage.rows("SELECT department, state FROM cases WHERE permit = %s", first.permit)
    assert set(states) == {(MARKET_BUREAU, "moved"), (HEALTH_BUREAU, "moved"), (FIRE, "delivered")}
    assert reroute(linkage) == 0, "once"


def test_a_duty_that_begins_later_moves_nothing_before_its_day(linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    begins = linkage.today + timedelta(days=5)
    entries = (duty(valid_to=begins - timedelta(days=1)), duty(lead=FIRE, valid_from=begins))
    (going,) = would(linkage, *entries).going
    assert (going.day, going.would_lead) == (begins, FIRE)
    linkage.duties(*entries)
    assert reroute(linkage) == 0
    linkage.today = begins
    assert reroute(linkage) == 1
    assert leads(linkage) == {granted.permit: FIRE}


def test_what_the_coordinator_placed_what_has_ended_and_what_no_duty_covers_stay(linkage: Linkage) -> None:
    linkage.duties(duty())
    placed, ended, current = linkage.publish(
        decision(permit_number="一"), decision(permit_number="二"), decision(permit_number="三")
    )
    linkage.publish(decision(Kind.SURRENDER, permit_number="二"))
    linkage.oversee(placed.permit, Reassign(lead=HEALTH_BUREAU, by="0001", text="属医疗机构"))
    linkage.duties(duty(lead=FIRE))
    assert reroute(linkage) == 1
    assert leads(linkage) == {placed.permit: HEALTH_BUREAU, ended.permit: MARKET_BUREAU, current.permit: FIRE}
    linkage.duties(duty(lead=FIRE, valid_to=date(2026, 2, 1)))
    assert reroute(linkage) == 0
    assert leads(linkage)[current.permit or UUID(int=0)] == FIRE


def test_a_reroute_that_was_cut_off_goes_on_where_it_stood(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> None:
    linkage.duties(duty())
    linkage.publish(*(decision(permit_number=f"页-{number}") for number in range(5)))
    linkage.duties(duty(lead=FIRE))
    monkeypatch.setattr(rerouting, "PAGE", 2)
    pages = iter(range(2))
    step = rerouting.Rerouting._step

    def cut_off(self: Rerouting, *rest: object) -> int:
        if next(pages, None) is None:
            raise ConnectionError
        return step(self, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(rerouting.Rerouting, "_step", cut_off)
        with pytest.raises(ConnectionError):
            reroute(linkage)
    moved = linkage.rows("SELECT count(*) FROM outbox WHERE type = 'push_moved'")[0][0]
    assert 0 < moved < 5
    assert reroute(linkage) == 5 - moved
    assert set(leads(linkage).values()) == {FIRE}


def test_what_nobody_supervises_is_listed_with_how_many_permits_and_why(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(), decision(permit_number="无", matter_code="000100000000"))
    later = linkage.today + timedelta(days=400)
    linkage.duties(duty(valid_to=linkage.today + timedelta(days=30)))
    with linkage.supervision.connect() as connection:
        register = read_register(raw(connection))
        now, then = (gaps(raw(connection), register, day) for day in (linkage.today, later))
    assert [(gap.matter_code, gap.why, gap.permits, gap.waiting) for gap in now] == [
        ("000100000000", Uncovered.MATTER, 0, 1)
    ]
    assert [(gap.matter_code, gap.why, gap.permits) for gap in then][1:] == [(FOOD, Uncovered.DAY, 1)]


def test_every_version_of_an_entry_stays_readable(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.duties(duty(lead=FIRE))
    with linkage.supervision.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM duties")) == 1
        found = history_of(raw(connection), FOOD)
    assert [(one.version, one.said.lead) for one in found] == [(1, MARKET_BUREAU), (2, FIRE)]

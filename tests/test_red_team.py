"""An officer of one department reads nothing of another's, by more than twenty ways; without the walls they succeed."""

from __future__ import annotations

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from services.access.callers import Caller, scope_of
from services.access.entrance import OPEN, Entrance, by_seat
from services.pages.seats import Role, Seat
from services.supervision.oversight_commands import Sign
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, clinic, decision, duty
from tests.linkage import Linkage
from tests.penalties import impose
from tests.red_team import WAYS, Attempt, Prey, tells_whether_it_is_there, try_all
from tests.supervision_web import web

SEAT = Seat(Role.OFFICER, MARKET_BUREAU, "0101")
CLINIC = "000131004000"


def signed_in(request: Request) -> Caller | None:
    """Stand in for a session: what the browser shows is not believed, but which session it is."""
    return Caller("0101", scope_of(SEAT), SEAT) if request.headers.get("x-session") == "market" else None


CLOSED = Entrance((signed_in,))


@pytest.fixture
def prey(linkage: Linkage) -> Prey:
    linkage.duties(
        duty(co_departments=()), duty(matter_code=CLINIC, lead=HEALTH_BUREAU, co_departments=(), matter_name="诊所许可")
    )
    shown, first, second = linkage.publish(
        decision(),
        decision(matter_code=CLINIC, permit_number="WS0001", document_number="海审批〔2026〕2号", party=clinic()),
        decision(matter_code=CLINIC, permit_number="WS0002", document_number="海审批〔2026〕3号", party=clinic()),
    )
    assert shown.accepted
    assert first.permit is not None
    assert second.permit is not None
    linkage.oversee(first.permit, Sign(officer="0201"), HEALTH_BUREAU, key="k1")
    penalty = impose(linkage, department=HEALTH_BUREAU, document_number="海卫罚〔2026〕1号", party=clinic())
    linkage.number_pushes()
    coordinator = TestClient(web(linkage))
    page = coordinator.get(f"/api/v1/departments/{HEALTH_BUREAU}/watch-list?limit=1").json()
    (party,) = linkage.rows("SELECT party FROM watch_list WHERE permit = %s", first.permit)[0]
    secrets = ("WS0001", "WS0002", str(second.permit), "海卫罚〔2026〕1号")
    named = {"penalty": str(penalty)}
    return Prey(MARKET_BUREAU, HEALTH_BUREAU, first.permit, party, page["next_cursor"], CLINIC, secrets, named)


def attempt(linkage: Linkage, prey: Prey, entrance: Entrance, engine: Engine) -> Attempt:
    app = web(linkage, entrance=entrance, opened=engine)
    client = TestClient(app, headers={"x-session": "market"}, cookies={"seat-supervision": SEAT.as_cookie()})
    return Attempt(client, engine, prey)


def test_behind_both_walls_no_way_wins_anything(linkage: Linkage, prey: Prey) -> None:
    assert len(WAYS) > 20
    tried = attempt(linkage, prey, CLOSED, linkage.supervision_web)
    assert "JY29901020000001" in tried.get(f"/api/v1/departments/{MARKET_BUREAU}/watch-list"), "one's own list is there"
    assert {name: won for name, won in try_all(tried).items() if won} == {}
    assert tells_whether_it_is_there(tried) == []


def test_where_the_first_wall_is_not_there_the_second_holds_alone(linkage: Linkage, prey: Prey) -> None:
    """An open door, whose guard asks nothing of a seat: the database alone keeps rows apart."""
    door = Entrance((by_seat,), otherwise=OPEN.otherwise)
    tried = attempt(linkage, prey, door, linkage.supervision_web)
    won = {name for name, found in try_all(tried).items() if found}
    assert won <= {"a forged seat", "the stream of one's own page"}, "who is believed to be anybody reads as anybody"


def test_without_the_walls_the_same_ways_win(linkage: Linkage, prey: Prey) -> None:
    """Negative control: the owner's connection behind an open door."""
    won = {name for name, found in try_all(attempt(linkage, prey, OPEN, linkage.supervision)).items() if found}
    assert len(won) > 20, sorted(set(WAYS) - won)

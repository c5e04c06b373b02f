"""A clerk of one bureau reads nothing of another's and writes nothing in its name, by more than forty ways."""

from __future__ import annotations

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from services.access.callers import Caller, scope_of
from services.access.entrance import OPEN, Entrance, by_seat
from services.approval.handling import Desk
from services.approval.http import Office, application
from services.pages.seats import Role, Seat
from tests.invented import BODY
from tests.linkage import MASTER, Linkage
from tests.red_team import Attempt, Prey, try_all
from tests.red_team_of_bureaus import WAYS
from tests.two_bureaus import settled

SEAT = Seat(Role.CLERK, BODY, "1001")


def signed_in(request: Request) -> Caller | None:
    """Stand in for a session: what the browser shows is not believed, but which session it is."""
    return Caller("1001", scope_of(SEAT), SEAT) if request.headers.get("x-session") == "bureau" else None


CLOSED = Entrance((signed_in,))


@pytest.fixture
def prey(linkage: Linkage) -> Prey:
    return settled(linkage)


def attempt(linkage: Linkage, prey: Prey, entrance: Entrance, engine: Engine) -> Attempt:
    office = Office(engine, Desk(engine, MASTER, lambda: linkage.today), "token", now=linkage.now)
    app = application(office, entrance)
    client = TestClient(
        app, headers={"x-session": "bureau"}, cookies={"seat-approval": SEAT.as_cookie()}, raise_server_exceptions=False
    )
    return Attempt(client, engine, prey)


def test_behind_both_walls_no_way_wins_anything(linkage: Linkage, prey: Prey) -> None:
    assert len(WAYS) > 40
    tried = attempt(linkage, prey, CLOSED, linkage.approval_web)
    assert "JY29901020000001" in tried.get(f"/api/v1/decisions?body={BODY}"), "one's own decisions are there"
    assert {name: won for name, won in try_all(tried, WAYS).items() if won} == {}


def test_where_the_first_wall_is_not_there_the_second_holds_alone(linkage: Linkage, prey: Prey) -> None:
    """An open door, whose guard asks nothing of a seat: the database alone keeps rows apart."""
    door = Entrance((by_seat,), otherwise=OPEN.otherwise)
    tried = attempt(linkage, prey, door, linkage.approval_web)
    won = {name for name, found in try_all(tried, WAYS).items() if found}
    assert won <= {"a forged seat"}, "who is believed to be anybody reads as anybody"


def test_without_the_walls_the_same_ways_win(linkage: Linkage, prey: Prey) -> None:
    """Negative control: the owner's connection behind an open door."""
    won = {name for name, found in try_all(attempt(linkage, prey, OPEN, linkage.approval), WAYS).items() if found}
    assert len(won) > 20, sorted(set(WAYS) - won)

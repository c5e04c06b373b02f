"""The door of a web service: nothing is anybody's until somebody was asked who they are."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient

from services.access.callers import EVERYBODY, STRANGER, UNASKED, Caller, Scope, scope_now
from services.access.entrance import Entrance, enter
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU
from tests.rows_of_rights import let_anybody_in

KEEPER = Caller("k-1", Scope(frozenset((MARKET_BUREAU,))))


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    let_anybody_in(monkeypatch, "tested", "GET /in-a-thread", "GET /in-the-loop", "GET /name")


def at_the_door(request: Request) -> Caller | None:
    return KEEPER if request.headers.get("x-shown") == "key" else None


def behind(entrance: Entrance, *doors: Any) -> TestClient:
    app = FastAPI(dependencies=list(doors))
    app.state.entrance, app.state.side = entrance, "tested"

    @app.get("/in-a-thread")
    def threaded() -> bool:
        return scope_now.get().covers(MARKET_BUREAU)

    @app.get("/in-the-loop")
    async def looped() -> bool:
        return scope_now.get().covers(MARKET_BUREAU)

    @app.get("/name")
    def named(request: Request) -> str:
        return app.state.entrance.caller(request).name  # type: ignore[no-any-return]

    return TestClient(app)


def test_whoever_shows_a_key_reads_their_own_rows_and_a_stranger_none() -> None:
    client = behind(Entrance((at_the_door,)), Depends(enter))
    for place in ("/in-a-thread", "/in-the-loop"):
        assert client.get(place, headers={"x-shown": "key"}).json() is True
        assert client.get(place).json() is False
    assert client.get("/name", headers={"x-shown": "key"}).json() == "k-1"


def test_a_service_without_a_door_gives_nobody_anything() -> None:
    assert behind(Entrance((at_the_door,))).get("/in-a-thread", headers={"x-shown": "key"}).json() is False


def test_an_open_door_takes_everybodys_word() -> None:
    assert Entrance((), otherwise=UNASKED).is_open
    assert behind(Entrance((), otherwise=UNASKED), Depends(enter)).get("/in-a-thread").json() is True
    assert not Entrance(()).is_open


def test_a_scope_covers_its_own_bodies_alone() -> None:
    assert KEEPER.scope.covers(MARKET_BUREAU)
    assert not KEEPER.scope.covers(HEALTH_BUREAU)
    assert EVERYBODY.covers(HEALTH_BUREAU)
    assert not STRANGER.scope.covers("")

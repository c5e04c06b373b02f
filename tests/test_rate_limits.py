"""Whoever asks too often is told to come again later, by key, by account, or by address; others are not hindered."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient

from services.access.callers import EVERYBODY, Caller
from services.access.entrance import Entrance, enter
from services.access.key_door import key_unknown
from services.access.rate_limits import Rates
from services.problem_answers import answer_problems
from services.rate_settings import Asking
from tests.rows_of_rights import let_anybody_in


class Clock:
    """Stands in for the wall clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.0
        monkeypatch.setattr(time, "time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def by_name(request: Request) -> Caller | None:
    name = request.headers.get("x-name", "")
    if name == "wrong":
        raise key_unknown()
    return Caller(name, EVERYBODY) if name else None


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    let_anybody_in(monkeypatch, "tested", "GET /list", "POST /parties/find", "POST /login")


def behind(rates: Rates) -> TestClient:
    app = FastAPI(dependencies=[Depends(enter)])
    app.state.entrance, app.state.side = Entrance((by_name,), rates=rates), "tested"
    answer_problems(app)
    app.add_api_route("/list", lambda: True)
    app.add_api_route("/parties/find", lambda: True, methods=["POST"])
    app.add_api_route("/login", lambda: True, methods=["POST"])
    return TestClient(app)


def asked(client: TestClient, path: str, name: str, times: int) -> list[int]:
    method = "GET" if path == "/list" else "POST"
    return [client.request(method, path, headers={"x-name": name}).status_code for _ in range(times)]


def test_one_too_many_is_refused_with_the_seconds_to_wait_and_then_let_in(clock: Clock) -> None:
    client = behind(Rates(any=3))
    assert asked(client, "/list", "key:a", 4) == [200, 200, 200, 429]
    refused = client.get("/list", headers={"x-name": "key:a"})
    assert refused.json()["code"] == "too_often"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert asked(client, "/list", "key:b", 1) == [200]
    clock.now += 121
    assert asked(client, "/list", "key:a", 1) == [200]


def test_searches_and_log_ins_are_counted_more_narrowly(clock: Clock) -> None:
    seen: Counter[Asking] = Counter()
    client = behind(Rates(any=100, search=2, login=1, refused=lambda kind: seen.update([kind])))
    assert asked(client, "/parties/find", "u-1", 3) == [200, 200, 429]
    assert asked(client, "/list", "u-1", 1) == [200]
    # The names are the guesser's choice, so his address is what counts.
    assert asked(client, "/login", "u-2", 1) + asked(client, "/login", "u-3", 1) == [200, 429]
    assert seen == {Asking.SEARCH: 1, Asking.LOGIN: 1}


def test_an_address_that_guesses_keys_is_put_off_and_a_good_key_from_there_is_not(clock: Clock) -> None:
    client = behind(Rates(login=3))
    assert asked(client, "/list", "wrong", 5) == [401, 401, 401, 429, 429]
    assert asked(client, "/list", "key:a", 1) == [200]


def test_without_limits_everybody_asks_as_often_as_they_like(clock: Clock) -> None:
    """The same attacks, and nothing in their way: what refuses above is the limit, not something else."""
    client = behind(Rates())
    assert asked(client, "/list", "key:a", 5) == [200] * 5
    assert asked(client, "/parties/find", "u-1", 5) == [200] * 5
    assert asked(client, "/list", "wrong", 5) == [401] * 5

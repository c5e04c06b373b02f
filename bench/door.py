"""What does it cost to be asked who one is? Single decisions, and a page of those published, with a key and without;
through the role of the web processes and as the owner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from bench.figure import PER_SECOND, Figure
from bench.ground import Ground
from events.database import open_engine, raw
from services.access import key_store
from services.access.actions import Action
from services.access.entrance import Entrance
from services.access.key_door import by_key
from services.access.machine_keys import new_key
from services.access.rate_limits import Rates
from services.access.rows import open_web_engine
from services.access.web_role import web_url
from services.approval.handling import Desk
from services.approval.http import Office, application
from services.sample_city.city import haizhou
from services.sample_city.permits import new_decision

BODY = "11990100MB0000001X"
LEAST_RATIO = 0.85
PLENTY = 10_000_000
"""Requests a minute: counted, and never too many."""
_serials = count(5_000_000)
Asks = Callable[[TestClient, Mapping[str, str]], Any]


Door = tuple[TestClient, dict[str, str]]


def measure(ground: Ground) -> Iterator[Figure]:
    """Both doors take turns over one database, request by request."""
    with ground.fresh() as pair:
        engine = open_engine(pair.approval_url, application="bench")
        doors: tuple[Door, Door] = (TestClient(application(_office(engine))), {}), _shut(engine, _key(engine))
        yield from _in_turns(ground, doors, "at an open door", "with a key")
        engine.dispose()


def of_web_role(ground: Ground) -> Iterator[Figure]:
    """The same with a key, through the role of the web processes beside the owner."""
    with ground.fresh() as pair:
        owner = open_engine(pair.approval_url, application="bench")
        web = open_web_engine(web_url(pair.approval_url, "approval"), application="bench")
        key = _key(owner)
        yield from _in_turns(ground, (_shut(owner, key), _shut(web, key)), "as the owner", "rows kept apart")
        web.dispose()
        owner.dispose()


def _office(engine: Engine) -> Office:
    return Office(engine, Desk(engine, bytes(32)), "none")


def _shut(engine: Engine, key: str) -> Door:
    shut = Entrance((by_key(engine),), rates=Rates(PLENTY, PLENTY, PLENTY))
    return TestClient(application(_office(engine), shut)), {"Authorization": f"Bearer {key}"}


def _in_turns(ground: Ground, doors: tuple[Door, Door], plainly: str, otherwise: str) -> Iterator[Figure]:
    many = 50 if ground.quick else 600
    for name, asks in (("single decisions by HTTP", _hands_in), ("pages of own decisions by HTTP", _reads)):
        for client, headers in doors:
            asks(client, headers)
        spent = [0.0, 0.0]
        for _ in range(many):
            for number, (client, headers) in enumerate(doors):
                spent[number] += _seconds(lambda: asks(client, headers))  # noqa: B023 - called at once
        plain, found = (many / seconds for seconds in spent)
        yield Figure(f"{name}, {plainly}", plain, PER_SECOND)
        yield Figure(
            f"{name}, {otherwise}", found, PER_SECOND, beside=plain, least_ratio=LEAST_RATIO,
            note=f"beside: {plainly}",
        )  # fmt: skip


def _key(engine: Engine) -> str:
    actions = (Action.PUBLISH_DECISIONS, Action.READ_DECISIONS)
    made, text = new_key("bench", BODY, actions, "bench", datetime.now(UTC), timedelta(days=1))
    with engine.begin() as transaction:
        key_store.add(raw(transaction), made)
    return text


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _hands_in(client: TestClient, headers: Mapping[str, str]) -> None:
    serial = next(_serials)
    decision = new_decision(Random(serial), haizhou(), serial, datetime.now(UTC).date()) | {"deciding_body": BODY}
    assert client.post("/api/v1/decisions", json=decision, headers=headers).status_code == 201


def _reads(client: TestClient, headers: Mapping[str, str]) -> None:
    assert client.get("/api/v1/decisions", params={"body": BODY}, headers=headers).status_code == 200

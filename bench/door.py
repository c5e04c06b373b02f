"""What does it cost to be asked who one is? Single decisions, and a page of those published, with a key and without."""

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


def measure(ground: Ground) -> Iterator[Figure]:
    """Both doors take turns over one database, request by request."""
    many = 50 if ground.quick else 600
    with ground.fresh() as pair:
        engine = open_engine(pair.approval_url, application="bench")
        office = Office(engine, Desk(engine, bytes(32)), "none")
        shut = Entrance((by_key(engine),), rates=Rates(PLENTY, PLENTY, PLENTY))
        doors: tuple[tuple[TestClient, dict[str, str]], ...] = (
            (TestClient(application(office)), {}),
            (TestClient(application(office, shut)), {"Authorization": f"Bearer {_key(engine)}"}),
        )
        for name, asks in (("single decisions by HTTP", _hands_in), ("pages of own decisions by HTTP", _reads)):
            for client, headers in doors:
                asks(client, headers)
            spent = [0.0, 0.0]
            for _ in range(many):
                for number, (client, headers) in enumerate(doors):
                    spent[number] += _seconds(lambda: asks(client, headers))  # noqa: B023 - called at once
            opened, keyed = (many / seconds for seconds in spent)
            yield Figure(f"{name}, at an open door", opened, PER_SECOND)
            yield Figure(
                f"{name}, with a key", keyed, PER_SECOND, beside=opened, least_ratio=LEAST_RATIO,
                note="beside: at an open door",
            )  # fmt: skip
        engine.dispose()


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

"""Server-sent events: a department hears of every push, in order, once, whatever happens to its line."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx
import orjson
import pytest

from events import ledger
from events.database import raw
from services import live_feed as live
from services.supervision.live import live_feed, noted
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import listening

EVENTS = f"/api/v1/departments/{MARKET_BUREAU}/events"


@pytest.fixture
def address(linkage: Linkage) -> Iterator[str]:
    linkage.duties(duty(), duty(matter_code="000123002000", lead=HEALTH_BUREAU, co_departments=()))
    linkage.number_pushes()
    with listening(linkage) as served:
        yield served


def push(linkage: Linkage, *numbers: int, matter: str = "000131003000") -> None:
    linkage.publish(*(decision(permit_number=f"N{number}", matter_code=matter) for number in numbers))
    linkage.number_pushes()


Heard = dict[str, Any]


@contextmanager
def ears(address: str, *, after: int | None = None, last_id: str | None = None) -> Iterator[Iterator[Heard]]:
    """Listen. Yields events as ``{"id", "event", "data"}``; comments are left out."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    params = {"after": after} if after is not None else {}
    with (
        httpx.Client(timeout=5, trust_env=False) as client,
        client.stream("GET", address + EVENTS, params=params, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[Heard]:
    heard: Heard = {}
    for line in lines:
        if line == "" and "event" in heard:
            yield heard
            heard = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            heard[name] = json.loads(value) if name == "data" else value


def numbers(events: Iterator[Heard], count: int) -> list[str]:
    return [next(events)["data"]["permit_number"] for _ in range(count)]


def test_a_push_is_heard_by_its_departments_and_by_no_other(linkage: Linkage, address: str) -> None:
    with ears(address) as events:
        push(linkage, 1, matter="000123002000")
        push(linkage, 2)
        heard = next(events)
        assert heard["event"] == "push"
        assert (heard["data"]["permit_number"], heard["data"]["change"]) == ("N2", "listed")
        assert (heard["data"]["role"], heard["data"]["decision_in_words"]) == ("lead", "核发")
        assert heard["data"]["version"].endswith("@1")


def test_a_reader_that_comes_back_with_its_last_id_misses_nothing_and_without_it_does(
    linkage: Linkage, address: str
) -> None:
    with ears(address) as events:
        push(linkage, 1, 2)
        first, second = next(events), next(events)
        assert {first["data"]["permit_number"], second["data"]["permit_number"]} == {"N1", "N2"}
    push(linkage, 3)
    push(linkage, 4)
    with ears(address, last_id=second["id"]) as events:
        assert numbers(events, 2) == ["N3", "N4"]
        with ears(address) as forgetful:
            push(linkage, 5)
            assert numbers(events, 1) == ["N5"]
            assert numbers(forgetful, 1) == ["N5"]
    with ears(address, after=int(first["id"])) as events:
        assert numbers(events, 4) == [second["data"]["permit_number"], "N3", "N4", "N5"]


def test_what_is_no_longer_at_hand_is_read_from_the_ledger(
    linkage: Linkage, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAGE", 3)
    push(linkage, *range(10))
    with ears(address, after=0) as events:
        assert sorted(numbers(events, 10)) == sorted(f"N{number}" for number in range(10))
        push(linkage, 10)
        assert numbers(events, 1) == ["N10"]


def test_a_reader_too_far_behind_or_from_another_ledger_is_told_to_begin_anew(
    linkage: Linkage, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FARTHEST", 2)
    push(linkage, 1, 2, 3, 4)
    for after in (0, 999_999):
        with ears(address, after=after) as events:
            reset = next(events)
            assert (reset["event"], reset["id"]) == ("reset", str(reset["data"]["position"]))
            push(linkage, after + 10)
            assert numbers(events, 1) == [f"N{after + 10}"]


def test_a_reader_that_does_not_take_what_comes_is_let_go_with_a_reset(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FARTHEST", 2)
    linkage.duties(duty())
    linkage.number_pushes()

    async def slow() -> list[bytes]:
        feed = live_feed(linkage.supervision, Event())
        stream = feed.follow(MARKET_BUREAU, None)
        heard = [await anext(stream)]
        for number in range(5):
            await asyncio.to_thread(push, linkage, number)
        await asyncio.sleep(live.LOOK_SECONDS * 4)
        heard += [part async for part in stream]
        return heard

    greeting, reset = asyncio.run(slow())
    assert greeting.startswith(b"retry:")
    assert b"event: reset" in reset


def test_a_quiet_line_is_kept_open_by_a_heartbeat_and_nobody_looks_when_nobody_listens(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)

    async def quiet() -> None:
        feed = live_feed(linkage.supervision, Event())
        stream: AsyncIterator[bytes] = feed.follow(MARKET_BUREAU, None)
        await anext(stream)
        assert (await anext(stream)).startswith(b": ")
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(live.LOOK_SECONDS * 3)
        assert feed._looking is not None
        assert feed._looking.done()

    asyncio.run(quiet())


async def one_sign_of_life(feed: live.LiveFeed) -> bytes:
    """Read a line until it is quiet, and end the event loop with it still open."""
    stream = feed.follow(MARKET_BUREAU, None)
    await anext(stream)
    return await anext(stream)


async def _look_without_a_last_word(feed: live.LiveFeed) -> None:
    """Broken on purpose: whoever is cut short leaves its event behind."""
    while feed.readers:
        await asyncio.sleep(live.LOOK_SECONDS)
    feed._wake()


def test_a_feed_whose_server_was_cut_short_is_served_by_the_next_one(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    # A look that is cut short in its thread would hold a connection longer than this test lasts.
    monkeypatch.setattr(live.LiveFeed, "_look_once", lambda feed: ([], feed._applied, False))
    feed = live_feed(linkage.supervision, Event())
    for _ in range(2):
        assert asyncio.run(one_sign_of_life(feed)).startswith(b": ")
    monkeypatch.setattr(live.LiveFeed, "_look", _look_without_a_last_word)
    asyncio.run(one_sign_of_life(feed))
    with pytest.raises(RuntimeError, match="bound to a different event loop"):
        asyncio.run(one_sign_of_life(feed))


def test_the_line_of_a_department_that_is_not_there_is_refused(address: str) -> None:
    answer = httpx.get(f"{address}/api/v1/departments/11990100MB0000999X/events", trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_department")


def test_what_is_kept_of_a_push_weighs_about_what_it_says(linkage: Linkage, address: str) -> None:
    """Thousands are kept for as long as the service lives: what orjson hands out would be sixty megabytes of them."""
    push(linkage, 1)
    with linkage.supervision.connect() as connection:
        (record,) = (one for one in ledger.read(raw(connection), "supervision", 0, 500) if one.type == "push_made")

    def held_each(keep: Callable[[], object]) -> float:
        keep()
        tracemalloc.start()
        try:
            kept = [keep() for _ in range(200)]
            return tracemalloc.get_traced_memory()[0] / len(kept)
        finally:
            tracemalloc.stop()

    said = sum(map(len, noted(record).news.values()))
    assert held_each(lambda: noted(record)) < said + 1_500
    as_handed_out = [orjson.loads(news) for news in noted(record).news.values()]
    assert held_each(lambda: [orjson.dumps(one) for one in as_handed_out]) > said + 1_500

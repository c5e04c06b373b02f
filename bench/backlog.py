"""A day's decisions that wait: recorded, numbered, and read by nobody yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from bench import city
from bench.ground import Ground, Pair
from events.database import connect, open_engine
from events.envelope import NewEvent
from events.sequencer import number_once
from events.store import append
from services.supervision.duty_register import take_duties

APPENDED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Filled:
    """How a backlog came about: seconds for recording it in batches, and for numbering it."""

    events: int
    appending: float
    numbering: float


def fill(pair: Pair, events: Sequence[NewEvent]) -> Filled:
    """Record ``events`` in batches, then number them all. Both sides' tables are analysed, as on a running site."""
    with connect(pair.approval_url, application="bench") as connection:
        started = time.monotonic()
        for at in range(0, len(events), APPENDED_AT_ONCE):
            append(connection, "approval", events[at : at + APPENDED_AT_ONCE])
        appended = time.monotonic()
        while number_once(connection):
            pass
        numbered = time.monotonic()
        connection.execute("VACUUM ANALYZE")
    return Filled(len(events), appended - started, numbered - appended)


def assign_duties(pair: Pair) -> None:
    with_engine(pair.supervision_url, lambda engine: take_duties(engine, city.duties(), city.DEPARTMENTS, city.NOW))


def with_engine(url: str, do: Callable[[Engine], object]) -> None:
    engine = open_engine(url, application="bench")
    try:
        do(engine)
    finally:
        engine.dispose()


def backlog(ground: Ground, count: int) -> list[NewEvent]:
    return list(city.decisions(count))

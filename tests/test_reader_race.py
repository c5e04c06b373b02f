"""Who commits late is not left out: numbers are given to what is committed, never at append time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from events import ledger, store
from events.database import connect
from events.log.embedded import EmbeddedLog
from events.sequencer import Sequencer, number_once
from tests.conftest import Databases
from tests.tally import noted

WRITERS, EACH = 8, 60


class OfTheLedger:
    """Reads what the sequencer numbered, above the last number it saw."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.last = 0

    def append(self, connection: psycopg.Connection) -> None:
        store.append(connection, "approval", [noted(uuid4())])

    def read(self) -> int:
        number_once(self.connection)
        records = ledger.read(self.connection, "approval", self.last, 1000)
        self.last = max((record.position for record in records), default=self.last)
        return len(records)


class OfASequence(OfTheLedger):
    """Broken on purpose: the number comes from a sequence, when the row is written, as most outboxes have it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__(connection)
        connection.execute("CREATE TABLE naive (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")

    def append(self, connection: psycopg.Connection) -> None:
        connection.execute("INSERT INTO naive DEFAULT VALUES")

    def read(self) -> int:
        ids = [row[0] for row in self.connection.execute("SELECT id FROM naive WHERE id > %s", (self.last,))]
        self.last = max(ids, default=self.last)
        return len(ids)


@pytest.mark.parametrize(("kind", "missed"), [(OfTheLedger, 0), (OfASequence, 1)])
def test_an_event_whose_writer_commits_after_a_later_one_is_read_all_the_same(
    databases: Databases, kind: Callable[[psycopg.Connection], OfTheLedger], missed: int
) -> None:
    url = databases.approval_url
    with connect(url, application="test") as reading, connect(url, application="test") as late:
        reader = kind(reading)
        with late.transaction():
            reader.append(late)
            with connect(url, application="test") as quick:
                reader.append(quick)
            assert reader.read() == 1
        assert 2 - (1 + reader.read()) == missed


def write(url: str, seed: int, streams: list[UUID]) -> None:
    """Append to each stream in turn, and commit sooner or later."""
    hesitation = random.Random(seed)
    with connect(url, application="test") as connection:
        for number in range(EACH):
            with connection.transaction():
                event = noted(streams[number % len(streams)], number // len(streams) + 1)
                store.append(connection, "approval", [event])
                time.sleep(hesitation.choice((0, 0, 0.002, 0.01)))


def test_of_eight_writers_at_once_a_reader_misses_nothing_and_sees_each_stream_in_order(databases: Databases) -> None:
    url, stop = databases.approval_url, threading.Event()
    streams = [[uuid4() for _ in range(5)] for _ in range(WRITERS)]
    threads = [threading.Thread(target=write, args=(url, seed, mine)) for seed, mine in enumerate(streams)]
    sequencer = threading.Thread(target=Sequencer(url, "approval").run, args=(stop,))
    log = EmbeddedLog(url, "approval")
    seen: dict[UUID, list[int]] = {stream: [] for mine in streams for stream in mine}
    positions: list[int] = []
    reading = log.beginning()
    for thread in (*threads, sequencer):
        thread.start()
    deadline = time.monotonic() + 60
    while len(positions) < WRITERS * EACH and time.monotonic() < deadline:
        batch = log.read(reading, 50, timeout=0.1)
        reading = batch.cursors
        for record in batch.records:
            positions.append(record.position)
            seen[record.stream].append(record.version)
    stop.set()
    for thread in (*threads, sequencer):
        thread.join()
    log.close()
    assert positions == list(range(1, WRITERS * EACH + 1))
    assert all(versions == list(range(1, EACH // 5 + 1)) for versions in seen.values())

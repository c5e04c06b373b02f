"""A relay reads a page ahead of the one that is being written: whatever fails, the log holds it all, in order."""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from events import relay, store
from events.database import connect
from events.envelope import NewEvent, Record, canonical
from events.log import LogUnavailable, Publisher
from events.log.kafka import KafkaLog, KafkaPublisher
from events.relay import Relay
from events.sequencer import number_once
from services.broker import Broker
from tests.conftest import Databases

pytestmark = pytest.mark.kafka

EVENTS = 200
STREAMS = [uuid4() for _ in range(8)]
_numbers = itertools.count(1)


class FailsOnce:
    """A publisher whose broker is away for one page, before or after that page was written."""

    def __init__(self, real: KafkaPublisher, failing: Iterator[bool], *, after: bool = False) -> None:
        self.real, self.failing, self.after = real, failing, after
        self.identity, self.head, self.close = real.identity, real.head, real.close

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        fails = next(self.failing)
        written = self.real.publish(records) if self.after or not fails else {}
        if fails:
            raise LogUnavailable("the broker went away")
        return written


class ForgetsAPage(FailsOnce):
    """The broken variant: what failed counts as written."""

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        return {} if next(self.failing) else self.real.publish(records)


def third_page() -> Iterator[bool]:
    return (page == 3 for page in itertools.count(1))


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH", 20)


def carried(databases: Databases, broker: Broker, wrap: Callable[[KafkaPublisher], Publisher]) -> list[list[int]]:
    """Record ``EVENTS``, let a relay carry them, and return the ledger positions in each partition of the log."""
    source = f"relay{next(_numbers)}"
    with connect(databases.approval_url, application="test") as connection:
        moment = datetime(2026, 3, 2, tzinfo=UTC)
        for number in range(EVENTS):
            stream, version = STREAMS[number % 8], number // 8 + 1
            data = canonical({"number": number})
            store.append(connection, source, [NewEvent(stream, version, "permit_granted", 2, moment, data)])
        while number_once(connection):
            pass
    working = Relay(
        databases.approval_url,
        source,
        lambda: wrap(KafkaPublisher(broker.bootstrap, source)),
        lambda: KafkaLog(broker.bootstrap, f"{source}-feedback"),
    )
    with at_work(working), connect(databases.approval_url, application="test") as connection:
        deadline = time.monotonic() + 60
        while reached(connection.execute("SELECT max(ledger_position) FROM checkpoints").fetchone()) < EVENTS:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    partitions: dict[int, list[int]] = defaultdict(list)
    with closing(KafkaLog(broker.bootstrap, source)) as log:
        cursors: Mapping[int, int] = log.beginning()
        while log.unread(cursors):
            batch = log.read(cursors, 1000, timeout=5.0)
            cursors = batch.cursors
            for record in batch.records:
                partitions[record.partition].append(record.position)
    return list(partitions.values())


@contextmanager
def at_work(working: Relay) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=working.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def reached(row: tuple[int | None] | None) -> int:
    return (row and row[0]) or 0


def complete(partitions: list[list[int]]) -> bool:
    return sorted(itertools.chain(*partitions)) == list(range(1, EVENTS + 1))


def test_a_ledger_of_many_pages_is_carried_once_and_in_order(databases: Databases, kafka_broker: Broker) -> None:
    partitions = carried(databases, kafka_broker, lambda publisher: publisher)
    assert complete(partitions)
    assert all(positions == sorted(positions) for positions in partitions)


@pytest.mark.parametrize("after", [False, True], ids=["before it was written", "after it was written"])
def test_a_page_whose_broker_went_away_is_carried_again_before_those_that_were_read_ahead(
    databases: Databases, kafka_broker: Broker, after: bool
) -> None:
    failing = third_page()
    partitions = carried(databases, kafka_broker, lambda publisher: FailsOnce(publisher, failing, after=after))
    firsts = [list(dict.fromkeys(positions)) for positions in partitions]
    assert complete(firsts)
    assert all(positions == sorted(positions) for positions in firsts)


def test_a_relay_that_forgot_a_page_would_be_noticed(databases: Databases, kafka_broker: Broker) -> None:
    failing = third_page()
    assert not complete(carried(databases, kafka_broker, lambda publisher: ForgetsAPage(publisher, failing)))

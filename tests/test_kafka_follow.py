"""Following Kafka live: what catches up and what follows never leave anything out between them, whatever happens."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from events.envelope import Record, canonical, partition_of
from events.log import Batch, Log, LogUnavailable
from events.log.kafka import KafkaPublisher, traffic
from events.log.kafka.follower import KafkaFollower
from events.log.kafka.reader import Reader
from services import broker
from services.broker import Broker

pytestmark = pytest.mark.kafka

_numbers = itertools.count(1)
STREAMS = [uuid4() for _ in range(40)]


class Diary:
    """A reader that writes down what it applied, and insists that each batch starts exactly where it resumes."""

    def __init__(self) -> None:
        self.held: dict[int, int] = {}
        self.saved: dict[int, int] = {}
        self.applied: list[Record] = []
        self.batches: list[int] = []
        self.insists = True
        self.before: Callable[[Batch], None] = lambda _: None

    def take(self, source: Log, partitions: Collection[int], *, assigned: bool) -> Mapping[int, int]:
        beginning = source.beginning()
        self.held = {p: self.saved.setdefault(p, beginning[p]) for p in partitions}
        return dict(self.held)

    def give_back(self) -> None:
        self.held = {}

    def receive(self, batch: Batch) -> None:
        self.before(batch)
        reached = dict(self.held)
        for record in batch.records:
            if self.insists:
                assert record.cursor == reached[record.partition] + 1, "not the next one of its partition"
            reached[record.partition] = record.cursor
        assert {p: reached[p] for p in batch.cursors} == dict(batch.cursors)
        self.held = reached
        self.saved |= reached
        self.applied += batch.records
        self.batches.append(len(batch.records))

    def tend(self) -> None: ...

    def numbers(self) -> Counter[int]:
        """How often each ledger position was applied."""
        return Counter(record.position for record in self.applied)


class Ledger:
    """Makes records with dense numbers, as a relay would carry them."""

    def __init__(self, bootstrap: str, source: str) -> None:
        self.source = source
        self.last = 0
        self.versions: Counter[UUID] = Counter()
        self.publisher = KafkaPublisher(bootstrap, source)

    def publish(self, count: int) -> None:
        now = datetime.now(UTC)
        records = []
        for _ in range(count):
            self.last += 1
            stream = STREAMS[self.last % len(STREAMS)]
            self.versions[stream] += 1
            data = canonical({"number": self.last})
            records.append(
                Record(
                    self.source,
                    self.last,
                    partition_of(stream),
                    stream,
                    self.versions[stream],
                    "noted",
                    1,
                    now,
                    now,
                    data,
                )
            )
        while True:
            try:
                self.publisher.publish(records)
            except LogUnavailable:
                continue
            return

    def publish_slowly(self, count: int, per_second: int) -> None:
        for _ in range(count // (per_second // 50)):
            began = time.monotonic()
            self.publish(per_second // 50)
            time.sleep(max(0.0, 0.02 - (time.monotonic() - began)))


@pytest.fixture
def ledger(kafka_broker: Broker) -> Iterator[Ledger]:
    made = Ledger(kafka_broker.bootstrap, f"follow{next(_numbers)}")
    yield made
    made.publisher.close()


@contextmanager
def following(
    bootstrap: str, source: str, diary: Reader, kind: type[KafkaFollower] = KafkaFollower, **how: Any
) -> Iterator[KafkaFollower]:
    follower = kind(bootstrap, source, f"{source}-lists", diary, **how)
    stop = threading.Event()
    failure: list[BaseException] = []

    def run() -> None:
        try:
            follower.run(stop)
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield follower
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive(), "the follower does not stop"
    assert not failure, failure


def until(reached: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        time.sleep(0.02)


def once_each(last: int) -> Counter[int]:
    return Counter(range(1, last + 1))


def test_nothing_is_missing_or_doubled_when_faust_takes_over_while_events_come(
    kafka_broker: Broker, ledger: Ledger
) -> None:
    diary = Diary()
    ledger.publish(3000)
    with following(kafka_broker.bootstrap, ledger.source, diary) as follower:
        taken_over = Counter[bool]()
        for _ in range(12):
            ledger.publish_slowly(300, 600)
            taken_over[follower.live] += 1
        until(lambda: follower.live)
        ledger.publish_slowly(300, 600)
        until(lambda: len(diary.applied) >= ledger.last)
        assert follower.live
    assert diary.numbers() == once_each(ledger.last)
    assert max(diary.batches) > 500, "the stock was not read in large batches"


class Interrupted(KafkaFollower):
    """Five events come between the last page that kafka-python reads and Faust's first."""

    ledger: Ledger

    async def _hand_over(self) -> None:
        await self._hand.do(self.ledger.publish, 5)
        await super()._hand_over()


class TrustingFaust(Interrupted):
    """Broken on purpose: Faust begins where it would by itself, at the head, and nobody compares offsets."""

    async def _hand_over(self) -> None:
        await self._hand.do(self.ledger.publish, 5)
        self._held = dict(await self._hand.do(self.source.head))
        await KafkaFollower._hand_over(self)


@pytest.mark.parametrize(("kind", "missing"), [(Interrupted, False), (TrustingFaust, True)])
def test_what_comes_just_when_faust_takes_over_is_applied(
    kafka_broker: Broker, ledger: Ledger, kind: type[Interrupted], missing: bool
) -> None:
    diary = Diary()
    diary.insists = not missing
    ledger.publish(100)
    with following(kafka_broker.bootstrap, ledger.source, diary, kind=kind) as follower:
        assert isinstance(follower, Interrupted)
        follower.ledger = ledger
        until(lambda: follower.live)
        ledger.publish(20)
        until(lambda: ledger.last in diary.numbers() and (missing or len(diary.applied) >= ledger.last))
    assert (diary.numbers() != once_each(ledger.last)) is missing


def test_a_worker_too_far_behind_for_faust_is_caught_up_in_large_batches(kafka_broker: Broker, ledger: Ledger) -> None:
    diary = Diary()
    with following(kafka_broker.bootstrap, ledger.source, diary) as follower:
        until(lambda: follower.live)
        ledger.publish(12_000)
        until(lambda: len(diary.applied) >= ledger.last)
        until(lambda: follower.live)
        ledger.publish(10)
        until(lambda: len(diary.applied) >= ledger.last)
    assert diary.numbers() == once_each(ledger.last)
    assert max(diary.batches) == 1000


@pytest.mark.parametrize(("at_most", "by_faust"), [(traffic.BUSY_RECORDS, False), (10**9, True)])
def test_what_comes_fast_is_not_left_to_faust_though_it_could_follow(
    kafka_broker: Broker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, at_most: int, by_faust: bool
) -> None:
    """The control: where no traffic is too much Faust carries a file that comes in small pieces."""
    monkeypatch.setattr(traffic, "BUSY_RECORDS", at_most)
    diary = Diary()
    with following(kafka_broker.bootstrap, ledger.source, diary) as follower:
        until(lambda: follower.live)
        monkeypatch.setattr(traffic, "SECONDS", 60.0)  # however slow the machine is
        for count in (600, 600, 10):
            ledger.publish(count)
            until(lambda: len(diary.applied) >= ledger.last)
        assert follower.live is by_faust
    assert diary.numbers() == once_each(ledger.last)


def test_a_refused_batch_is_applied_later_and_nothing_behind_it_is_lost(kafka_broker: Broker, ledger: Ledger) -> None:
    diary = Diary()
    refusals: list[int] = []

    def refuse(batch: Batch) -> None:
        if len(refusals) < 3 and any(record.position > 500 + 200 * len(refusals) for record in batch.records):
            refusals.append(len(batch.records))
            raise RuntimeError("refused")

    with following(kafka_broker.bootstrap, ledger.source, diary) as follower:
        until(lambda: follower.live)
        diary.before = refuse
        ledger.publish_slowly(3000, 1000)
        until(lambda: len(diary.applied) >= ledger.last)
    assert len(refusals) == 3
    assert diary.numbers() == once_each(ledger.last)


def test_a_restarted_worker_goes_on_at_its_checkpoints(kafka_broker: Broker, ledger: Ledger) -> None:
    diary = Diary()
    for _ in range(2):
        with following(kafka_broker.bootstrap, ledger.source, diary) as follower:
            until(lambda: follower.live)
            ledger.publish_slowly(200, 500)
        ledger.publish(100)
    with following(kafka_broker.bootstrap, ledger.source, diary):
        until(lambda: len(diary.applied) >= ledger.last)
    assert diary.numbers() == once_each(ledger.last)


def test_a_worker_leaves_in_time_though_faust_does_not_and_faust_ends_by_itself_later(
    kafka_broker: Broker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops = AIOKafkaConsumerThread.on_thread_stop

    async def stops_slowly(self: AIOKafkaConsumerThread) -> None:
        await asyncio.sleep(2)
        await stops(self)

    monkeypatch.setattr(AIOKafkaConsumerThread, "on_thread_stop", stops_slowly)
    monkeypatch.setattr("events.log.kafka.follower.STOP_SECONDS", 0.5)
    ledger.publish(10)
    before = set(threading.enumerate())
    with following(kafka_broker.bootstrap, ledger.source, Diary()) as follower:
        until(lambda: follower.live)
        fausts = set(threading.enumerate()) - before
    # Its thread speaks to the loop it began in: closed, that one would end it in a traceback, and so this test.
    until(lambda: not any(thread.is_alive() for thread in fausts))


def test_two_workers_share_the_partitions_and_hand_them_over_when_one_leaves(
    kafka_broker: Broker, ledger: Ledger
) -> None:
    one, two = Diary(), Diary()
    one.saved = two.saved = {}  # the one database they share
    with following(kafka_broker.bootstrap, ledger.source, one) as first:
        until(lambda: first.live)
        with following(kafka_broker.bootstrap, ledger.source, two) as second:
            until(lambda: len(one.held) == 32 and len(two.held) == 32)
            until(lambda: first.live and second.live)
            ledger.publish_slowly(600, 600)
            until(lambda: len(one.applied) + len(two.applied) >= ledger.last)
        until(lambda: len(one.held) == 64 and first.live)
        ledger.publish_slowly(300, 600)
        until(lambda: len(one.applied) + len(two.applied) >= ledger.last)
    assert one.applied
    assert two.applied
    assert one.numbers() + two.numbers() == once_each(ledger.last)


def test_a_worker_is_level_soon_after_a_frozen_broker_thaws(kafka_of_its_own: Broker) -> None:
    ledger = Ledger(kafka_of_its_own.bootstrap, "approval")
    diary = Diary()
    with following(
        kafka_of_its_own.bootstrap, ledger.source, diary, stalled=lambda: pytest.fail("stalled")
    ) as follower:
        until(lambda: follower.live)
        ledger.publish(200)
        kafka_of_its_own.freeze()
        publishing = threading.Thread(target=ledger.publish, args=(500,))
        publishing.start()
        time.sleep(13)
        kafka_of_its_own.thaw()
        publishing.join(30)
        until(lambda: set(diary.numbers()) == set(range(1, ledger.last + 1)), seconds=10)
        until(lambda: follower.live)
        ledger.publish_slowly(100, 500)
        until(lambda: set(diary.numbers()) == set(range(1, ledger.last + 1)))
    ledger.publisher.close()
    # The publisher may have written a batch twice; each stream's versions tell. Nothing else may be doubled.
    seen: Counter[UUID] = Counter()
    for record in diary.applied:
        assert record.version <= seen[record.stream] + 1, "a version was left out"
        seen[record.stream] = max(seen[record.stream], record.version)


def test_a_killed_broker_that_comes_back_is_followed_again(kafka_of_its_own: Broker) -> None:
    ledger = Ledger(kafka_of_its_own.bootstrap, "approval")
    diary = Diary()
    with following(kafka_of_its_own.bootstrap, ledger.source, diary) as follower:
        until(lambda: follower.live)
        ledger.publish(200)
        kafka_of_its_own.kill()
        broker.start(kafka_of_its_own.folder, kafka_of_its_own.port)
        ledger.publish(200)
        until(lambda: set(diary.numbers()) == set(range(1, ledger.last + 1)))
        until(lambda: follower.live)
    ledger.publisher.close()


def test_a_reader_that_hangs_is_noticed_by_its_position_not_by_its_pulse(kafka_broker: Broker, ledger: Ledger) -> None:
    diary = Diary()
    stalled, released = threading.Event(), threading.Event()
    with following(kafka_broker.bootstrap, ledger.source, diary, progress_seconds=3.0, stalled=stalled.set) as follower:
        until(lambda: follower.live)
        ledger.publish(20)
        until(lambda: len(diary.applied) >= 20)
        assert not stalled.wait(5), "a quiet log is no stall"
        diary.before = lambda _: assert_not(released.wait(30))
        ledger.publish(20)
        assert stalled.wait(15)
        released.set()
        diary.before = lambda _: None


def assert_not(_: object) -> None:
    raise RuntimeError("hung")

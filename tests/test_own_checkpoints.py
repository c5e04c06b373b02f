"""Where a reader of Kafka resumes is its own bookmark, whatever becomes of Kafka's offsets, its topic or its disk."""

from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from sqlalchemy import Engine

from events import relay, store
from events.announcing import survey
from events.database import connect, open_engine
from events.log import CursorsOutOfRange, LogIdentity, LogUnavailable
from events.log.kafka import KafkaLog, KafkaPublisher
from events.log.kafka.follower import KafkaFollower
from events.log.kafka.topics import events_topic
from events.relay import Relay
from events.sequencer import number_once
from projections.lag import measure
from projections.leased_reader import LeasedReader
from projections.projection import Outcome
from services import broker
from services.broker import Broker
from tests.conftest import Databases
from tests.tally import Tally, noted, once_and_in_order
from tests.test_kafka_follow import following, until

pytestmark = pytest.mark.kafka

_numbers = itertools.count(1)


@dataclass
class Site:
    """A ledger, its relay into a topic of its own, and a tally that follows the topic under leases in PostgreSQL."""

    url: str
    reading_url: str
    broker: Broker
    source: str
    tally: Tally
    engine: Engine
    written: dict[UUID, int] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def bootstrap(self) -> str:
        return self.broker.bootstrap

    @property
    def group(self) -> str:
        return f"{self.source}-lists"

    def log(self) -> KafkaLog:
        return KafkaLog(self.bootstrap, self.source)

    def identity(self) -> LogIdentity | None:
        """Which topic there is, made anew if need be; None while the old one is being taken away."""
        with closing(self.log()) as log, suppress(LogUnavailable):
            return log.identity()
        return None

    def record(self, new_streams: int) -> None:
        """Record one more event in each stream there is, and the first of some, whose loss no version tells."""
        self.written |= dict.fromkeys((uuid4() for _ in range(new_streams)), 0)
        for stream in self.written:
            self.written[stream] += 1
        with connect(self.url, application="test") as connection:
            store.append(connection, self.source, [noted(s, version) for s, version in self.written.items()])
            number_once(connection)

    @contextmanager
    def relaying(self) -> Iterator[None]:
        stop = threading.Event()
        carrier = Relay(
            self.url,
            self.source,
            lambda: KafkaPublisher(self.bootstrap, self.source),
            lambda: KafkaLog(self.bootstrap, f"{self.source}.other"),
        )
        thread = threading.Thread(target=carrier.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)

    @contextmanager
    def reading(self) -> Iterator[KafkaFollower]:
        """Follow as a worker does, and announce on the way out what was applied."""

        def observe(outcome: Outcome) -> None:
            self.outcomes += outcome.counts

        reader = LeasedReader(self.reading_url, self.engine, self.tally, observe)
        with closing(reader), following(self.bootstrap, self.source, reader) as follower:
            yield follower
        self.announce()

    def announce(self) -> None:
        other = f"{self.source}.other"
        with (
            connect(self.reading_url, application="test") as connection,
            closing(KafkaLog(self.bootstrap, other)) as log,
        ):
            log.announce(survey(connection, other, {self.source: f"kafka:{self.source}"}))

    def everything_once(self) -> bool:
        return dict(self.tally.applied()) == once_and_in_order(self.written)

    def published(self) -> int:
        with closing(self.log()) as log:
            return sum(log.unread(log.beginning()).values())

    def delete_topic(self) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.delete_topics([events_topic(self.source).name])
        admin.close()

    def delete_group(self, name: str) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        # Refused while a member that has left is still being taken out.
        until(lambda: admin.delete_groups([name]) == {name: "OK"})
        admin.close()


@contextmanager
def a_site(databases: Databases, kafka: Broker) -> Iterator[Site]:
    engine = open_engine(databases.supervision_url, application="test")
    source = f"own{next(_numbers)}"
    tally = Tally(databases.supervision_url)
    yield Site(databases.approval_url, databases.supervision_url, kafka, source, tally, engine)
    engine.dispose()


@pytest.fixture
def site(databases: Databases, kafka_broker: Broker) -> Iterator[Site]:
    with a_site(databases, kafka_broker) as made:
        yield made


@pytest.fixture(autouse=True)
def the_relay_looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LOOK_SECONDS", 0.5)


def test_a_consumer_group_whose_offsets_were_deleted_resumes_at_its_own_checkpoint(site: Site) -> None:
    with site.relaying():
        site.record(20)
        with site.reading() as follower:
            until(site.everything_once)
            until(lambda: follower.live)  # so that the group has offsets
        site.delete_group(site.group)
        site.record(10)
        with site.reading():
            until(site.everything_once)
    assert site.outcomes["duplicate"] == 0, "it began anew, and only the versions kept it from doubling"


class OfKafkasOffsets:
    """Broken on purpose: a reader that begins where Kafka says that its group was."""

    def __init__(self, site: Site, without_offsets: str) -> None:
        self.site = site
        self.without_offsets = without_offsets
        self.read: Counter[tuple[bytes, int]] = Counter()

    def follow(self) -> None:
        consumer = KafkaConsumer(
            events_topic(self.site.source).name,
            bootstrap_servers=self.site.bootstrap,
            group_id="trusting",
            auto_offset_reset=self.without_offsets,
            enable_auto_commit=False,
        )
        silent = 0
        while silent < 3 or not consumer.assignment():
            polled = consumer.poll(timeout_ms=300)
            silent = 0 if polled else silent + 1
            self.read.update((message.key, message.offset) for batch in polled.values() for message in batch)
        consumer.commit()
        consumer.close()


@pytest.mark.parametrize(("without_offsets", "lost", "doubled"), [("earliest", 0, 20), ("latest", 10, 0)])
def test_a_reader_that_trusts_kafkas_offsets_doubles_or_loses(
    site: Site, without_offsets: str, lost: int, doubled: int
) -> None:
    reader = OfKafkasOffsets(site, "earliest")
    with site.relaying():
        site.record(20)
        until(lambda: site.published() == 20)
        reader.follow()
        site.delete_group("trusting")
        site.written.clear()
        site.record(10)
        until(lambda: site.published() == 30)
        reader.without_offsets = without_offsets
        reader.follow()
    assert 30 - len(reader.read) == lost
    assert sum(reader.read.values()) - len(reader.read) == doubled


def test_a_topic_made_anew_under_a_running_relay_is_filled_again_and_nothing_lost_or_doubled(site: Site) -> None:
    with site.relaying():
        site.record(20)
        with site.reading():
            until(site.everything_once)
        site.record(10)
        until(lambda: site.published() == 50)
        site.delete_topic()
        with site.reading():
            until(site.everything_once)
            site.record(5)
            until(site.everything_once)


def test_a_relay_that_does_not_look_after_what_it_published_loses_what_was_unread(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK_SECONDS", 3600.0)
    with site.relaying():
        site.record(10)
        until(lambda: site.published() == 10)
        site.delete_topic()
        with site.reading():
            until(lambda: site.published() == 0)
            time.sleep(3)
    assert site.tally.applied() == {}


def test_a_topic_made_anew_under_a_running_worker_is_read_from_its_beginning(site: Site) -> None:
    with site.relaying(), site.reading():
        site.record(20)
        until(site.everything_once)
        site.delete_topic()
        site.record(10)
        until(site.everything_once)


def test_a_reader_still_notices_that_the_topic_was_made_anew_after_the_lag_was_measured(site: Site) -> None:
    with KafkaPublisher(site.bootstrap, site.source), closing(site.log()) as log:
        began_with = log.identity()
        site.delete_topic()
        until(lambda: site.identity() not in (None, began_with))
        with connect(site.reading_url, application="test") as connection:
            measure(connection, log, site.tally.name)
        with pytest.raises(CursorsOutOfRange):
            log.verify({})


def test_a_broker_that_lost_its_disk_with_unread_events_in_it_is_filled_again(
    databases: Databases, kafka_of_its_own: Broker
) -> None:
    with a_site(databases, kafka_of_its_own) as site, site.relaying():
        site.record(20)
        with site.reading():
            until(site.everything_once)
        site.record(10)
        until(lambda: site.published() == 50)
        kafka_of_its_own.kill()
        shutil.rmtree(kafka_of_its_own.folder / "records")
        broker.start(kafka_of_its_own.folder, kafka_of_its_own.port)
        with site.reading():
            until(site.everything_once, seconds=60)

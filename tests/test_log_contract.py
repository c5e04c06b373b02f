"""What every log promises, said once and run against each: the ledger read across, and Kafka."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from events import ledger, store
from events.database import connect
from events.envelope import NewEvent, Record, canonical, digest_of
from events.log import Announcement, Log, LogUnavailable
from events.log.embedded import EmbeddedLog
from events.log.kafka import KafkaLog, KafkaPublisher
from events.sequencer import number_once
from services.broker import Broker, free_port
from tests.conftest import Databases

DECIDED_AT = datetime(2026, 3, 2, tzinfo=UTC)
_numbers = itertools.count(1)


@dataclass
class Site:
    """A ledger and a log of it. What is appended is numbered, carried to the log, and returned as the ledger has it."""

    source: str
    connection: psycopg.Connection
    log: Log
    publisher: KafkaPublisher | None = None
    bootstrap: str = ""

    def record(self, *events: NewEvent) -> list[Record]:
        after = ledger.head(self.connection).position
        store.append(self.connection, self.source, events)
        number_once(self.connection)
        records = ledger.read(self.connection, self.source, after, 10_000)
        if self.publisher:
            self.publisher.publish(records)
        return records

    def read_all(self, cursors: Mapping[int, int] | None = None, limit: int = 1000) -> list[Record]:
        """From ``cursors`` (else the beginning) until nothing is unread, page by page."""
        reading = dict(self.log.beginning() if cursors is None else cursors)
        found: list[Record] = []
        while self.log.unread(reading):
            batch = self.log.read(reading, limit, timeout=5.0)
            found += batch.records
            reading = dict(batch.cursors)
        return found

    def another_reader(self) -> Log:
        if self.bootstrap:
            return KafkaLog(self.bootstrap, self.source)
        return EmbeddedLog(self.log.url, self.source)  # type: ignore[attr-defined]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def site(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Site]:
    with connect(databases.approval_url, application="test") as connection:
        if request.param == "embedded":
            log: Log = EmbeddedLog(databases.approval_url, "approval")
            yield Site("approval", connection, log)
            log.close()
        else:
            broker: Broker = request.getfixturevalue("kafka_broker")
            yield from kafka_site(connection, broker)


def kafka_site(connection: psycopg.Connection, broker: Broker) -> Iterator[Site]:
    """With a source of its own, hence topics of its own."""
    source = f"approval{next(_numbers)}"
    with KafkaPublisher(broker.bootstrap, source) as publisher:
        log = KafkaLog(broker.bootstrap, source)
        yield Site(source, connection, log, publisher, broker.bootstrap)
        log.close()


def event(stream: UUID | None = None, version: int = 1, **said: object) -> NewEvent:
    data = canonical({"number": version, **said})
    return NewEvent(stream or uuid4(), version, "permit_granted", 2, DECIDED_AT, data)


def many(streams: int, versions: int) -> list[NewEvent]:
    names = [uuid4() for _ in range(streams)]
    return [event(stream, version) for version in range(1, versions + 1) for stream in names]


def bare(records: list[Record]) -> list[Record]:
    """Records without their cursors, in ledger order: what must be the same in every log."""
    return sorted((replace(r, cursor=0) for r in records), key=lambda r: r.position)


class TestEveryLog:
    def test_every_event_of_the_ledger_is_read_exactly_once(self, site: Site) -> None:
        written = site.record(*many(50, 4))
        assert bare(site.read_all()) == bare(written)

    def test_a_stream_is_read_in_the_order_of_its_versions(self, site: Site) -> None:
        site.record(*many(20, 10))
        last: dict[UUID, int] = {}
        for record in site.read_all(limit=17):
            assert record.version == last.get(record.stream, 0) + 1
            last[record.stream] = record.version
        assert set(last.values()) == {10}

    def test_small_pages_and_large_ones_read_the_same(self, site: Site) -> None:
        site.record(*many(40, 3))
        assert bare(site.read_all(limit=7)) == bare(site.read_all(limit=5000))

    def test_reading_resumes_at_the_cursor_of_any_record(self, site: Site) -> None:
        site.record(*many(3, 5))
        everything = site.read_all()
        for stopped in everything:
            mine = [r for r in everything if r.partition == stopped.partition]
            rest = site.read_all({stopped.partition: stopped.cursor})
            assert rest == mine[mine.index(stopped) + 1 :]

    def test_nothing_that_was_read_comes_again(self, site: Site) -> None:
        site.record(*many(10, 1))
        head = site.log.head()
        assert not site.log.read(head, 100, timeout=0.2).records
        later = site.record(*many(10, 1))
        assert bare(site.read_all(head)) == bare(later)

    def test_another_reader_goes_on_from_the_same_cursors(self, site: Site) -> None:
        site.record(*many(30, 2))
        first = site.log.read(site.log.beginning(), 25, timeout=5.0)
        other = site.another_reader()
        try:
            rest = replace(site, log=other).read_all(first.cursors)
        finally:
            other.close()
        assert bare([*first.records, *rest]) == bare(site.read_all())

    def test_a_reader_of_some_partitions_gets_only_theirs(self, site: Site) -> None:
        written = site.record(*many(60, 1))
        mine = {p: c for p, c in site.log.beginning().items() if p % 2}
        assert bare(site.read_all(mine)) == bare([r for r in written if r.partition % 2])

    def test_an_empty_log_ends_where_it_begins(self, site: Site) -> None:
        assert site.log.head() == site.log.beginning()
        assert set(site.log.head()) == set(range(site.log.partitions))
        assert site.log.oldest_unread_at(site.log.beginning()) is None
        assert site.log.unread(site.log.beginning()) == {}

    def test_unread_records_are_counted_and_the_oldest_says_since_when(self, site: Site) -> None:
        first = site.record(*many(30, 1))
        between = site.log.head()
        second = site.record(*many(20, 1))
        beginning = site.log.beginning()
        assert sum(site.log.unread(beginning).values()) == 50
        assert sum(site.log.unread(between).values()) == 20
        assert site.log.oldest_unread_at(beginning) == min(r.recorded_at for r in first)
        assert site.log.oldest_unread_at(between) == min(r.recorded_at for r in second)
        assert site.log.oldest_unread_at(site.log.head()) is None

    def test_what_a_release_does_not_know_survives_byte_for_byte(self, site: Site) -> None:
        stated = event(
            uuid4(), 1, 许可="食品经营许可证", ratio=0.1, large=2**53, nested={"personal": "x", "b": [None, True]}
        )
        strange = replace(
            stated,
            type="unheard_of",
            schema=7,
            personal=bytes(range(256)),
            correlation=uuid4(),
            causation=uuid4(),
        )
        (written,) = site.record(strange)
        (read,) = site.read_all()
        assert read.data == strange.data
        assert read.personal == strange.personal
        assert bare([read]) == bare([written])
        assert digest_of(read, site.source) == strange.digest(site.source)

    def test_two_readers_agree_on_which_log_this_is(self, site: Site) -> None:
        other = site.another_reader()
        try:
            assert other.identity() == site.log.identity()
        finally:
            other.close()

    def test_a_side_that_never_spoke_has_announced_nothing(self, site: Site) -> None:
        assert site.log.announcement() is None

    def test_the_newest_announcement_is_heard_whole(self, site: Site) -> None:
        said = Announcement(
            source=site.source,
            announced_at=DECIDED_AT,
            outbox_pending=3,
            outbox_oldest_at=DECIDED_AT - timedelta(minutes=1),
            ledger_head=41,
            ledger_head_at=DECIDED_AT,
            applied={"supervision": 12},
            reached={"supervision": 15},
            checkpoint={"note": "linkage-invented/approval\n41\n", "keys": [], "since": 12, "proof": [], "holds": None},
            uncarried=5,
            uncarried_oldest_at=DECIDED_AT - timedelta(minutes=2),
        )
        for pending in (3, 2, 1):
            site.log.announce(replace(said, outbox_pending=pending))
        other = site.another_reader()
        try:
            for reader in (site.log, other):
                assert reader.announcement() == replace(said, outbox_pending=1)
            site.log.announce(replace(said, outbox_pending=0, outbox_oldest_at=None, uncarried_oldest_at=None))
            heard = other.announcement()
            assert heard is not None
            assert (heard.outbox_pending, heard.outbox_oldest_at, heard.uncarried_oldest_at) == (0, None, None)
        finally:
            other.close()


def test_a_side_of_an_earlier_release_is_heard_too() -> None:
    said = Announcement("approval", DECIDED_AT, 0, None, 41, DECIDED_AT)
    earlier = {name: value for name, value in said.as_said().items() if not name.startswith("uncarried")}
    assert Announcement.read("approval", DECIDED_AT, earlier) == said


@pytest.mark.parametrize("kind", ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def test_a_log_that_is_away_says_so_and_does_not_hang(kind: str) -> None:
    port = free_port()
    if kind == "embedded":
        log: Log = EmbeddedLog(f"postgresql+psycopg://nobody@127.0.0.1:{port}/approval", "approval")
    else:
        log = KafkaLog(f"127.0.0.1:{port}", "approval")
    with pytest.raises(LogUnavailable):
        log.identity()
    with pytest.raises(LogUnavailable):
        log.read({0: 1}, 10)
    with pytest.raises(LogUnavailable):
        log.announcement()
    log.close()

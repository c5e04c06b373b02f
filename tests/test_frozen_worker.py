"""A worker that was frozen while another took its partitions changes nothing when it thaws."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from events import bookmark, store
from events.bookmark import Fenced, Lease
from events.database import connect, is_outage, open_engine
from events.envelope import PARTITIONS
from events.log import Batch
from events.log.embedded import EmbeddedLog
from events.sequencer import number_once
from projections.following import Worker
from projections.projector import Projector
from tests.chaos.site import until
from tests.conftest import Databases
from tests.tally import Tally, noted, once_and_in_order

STREAMS = {uuid4(): 3 for _ in range(5)}
ONCE = once_and_in_order(STREAMS)


@dataclass
class Stage:
    """Fifteen events to apply, and whoever wants to."""

    url: str
    engine: Engine
    log: EmbeddedLog

    def take(self, name: str, *, by_force: bool = False) -> Lease:
        with connect(self.url, application=name) as connection:
            return bookmark.take(
                connection, Tally.name, self.log.identity(), self.log.beginning(), name, assigned=by_force
            )

    def worker(self, name: str, tally: Tally, *, by_force: bool = False) -> Projector:
        return Projector(self.engine, tally, self.take(name, by_force=by_force))

    def batch(self, lease: Lease) -> Batch:
        return self.log.read(lease.cursors, 1000)


@pytest.fixture
def stage(databases: Databases) -> Iterator[Stage]:
    url = databases.approval_url
    with connect(url, application="test") as connection:
        for version in range(1, 4):
            store.append(connection, "approval", [noted(stream, version) for stream in STREAMS])
        number_once(connection)
    engine, log = open_engine(url, application="worker"), EmbeddedLog(url, "approval")
    yield Stage(url, engine, log)
    log.close()
    engine.dispose()


def test_a_worker_thawed_with_a_batch_in_its_hands_is_fenced(stage: Stage) -> None:
    tally = Tally(stage.url)
    frozen = stage.worker("frozen", tally)
    in_hand = stage.batch(frozen.lease)
    other = stage.worker("other", tally, by_force=True)
    with pytest.raises(Fenced):
        frozen.receive(in_hand)
    assert tally.applied() == {}, "although the other has not moved the bookmark yet"
    other.receive(stage.batch(other.lease))
    with pytest.raises(Fenced):
        frozen.receive(in_hand)
    with pytest.raises(Fenced):
        frozen.tend()
    assert tally.applied() == ONCE


def test_a_worker_frozen_within_its_transaction_holds_nobody_up_once_the_server_ends_it(stage: Stage) -> None:
    reached, thawed, session = threading.Event(), threading.Event(), list[int]()

    def freeze(connection: psycopg.Connection) -> None:
        session.append(connection.info.backend_pid)
        reached.set()
        assert thawed.wait(30)

    failures: list[Exception] = []

    def apply() -> None:
        try:
            frozen.receive(in_hand)
        except Exception as error:
            failures.append(error)

    frozen = stage.worker("frozen", Tally(stage.url, freeze))
    in_hand = stage.batch(frozen.lease)
    thread = threading.Thread(target=apply)
    thread.start()
    assert reached.wait(30)
    with connect(stage.url, application="test") as connection:
        # What the server does by itself to a transaction that says nothing for FROZEN_AFTER_SECONDS.
        connection.execute("SELECT pg_terminate_backend(%s)", (session[0],))
    tally = Tally(stage.url)
    other = stage.worker("other", tally, by_force=True)
    other.receive(stage.batch(other.lease))
    thawed.set()
    thread.join(30)
    assert [is_outage(failure) for failure in failures] == [True]
    assert tally.applied() == ONCE


@pytest.fixture
def taken(stage: Stage) -> Iterator[Callable[[], int]]:
    """Of a frozen worker's leases all have lapsed but one, which does two seconds later. Tells how many are taken."""
    stage.take("frozen")
    with connect(stage.url, application="frozen") as frozen:
        frozen.execute(
            """UPDATE checkpoints SET owner_backend = pg_backend_pid(), lease_until =
                   clock_timestamp() + CASE WHEN partition = 3 THEN interval '2 s' ELSE interval '-1 s' END
               WHERE reader = %s""",
            (Tally.name,),
        )

        def by_another() -> int:
            others = "SELECT count(*) FROM checkpoints WHERE reader = %s AND owner <> 'frozen'"
            return int((frozen.execute(others, (Tally.name,)).fetchone() or [0])[0])

        yield by_another


@contextmanager
def at_work(stage: Stage) -> Iterator[None]:
    stop = threading.Event()
    worker = Worker(stage.url, stage.engine, Tally(stage.url), lambda: EmbeddedLog(stage.url, "approval"))
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def test_leases_of_a_frozen_worker_that_lapse_one_after_another_are_all_taken(
    stage: Stage, taken: Callable[[], int]
) -> None:
    with at_work(stage):
        until(lambda: taken() == PARTITIONS - 1, 20, "the lapsed leases are not taken")
        until(lambda: taken() == PARTITIONS, 20, "the last lease is not taken")
        until(lambda: Tally(stage.url).applied() == ONCE, 20, "its events are not applied")


def test_a_worker_that_does_not_come_back_for_the_last_lease_leaves_its_partition_to_nobody(
    stage: Stage, taken: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookmark, "free", lambda *_: False)
    with at_work(stage):
        until(lambda: taken() == PARTITIONS - 1, 20, "the lapsed leases are not taken")
        time.sleep(3)
        assert taken() == PARTITIONS - 1


MUTE = """
import sys
from events.database import connect
long = "x" * 50_000_000
with connect(sys.argv[1], application="mute") as connection, connection.transaction():
    connection.execute("SET idle_in_transaction_session_timeout = '3s'")
    connection.execute("UPDATE checkpoints SET epoch = epoch")
    while True:
        # Prepared, it would begin with the long message itself, and count as idle until all of that has come.
        connection.execute("SELECT length(%s::text)", (long,), prepare=False)
"""


@pytest.fixture
def mute(stage: Stage) -> Iterator[None]:
    """A process that holds every bookmark and was stopped in the middle of a message: not idle for the server."""
    stage.take("mute")
    with connect(stage.url, application="test") as connection:
        connection.execute("UPDATE checkpoints SET owner = NULL")
    processes: list[subprocess.Popen[bytes]] = []
    activity = "SELECT state, wait_event FROM pg_stat_activity WHERE application_name = 'mute'"
    try:
        with connect(stage.url, application="test") as connection:

            def stopped_within_a_message() -> bool:
                if not processes or processes[-1].poll() is not None:
                    # Where others work too it may be stopped between messages for so long that the server ends it.
                    processes.append(subprocess.Popen([sys.executable, "-c", MUTE, stage.url]))
                    until(lambda: connection.execute(activity).fetchone() is not None, 30, "it does not begin")
                processes[-1].send_signal(signal.SIGCONT)
                time.sleep(random.uniform(0.02, 0.2))
                processes[-1].send_signal(signal.SIGSTOP)
                time.sleep(0.1)
                return connection.execute(activity).fetchone() == ("active", "ClientRead")

            until(stopped_within_a_message, 60, "it is never stopped within a message")
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_worker_stopped_in_the_middle_of_a_message_keeps_nobody_out(
    stage: Stage, mute: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookmark, "FROZEN_SECONDS", 1)
    until(lambda: len(stage.take("other").partitions) == PARTITIONS, 30, "nobody takes over")


def test_left_to_the_server_such_a_worker_keeps_everybody_out(
    stage: Stage, mute: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookmark, "_end_frozen", lambda *_: None)
    time.sleep(5)
    assert len(stage.take("other").partitions) == 0


Advance = Callable[[psycopg.Connection, Lease, Mapping[int, int], Mapping[int, int]], None]


def advance_without_epoch(
    connection: psycopg.Connection, lease: Lease, cursors: Mapping[int, int], positions: Mapping[int, int]
) -> None:
    """Broken on purpose: the bookmark is written, whoever wrote it last."""
    for partition, cursor in cursors.items():
        connection.execute(
            "UPDATE checkpoints SET cursor = %s WHERE reader = %s AND log = %s AND partition = %s",
            (cursor, lease.reader, lease.log, partition),
        )


def apply_after_a_pause(stage: Stage, advance: Advance, lease: Lease, pause: Callable[[], None]) -> None:
    """A worker that reads what was seen, is frozen, and then writes all in one transaction, the bookmark with it."""
    batch, tally = stage.batch(lease), Tally(stage.url)
    with connect(stage.url, application="frozen") as connection:
        seen: Mapping[UUID, Sequence[int]] = tally.applied()
        pause()
        unit = tally.open(connection, [])
        for record in batch.records:
            if record.version not in seen.get(record.stream, ()):
                unit.apply(record)
        with connection.transaction():
            advance(connection, lease, batch.cursors, {})
            unit.write(connection)


def test_the_epoch_in_the_bookmark_is_what_keeps_a_thawed_worker_from_doubling(stage: Stage) -> None:
    tally = Tally(stage.url)

    def meanwhile() -> None:
        other = stage.worker("other", tally, by_force=True)
        other.receive(stage.batch(other.lease))

    with pytest.raises(Fenced):
        apply_after_a_pause(stage, bookmark.advance, stage.take("frozen"), meanwhile)
    assert tally.applied() == ONCE


def test_without_the_epoch_a_thawed_worker_doubles(stage: Stage) -> None:
    tally = Tally(stage.url)

    def meanwhile() -> None:
        other = stage.worker("other", tally, by_force=True)
        other.receive(stage.batch(other.lease))

    apply_after_a_pause(stage, advance_without_epoch, stage.take("frozen"), meanwhile)
    assert tally.applied() == {stream: [*versions, *versions] for stream, versions in ONCE.items()}

"""Several workers share the partitions of the embedded log; one may come or go at any moment, and nothing is lost,
doubled or out of order for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from uuid import UUID, uuid4

import pytest

from events import store
from events.database import connect, open_engine
from events.envelope import PARTITIONS, partition_of
from events.log.embedded import EmbeddedLog
from events.sequencer import number_once
from projections import following
from projections.following import Worker
from tests.chaos.site import until
from tests.conftest import Databases
from tests.tally import Tally, noted, once_and_in_order

STREAMS = [uuid4() for _ in range(40)]


@pytest.fixture
def url(databases: Databases) -> str:
    return databases.approval_url


def held(url: str) -> dict[str, int]:
    """Return how many partitions each worker holds."""
    with connect(url, application="test") as connection:
        rows = connection.execute("SELECT owner, count(*) FROM checkpoints WHERE owner IS NOT NULL GROUP BY owner")
        return dict(rows.fetchall())


@contextmanager
def worker(url: str, name: str) -> Iterator[None]:
    stop, engine = threading.Event(), open_engine(url, application=name)
    made = Worker(url, engine, Tally(url), lambda: EmbeddedLog(url, "approval"), name=name)
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        engine.dispose()


@contextmanager
def decisions_coming_in(url: str) -> Iterator[Callable[[], Mapping[UUID, int]]]:
    """Events of forty streams, in order of each, numbered as they come; tells how many each has at the end."""
    stop, versions = threading.Event(), dict.fromkeys(STREAMS, 0)

    def come() -> None:
        with connect(url, application="test") as connection:
            while not stop.wait(0.002):
                for stream in STREAMS[:: 1 + versions[STREAMS[0]] % 3]:
                    versions[stream] += 1
                    store.append(connection, "approval", [noted(stream, versions[stream])])
                number_once(connection)

    def ended() -> Mapping[UUID, int]:
        stop.set()
        thread.join(30)
        return versions

    thread = threading.Thread(target=come)
    thread.start()
    try:
        yield ended
    finally:
        ended()


def test_a_worker_that_comes_gets_its_share_and_one_that_goes_leaves_it(url: str) -> None:
    with decisions_coming_in(url) as ended, worker(url, "one"):
        until(lambda: held(url) == {"one": PARTITIONS}, 20, "the first does not take all")
        with worker(url, "two"):
            until(lambda: held(url) == {"one": PARTITIONS // 2, "two": PARTITIONS // 2}, 20, "they do not share")
            with worker(url, "three"):
                until(lambda: sorted(held(url).values()) == [20, 22, 22], 20, "the third gets nothing")
        until(lambda: held(url) == {"one": PARTITIONS}, 20, "what they held is nobody's")
        applied = once_and_in_order(ended())
        until(lambda: Tally(url).applied() == applied, 20, "something is lost, doubled or out of order")


def test_one_that_does_not_count_the_others_leaves_them_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "workers", lambda *_: 1)
    with worker(url, "one"):
        until(lambda: held(url) == {"one": PARTITIONS}, 20, "the first does not take all")
        with worker(url, "two"), pytest.raises(TimeoutError):
            until(lambda: len(held(url)) == 2, 3, "they do not share")


MORTAL = """
import sys, threading
from events.database import open_engine
from events.log.embedded import EmbeddedLog
from projections.following import Worker
from tests.tally import Tally
url = sys.argv[1]
engine = open_engine(url, application="mortal")
Worker(url, engine, Tally(url), lambda: EmbeddedLog(url, "approval"), name="mortal").run(threading.Event())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_what_a_killed_or_frozen_worker_held_is_taken_by_the_others(url: str, how: signal.Signals) -> None:
    with decisions_coming_in(url) as ended, worker(url, "one"):
        mortal = subprocess.Popen([sys.executable, "-c", MORTAL, url])
        try:
            until(lambda: held(url).get("mortal") == PARTITIONS // 2, 30, "they do not share")
            mortal.send_signal(how)
            until(lambda: held(url) == {"one": PARTITIONS}, 40, "what it held is nobody's")
            mortal.send_signal(signal.SIGCONT)
            if how == signal.SIGSTOP:
                until(lambda: held(url).get("mortal") == PARTITIONS // 2, 40, "thawed, it gets nothing")
            applied = once_and_in_order(ended())
            until(lambda: Tally(url).applied() == applied, 20, "something is lost, doubled or out of order")
        finally:
            mortal.kill()
            mortal.wait()


def test_a_quiet_partition_is_not_searched_again_for_what_others_got(url: str) -> None:
    """A cursor that stays behind what others wrote would be searched from there at every look."""
    busy = STREAMS[0]
    quiet = next(p for p in range(PARTITIONS) if p != partition_of(busy))
    with connect(url, application="test") as connection, closing(EmbeddedLog(url, "approval")) as log:
        store.append(connection, "approval", [noted(busy, version) for version in range(1, 301)])
        number_once(connection)
        assert log.read({quiet: 1}, 1000).cursors == {quiet: 301}
        assert len(log.read({partition_of(busy): 1}, 200).records) == 200
        assert log.read({partition_of(busy): 1}, 200).cursors == {partition_of(busy): 201}

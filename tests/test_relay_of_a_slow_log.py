"""A log that answers late: what it was given is not given to it again and again, and it gets what it can take."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from events import relay, store
from events.database import connect
from events.envelope import NewEvent, Record, canonical
from events.log import Log, LogIdentity, LogUnavailable
from events.log.kafka.publisher import DELIVERY_SECONDS
from events.relay import Relay
from events.sequencer import number_once
from tests.conftest import Databases

EVENTS = 40
_numbers = itertools.count(1)


class SlowLog:
    """It writes everything at once, needs ``seconds`` to say so, and never says so of more than ``most`` records."""

    def __init__(self, name: str, seconds: float = 0.0, most: int = EVENTS) -> None:
        self.name, self.seconds, self.most = name, seconds, most
        self.written: list[int] = []
        self.pages: list[int] = []
        self.ends: Counter[int] = Counter()

    def identity(self) -> LogIdentity:
        return LogIdentity(self.name, "cluster", "topic")

    def head(self) -> Mapping[int, int]:
        return dict(self.ends)

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        self.pages.append(len(records))
        self.written += [record.position for record in records]
        self.ends.update(record.partition for record in records)
        time.sleep(self.seconds)
        if len(records) > self.most:
            raise LogUnavailable("no answer in time")
        return {record.partition: self.ends[record.partition] for record in records}

    def close(self) -> None:
        pass


@contextmanager
def carried_into(log: SlowLog, databases: Databases) -> Iterator[Callable[[], int]]:
    """Let a relay carry ``EVENTS`` into ``log``, and give the ledger position that it noted last."""
    with connect(databases.approval_url, application="test") as connection:
        moment = datetime(2026, 3, 2, tzinfo=UTC)
        events = [NewEvent(uuid4(), 1, "permit_granted", 2, moment, canonical({"n": n})) for n in range(EVENTS)]
        store.append(connection, log.name, events)
        while number_once(connection):
            pass

        def noted() -> int:
            row = connection.execute("SELECT coalesce(max(ledger_position), 0) FROM checkpoints").fetchone()
            return int(row[0]) if row else 0

        stop = threading.Event()
        working = Relay(databases.approval_url, log.name, lambda: log, _nobody_is_asked)
        thread = threading.Thread(target=working.run, args=(stop,))
        thread.start()
        try:
            yield noted
        finally:
            stop.set()
            thread.join(30)


def _nobody_is_asked() -> Log:
    raise LogUnavailable("nothing was lost, so nobody needs to be asked")


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_page_for_which_the_log_answers_late_is_written_once(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relay.SILENT_SECONDS > DELIVERY_SECONDS + 5, "a server that ends the session sooner takes written pages away"
    monkeypatch.setattr(relay, "SILENT_SECONDS", 60.0)
    log = SlowLog(f"slow{next(_numbers)}", seconds=0.6)
    with carried_into(log, databases) as noted:
        _until(lambda: noted() == EVENTS)
    assert log.written == list(range(1, EVENTS + 1))


def test_a_relay_whose_session_ends_before_the_log_answers_writes_the_same_page_again(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: as it was while the session could be silent for 10 s and the log could take 14."""
    monkeypatch.setattr(relay, "SILENT_SECONDS", 0.2)
    log = SlowLog(f"slow{next(_numbers)}", seconds=0.6)
    with carried_into(log, databases) as noted:
        _until(lambda: len(log.written) > EVENTS)
        assert noted() == 0


def test_a_log_that_does_not_answer_for_a_full_page_gets_fewer_records(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", EVENTS)
    log = SlowLog(f"slow{next(_numbers)}", most=EVENTS // 4)
    with carried_into(log, databases) as noted:
        _until(lambda: noted() == EVENTS)
    assert log.pages == [EVENTS, *[EVENTS // 4] * 4]


def test_a_relay_that_always_takes_full_pages_never_gets_through(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: it writes the same page again for as long as the log is that slow."""
    monkeypatch.setattr(relay, "BATCH", EVENTS)
    monkeypatch.setattr(relay, "FEWER_AT_MOST", 0)
    log = SlowLog(f"slow{next(_numbers)}", most=EVENTS // 4)
    with carried_into(log, databases) as noted:
        _until(lambda: len(log.pages) == 3)
        assert noted() == 0

"""However many believe that they lead, one numbers: the ledger stays dense, and its chain holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from events import ledger, store
from events.database import connect
from events.locks import Lock
from events.sequencer import Deposed, Sequencer, number_once
from events.store import Lane
from tests.conftest import Databases
from tests.leading import leader
from tests.tally import noted


@contextmanager
def sequencing(url: str, how_many: int) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=Sequencer(url, "approval").run, args=(stop,)) for _ in range(how_many)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)


def another_leader(connection: psycopg.Connection, than: set[int]) -> int:
    deadline = time.monotonic() + 30
    while (pid := leader(connection, Lock.NUMBERING)) is None or pid in than:
        assert time.monotonic() < deadline, "nobody leads"
        time.sleep(0.01)
    return pid


def test_when_the_server_ends_the_leaders_session_another_goes_on_without_a_hole(databases: Databases) -> None:
    url, stream, led = databases.approval_url, uuid4(), set[int]()
    with connect(url, application="test") as connection, sequencing(url, 2):
        for version in range(1, 301):
            store.append(connection, "approval", [noted(stream, version)])
            if version % 100 == 0:
                pid = another_leader(connection, led)
                led.add(pid)
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        another_leader(connection, led)
        deadline = time.monotonic() + 30
        while ledger.head(connection).position < 300 and time.monotonic() < deadline:
            time.sleep(0.02)
        records = ledger.read(connection, "approval", 0, 1000)
        assert [(record.position, record.version) for record in records] == [(n, n) for n in range(1, 301)]
        assert list(ledger.verify(connection, "approval")) == []


Number = Callable[[psycopg.Connection, Callable[[int], int]], int]


def number_without_looking_at_the_head(connection: psycopg.Connection, bulk_room: Callable[[int], int]) -> int:
    """Broken on purpose: what is in the outbox is numbered from the last number on, and nobody asks who else did."""
    rows = connection.execute("SELECT id FROM outbox ORDER BY id").fetchall()
    (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM careless_ledger").fetchone() or (0,)
    bulk_room(last)
    for position, (event,) in enumerate(rows, last + 1):
        connection.execute("INSERT INTO careless_ledger VALUES (%s, %s)", (position, event))
        connection.execute("DELETE FROM outbox WHERE id = %s", (event,))
    return len(rows)


def two_at_once(connection: psycopg.Connection, url: str, number: Number, room: int) -> Exception | None:
    """Let one read what is to be numbered, another number it meanwhile, and the first go on."""
    with connect(url, application="test") as successor:

        def meanwhile(head: int) -> int:
            number(successor, lambda _: 0)
            return room

        try:
            number(connection, meanwhile)
        except Exception as error:
            return error
    return None


@pytest.mark.parametrize("room", [0, 10], ids=["the same events", "others, older than its successor's"])
def test_a_leader_that_was_deposed_in_the_middle_changes_nothing(databases: Databases, room: int) -> None:
    url = databases.approval_url
    with connect(url, application="test") as connection:
        store.append(connection, "approval", [noted(uuid4())], lane=Lane.BULK)
        store.append(connection, "approval", [noted(uuid4())])
        assert isinstance(two_at_once(connection, url, number_once, room), Deposed)
        assert ledger.head(connection).position == 1
        assert number_once(connection) == 1
        assert [record.position for record in ledger.read(connection, "approval", 0, 10)] == [1, 2]
        assert list(ledger.verify(connection, "approval")) == []


def test_leaders_that_do_not_look_at_the_head_give_a_number_twice(databases: Databases) -> None:
    url = databases.approval_url
    with connect(url, application="test") as connection:
        connection.execute("CREATE TABLE careless_ledger (position bigint, event bigint)")
        store.append(connection, "approval", [noted(uuid4())])
        assert two_at_once(connection, url, number_without_looking_at_the_head, 0) is None
        assert connection.execute("SELECT position FROM careless_ledger").fetchall() == [(1,), (1,)]

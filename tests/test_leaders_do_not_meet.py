"""Each loop of a side that leads has a lock of its own: two that share one take turns, and one of them does no work."""

from __future__ import annotations

import ast
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from events.database import connect
from events.leading import Leader, Wait, every, lead
from events.locks import Lock
from tests.conftest import Databases
from tests.leading import leader

ROOT = Path(__file__).parents[1]
KEPT = {
    "NUMBERING": 0x5E9, "RELAYING": 0x5EA, "REPLYING": 0x5EB, "ALERTING": 0x5EC, "SCHEDULING": 0x5ED,
    "WATCHING_NUMBERS": 0x5EE, "NOTIFYING": 0x5EF, "PROVING_NIGHTLY": 0x5F1, "SIGNING_CHECKPOINTS": 0x5F4,
    "SENDING_WEBHOOKS": 0x5F5, "LINKING_AUDIT": 0x5FA, "COPYING_AUDIT": 0x5FB, "STAMPING_CHECKPOINTS": 0x5FC,
    "MIGRATING": 7_310_001, "GIVING_RIGHTS": 7_310_002,
}  # fmt: skip
"""As releases have them that may stand beside this one. A new lock is one line more here."""


def test_no_two_locks_share_a_number_and_no_number_has_changed() -> None:
    assert {name: lock.value for name, lock in Lock.__members__.items()} == KEPT
    assert len(set(KEPT.values())) == len(KEPT)


def elsewhere(sources: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the modules that have a lock's number of their own, or take one that stands in no table."""
    numbers = {lock.value for lock in Lock}
    for name, text in sources:
        constants = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        said = {one for one in constants if isinstance(one, str)}
        takes = any(re.search(r"advisory\w*lock\((?!hashtext)", one) for one in said)
        if numbers & {one for one in constants if type(one) is int} or (takes and "Lock" not in text):
            yield name


def sources() -> list[tuple[str, str]]:
    files = (one for part in ("events", "projections", "services") for one in (ROOT / part).rglob("*.py"))
    return [(str(one.relative_to(ROOT)), one.read_text()) for one in files]


def test_a_lock_that_is_no_ones_alone_stands_in_the_one_table() -> None:
    found = sources()
    assert list(elsewhere(found)) == ["events/locks.py"]
    # Controls: the same number written otherwise, and a new one past the table.
    assert list(elsewhere([("newcomer", "LEADER_LOCK = 1517\n")])) == ["newcomer"]
    assert list(elsewhere([("newcomer", "run('SELECT pg_try_advisory_lock(%s)', (77,))\n")])) == ["newcomer"]


def test_nobody_leads_by_a_loop_of_his_own() -> None:
    def leading(found: Iterable[tuple[str, str]]) -> list[str]:
        return sorted(name for name, text in found if re.search(r"(?<!def )\bleads\(", text))

    assert leading(sources()) == ["events/leading.py"]
    assert leading([("newcomer", "while leads(connection, Lock.NUMBERING): pass")]) == ["newcomer"]


class Two:
    """Two loops at one database: who worked, and in which session."""

    def __init__(self, url: str, *locks: Lock) -> None:
        self.stop = threading.Event()
        self.worked: dict[int, set[int]] = {0: set(), 1: set()}
        self.stood_by: list[int] = []
        self.away = 0
        self.fails: list[Exception] = []
        self.threads = [
            threading.Thread(target=self._run, args=(url, number, lock)) for number, lock in enumerate(locks)
        ]

    def _run(self, url: str, number: int, lock: Lock) -> None:
        def turn(connection: psycopg.Connection) -> None:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            self.worked[number].add(row[0])
            if self.fails:
                raise self.fails.pop()

        def gone() -> None:
            self.away += 1

        lead(
            Leader(url, f"test-{number}", lock, 10.0, stand_by_seconds=0.01, away_seconds=0.01),
            self.stop,
            lambda connection: every(0.005, self.stop, lambda: turn(connection)),
            waits={LookupError: Wait("test_waits", 0)},
            stands_by=lambda _: self.stood_by.append(number),
            away=gone,
        )

    @contextmanager
    def at_work(self) -> Iterator[None]:
        for thread in self.threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in self.threads:
                thread.join(20)

    def sessions(self) -> int:
        return sum(map(len, self.worked.values()))

    def until(self, sessions: int) -> None:
        deadline = time.monotonic() + 20
        while self.sessions() < sessions or len(self.stood_by) < 1:
            assert time.monotonic() < deadline, (self.worked, self.stood_by)
            time.sleep(0.005)


def test_of_two_leaders_one_works_and_when_its_session_ends_the_work_goes_on_in_another(databases: Databases) -> None:
    two = Two(databases.supervision_url, Lock.NUMBERING, Lock.NUMBERING)
    with two.at_work(), connect(databases.supervision_url, application="test") as connection:
        two.until(1)
        assert sorted(map(bool, two.worked.values())) == [False, True]
        connection.execute("SELECT pg_terminate_backend(%s)", (leader(connection, Lock.NUMBERING),))
        two.until(2)
        assert two.away == 1
        two.fails.append(LookupError("waited out"))
        two.until(3)
        assert two.away == 1, "the database was there"


def test_under_two_numbers_both_would_lead(databases: Databases) -> None:
    """Negative control."""
    two = Two(databases.supervision_url, Lock.NUMBERING, Lock.RELAYING)
    two.stood_by.append(-1)
    with two.at_work():
        two.until(2)
    assert all(two.worked.values())


def test_an_error_that_nobody_waits_out_ends_the_loop(databases: Databases) -> None:
    def session(connection: psycopg.Connection) -> None:
        connection.execute("SELECT * FROM no_such_table")

    who = Leader(databases.supervision_url, "test", Lock.NUMBERING, 10.0)
    with pytest.raises(psycopg.errors.UndefinedTable):
        lead(who, threading.Event(), session)

"""What is owed about a limit is said once: by two schedulers, by one that is killed, after leaps of the clock and after
ten days of standstill. Beside each attack stands a scheduler that is broken on purpose, which it catches."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from events import columns, store
from events.catalogue import encode
from events.database import connect
from events.deadlines import OfClock
from events.envelope import NewEvent
from events.limits import CalendarDaysSet
from events.locks import Lock
from events.store import VersionConflict
from services import deadline_store, scheduler, scheduling
from services.deadline_store import record, stream_of
from services.deadlines import Deadline, evolve, owed
from services.scheduler import Doubt, Scheduler
from services.scraping import SideState
from services.time_rules import read_time_rules, take_entries
from services.working_days import CHINA
from tests.conftest import Databases
from tests.errands import KINDS, SIDE, Errands, errand, noon, office, round_on, said
from tests.leading import leader
from tests.linkage import Linkage

TUESDAY = date(2026, 11, 24)
REMINDED = date(2026, 11, 26)
CLAIM = [("reminder_given", REMINDED), ("limit_reached", date(2026, 11, 28)), ("escalated", date(2026, 12, 1))]

Record = Callable[[psycopg.Connection, str, Sequence[OfClock], Mapping[UUID, Deadline], datetime], dict[UUID, Deadline]]


def record_whatever_was_said_before(
    connection: psycopg.Connection,
    side: str,
    said: Sequence[OfClock],
    known: Mapping[UUID, Deadline],
    now: datetime,
) -> dict[UUID, Deadline]:
    """Broken on purpose: the version is asked for when it is written, not when it was decided."""
    states = dict(known)
    for one in said:
        row = connection.execute("SELECT version FROM streams WHERE stream = %s", (stream_of(one.item),)).fetchone()
        name, schema, data = encode(one)
        version = (row[0] if row else 0) + 1
        store.append(connection, side, [NewEvent(stream_of(one.item), version, name, schema, now, data)])
        states[one.item] = evolve(states.get(one.item, Deadline()), one)
    return states


def two_rounds_at_once(url: str, monkeypatch: pytest.MonkeyPatch, recording: Record) -> list[int | None]:
    """Let both decide before either records; return what each has said, None for one that was too late."""
    decided = threading.Barrier(2, timeout=20)

    def both_have_decided(*given: object) -> dict[UUID, Deadline]:
        decided.wait()
        return recording(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(deadline_store, "record", both_have_decided)

    def one_round(_: int) -> int | None:
        with connect(url, application="test") as connection:
            try:
                return round_on(connection, REMINDED)
            except VersionConflict:
                return None

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one_round, range(2)))


def test_two_schedulers_that_decide_at_the_same_time_remind_once(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        answers = two_rounds_at_once(databases.supervision_url, monkeypatch, record)
        assert sorted(answers, key=str) == [1, None]
        assert said(connection) == CLAIM[:1]


def test_without_the_version_it_was_decided_on_a_reminder_is_given_twice(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        # The careless one asks for the version a moment later: after the other one has written.
        turn = threading.Lock()

        def one_after_the_other(*given: object) -> dict[UUID, Deadline]:
            with turn:
                return record_whatever_was_said_before(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(psycopg.Connection, "transaction", no_transaction)
        assert two_rounds_at_once(databases.supervision_url, monkeypatch, one_after_the_other) == [1, 1]
        assert said(connection) == CLAIM[:1] * 2


@contextmanager
def no_transaction(connection: psycopg.Connection) -> Iterator[None]:
    yield


def until(holds: Callable[[], object], why: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, why
        time.sleep(0.01)


def test_of_two_schedulers_one_leads_and_the_other_goes_on_when_its_session_ends(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0.01)
    today, stop = [TUESDAY], threading.Event()
    url = databases.supervision_url
    schedulers = [Scheduler(url, SIDE, KINDS, clock=lambda _: noon(today[0])) for _ in range(2)]
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in schedulers]
    with office(url) as connection:
        errand(connection, TUESDAY)
        for thread in threads:
            thread.start()
        try:
            led = set()
            for number in range(1, 9):
                today[0] = TUESDAY + timedelta(days=number)
                until(lambda: passed(connection) == today[0], f"no round on {today[0]}")
                if number in (2, 4):
                    pid = leader(connection, Lock.SCHEDULING)
                    led.add(pid)
                    connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        finally:
            stop.set()
            for thread in threads:
                thread.join(20)
        assert len(led) == 2
        assert said(connection) == CLAIM


def passed(connection: psycopg.Connection) -> date | None:
    row = connection.execute("SELECT day FROM scheduled_until").fetchone()
    return row[0] if row else None


KILLED = """
import os, signal, sys
from events.database import connect
from services import deadline_store
from tests import test_scheduler_faults as faults
from tests.errands import round_on

def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)

url, careful = sys.argv[1], sys.argv[2] == "careful"
with connect(url, application="test") as connection:
    if careful:
        deadline_store.write = die
    else:
        deadline_store.record = faults.mark_and_then_say
        faults.store.append = die
    round_on(connection, faults.REMINDED)
"""


def mark_and_then_say(
    connection: psycopg.Connection,
    side: str,
    said: Sequence[OfClock],
    known: Mapping[UUID, Deadline],
    now: datetime,
) -> dict[UUID, Deadline]:
    """Broken on purpose: it is noted as said in a transaction of its own, and said in the next."""
    states = dict(known)
    for one in said:
        states[one.item] = evolve(states.get(one.item, Deadline()), one)
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        columns.accept(own)
        deadline_store.write(own, {one.item: states[one.item] for one in said})
    store.append(connection, side, [])
    return states


def killed_in_its_round(url: str, manner: str) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, url, manner], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL, "it was not killed where it should have been"


def test_a_scheduler_killed_between_saying_and_committing_says_it_once_when_it_is_back(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        killed_in_its_round(databases.supervision_url, "careful")
        assert said(connection) == []
        assert [round_on(connection, REMINDED) for _ in range(3)] == [1, 0, 0]
        assert said(connection) == CLAIM[:1]


def test_one_that_notes_in_a_transaction_of_its_own_is_killed_and_never_says_it(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        killed_in_its_round(databases.supervision_url, "careless")
        assert round_on(connection, REMINDED) == 0
        assert said(connection) == []


class Running:
    """A clock that only runs forward, by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def after_a_leap(connection: psycopg.Connection, url: str, days: int, wrong_for: float, doubt: float) -> None:
    """Work on Tuesday, let the clock leap by ``days`` for ``wrong_for`` seconds, and be set right."""
    running = Running()
    one = Scheduler(url, SIDE, KINDS, doubt=Doubt(doubt, running))
    assert one.turn(connection, noon(TUESDAY))
    leapt = noon(TUESDAY + timedelta(days=days))
    while running.seconds < wrong_for:
        one.turn(connection, leapt)
        running.seconds += scheduler.LOOK_SECONDS
    one.turn(connection, noon(TUESDAY))
    assert passed(connection) == TUESDAY


def test_a_clock_that_leaps_ten_days_ahead_and_is_set_right_within_ten_minutes_reminds_nobody(
    databases: Databases,
) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        after_a_leap(connection, databases.supervision_url, 10, wrong_for=500, doubt=scheduler.DOUBT_SECONDS)
        assert said(connection) == []


def test_without_doubt_a_clock_that_leapt_ahead_makes_a_reproach_to_who_is_in_time(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        after_a_leap(connection, databases.supervision_url, 10, wrong_for=500, doubt=0)
        assert said(connection) == CLAIM


def looked_at(connection: psycopg.Connection, look: Callable[[date], object]) -> None:
    """Let somebody look on days that go forward, leap back, and come forward again."""
    for later in (2, 4, 7, -5, -5, 0, 2, 4, 7, 8):
        look(TUESDAY + timedelta(days=later))


def test_a_clock_that_leaps_back_and_comes_again_says_nothing_twice(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        one = Scheduler(databases.supervision_url, SIDE, KINDS, doubt=Doubt(0, Running()))
        looked_at(connection, lambda day: one.turn(connection, noon(day)))
        assert said(connection) == CLAIM


def test_who_only_remembers_the_last_day_of_reminding_reminds_again_after_a_leap(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        reminded: list[date] = []

        def remind_if_this_is_not_the_last_day(day: date) -> None:
            rules = read_time_rules(connection)
            for item in Errands().open_items(connection, rules):
                if list(owed(item, Deadline(), day, rules)) and reminded[-1:] != [day]:
                    reminded.append(day)

        looked_at(connection, remind_if_this_is_not_the_last_day)
        assert len(reminded) > len(CLAIM)


def stood_still(connection: psycopg.Connection, url: str) -> list[tuple[str, date]]:
    """Open one errand a day for five days, stand still for ten, come back, and return what was said then."""
    running = Running()
    one = Scheduler(url, SIDE, KINDS, doubt=Doubt(running=running))
    assert one.turn(connection, noon(TUESDAY))
    for number in range(5):
        errand(connection, TUESDAY + timedelta(days=number))
    back = noon(TUESDAY + timedelta(days=10))
    while not one.turn(connection, back):
        assert said(connection) == [], "a clock that has not been watched for ten minutes is not believed"
        running.seconds += scheduler.LOOK_SECONDS
    assert running.seconds == scheduler.DOUBT_SECONDS
    one.turn(connection, back)
    return said(connection)


def expected_of_the_standstill() -> list[tuple[str, date]]:
    claims = {
        date(2026, 11, 24): (date(2026, 11, 26), date(2026, 11, 28), date(2026, 12, 1)),
        date(2026, 11, 25): (date(2026, 11, 27), date(2026, 12, 1), date(2026, 12, 2)),
        date(2026, 11, 26): (date(2026, 11, 30), date(2026, 12, 2), date(2026, 12, 3)),
        date(2026, 11, 27): (date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 4)),
        date(2026, 11, 28): (date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 4)),
    }
    kinds = ("reminder_given", "limit_reached", "escalated")
    return sorted(
        ((kind, day) for days in claims.values() for kind, day in zip(kinds, days, strict=True)),
        key=lambda one: (one[1], one[0]),
    )


def test_after_ten_days_of_standstill_each_is_said_once_in_the_order_of_the_days(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        found = stood_still(connection, databases.supervision_url)
        assert [day for _, day in found] == sorted(day for _, day in found)
        assert sorted(found, key=lambda one: (one[1], one[0])) == expected_of_the_standstill()


def test_who_goes_item_by_item_catches_up_in_the_wrong_order(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def item_by_item(
        connection: psycopg.Connection, side: str, kinds: Sequence[scheduling.OpenItems], now: datetime
    ) -> int:
        rules = read_time_rules(connection)
        for item in kinds[0].open_items(connection, rules):
            known = deadline_store.read_deadlines(connection, [item.id])
            found = list(owed(item, known.get(item.id, Deadline()), now.date(), rules))
            if found:
                record(connection, side, found, known, now)
        return 0

    monkeypatch.setattr(scheduler, "round_once", item_by_item)
    with office(databases.supervision_url) as connection:
        found = stood_still(connection, databases.supervision_url)
        assert [day for _, day in found] != sorted(day for _, day in found)


def test_who_makes_up_for_each_missed_day_reminds_ten_times(databases: Databases) -> None:
    with office(databases.supervision_url) as connection:
        errand(connection, TUESDAY)
        rules, told = read_time_rules(connection), 0
        for number in range(1, 11):
            for item in Errands().open_items(connection, rules):
                today = TUESDAY + timedelta(days=number)
                told += any(one.owed_on <= today for one in owed(item, Deadline(), today, rules))
        assert told > len(CLAIM)


def test_an_operator_sees_how_far_reminders_and_calendar_reach(linkage: Linkage) -> None:
    state = SideState(linkage.supervision, "supervision", "intake", lambda: linkage.log)
    with connect(linkage.supervision_url, application="test") as connection:
        assert state.waiting()["linkage_reminded_until_timestamp_seconds"] == 0
        assert Scheduler(linkage.supervision_url, SIDE, ()).turn(connection, noon(TUESDAY))
        midnight = datetime(2026, 11, 24, tzinfo=CHINA).timestamp()
        assert state.waiting()["linkage_reminded_until_timestamp_seconds"] == midnight
        take_entries(connection, SIDE, [CalendarDaysSet(notice="通知", notice_year=2027, days=())], noon(TUESDAY))
        unknown = datetime(2027, 12, 29, tzinfo=CHINA).timestamp()
        assert state.waiting()["linkage_calendar_known_until_timestamp_seconds"] == unknown

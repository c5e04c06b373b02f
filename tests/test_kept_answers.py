"""What takes long to answer is answered at once, with what was there a while ago."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from services.kept_answers import LONGEST, KeptAnswers

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Clock:
    """Seconds that only pass when a test says so, or when something is counted that takes long."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Counting:
    """Counts how often something was counted; each time takes ``takes`` seconds."""

    def __init__(self, clock: Clock, takes: float) -> None:
        self.clock, self.takes, self.times, self.broken = clock, takes, 0, False
        self.done = threading.Semaphore(0)

    def __call__(self) -> int:
        try:
            if self.broken:
                raise OSError("数据库连接中断")
            self.clock.seconds += self.takes
            self.times += 1
            return self.times
        finally:
            self.done.release()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_is_quickly_counted_is_counted_for_each_who_asks(clock: Clock) -> None:
    kept, counting = KeptAnswers[int](lambda: NOW, clock), Counting(clock, 0.05)
    assert [kept.get("figures", counting)[0] for _ in range(3)] == [1, 2, 3]


def test_what_takes_long_is_given_at_once_and_counted_anew_behind(clock: Clock) -> None:
    kept, counting = KeptAnswers[int](lambda: NOW, clock), Counting(clock, 2.0)
    assert kept.get("figures", counting) == (1, NOW)
    clock.seconds += 50
    assert kept.get("figures", counting)[0] == 1
    assert counting.times == 1
    clock.seconds += 15
    assert counting.done.acquire()
    assert kept.get("figures", counting)[0] == 1  # old, and at once
    assert counting.done.acquire(timeout=10)
    while kept.get("figures", counting)[0] == 1:
        pass
    assert counting.times == 2


def test_what_is_too_old_is_given_to_nobody(clock: Clock) -> None:
    kept, counting = KeptAnswers[int](lambda: NOW, clock), Counting(clock, 60.0)
    kept.get("figures", counting)
    clock.seconds += LONGEST + 1
    assert kept.get("figures", counting)[0] == 2


def test_ten_who_ask_at_once_have_it_counted_once(clock: Clock) -> None:
    kept, begun, go_on, times = KeptAnswers[int](lambda: NOW, clock), threading.Event(), threading.Event(), []

    def counting() -> int:
        begun.set()
        assert go_on.wait(10)
        times.append(1)
        clock.seconds += 2
        return len(times)

    found: list[int] = []
    readers = [threading.Thread(target=lambda: found.append(kept.get("figures", counting)[0])) for _ in range(10)]
    for reader in readers:
        reader.start()
    assert begun.wait(10)
    go_on.set()
    for reader in readers:
        reader.join(10)
    assert found == [1] * 10


def test_a_failure_behind_leaves_what_is_kept_and_one_in_front_is_told(clock: Clock) -> None:
    kept, counting = KeptAnswers[int](lambda: NOW, clock), Counting(clock, 2.0)
    kept.get("figures", counting)
    assert counting.done.acquire()
    counting.broken = True
    clock.seconds += 90
    assert kept.get("figures", counting)[0] == 1
    assert counting.done.acquire(timeout=10)
    assert kept.get("figures", counting)[0] == 1
    clock.seconds += LONGEST
    with pytest.raises(OSError, match="数据库连接中断"):
        kept.get("figures", counting)


def test_who_changed_something_sees_it_at_once(clock: Clock) -> None:
    kept, counting = KeptAnswers[int](lambda: NOW, clock), Counting(clock, 2.0)
    kept.get("figures", counting)
    kept.forget("figures")
    assert kept.get("figures", counting)[0] == 2

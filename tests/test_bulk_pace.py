"""However fast or slow the lists are, a file neither makes a single decision wait nor leaves them idle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.pace import LEAST, MOST, BulkPace

BEGAN = datetime(2026, 11, 24, 4, tzinfo=UTC)
SECONDS = 20
STEP = 0.01
SETTLED = 10.0
"""From here on the pace is known."""


def let_through(
    a_second: float, said_at: float, heard_at: float, room: Callable[[BulkPace, int], int]
) -> tuple[float, float]:
    """Let a long file through to lists that apply so much ``a_second``, up to a thousand at a time. The other side
    announces four times a second from ``said_at`` on, and is heard as often from ``heard_at`` on.

    Return the longest that a decision made after the beginning would have waited, and which part of the time the lists
    had work, in seconds and 0 to 1.
    """
    pace = BulkPace()
    head = applied = busy = steps = 0
    said, due, longest = (BEGAN, 0), 0.0, 0.0
    for step in range(int(SECONDS / STEP)):
        now = step * STEP
        if step % 25 == int(said_at / STEP):
            said = (BEGAN + timedelta(seconds=now), applied)
        if step % 25 == int(heard_at / STEP):
            pace.hear(*said)
        head += min(2000, room(pace, head))
        due = min(due + a_second * STEP, 1000.0) if head > applied else 0.0
        if due >= min(1000, head - applied):
            applied, due = applied + min(1000, head - applied), 0.0
        if now >= SETTLED:
            longest = max(longest, (head - applied) / a_second)
            busy += head > applied
            steps += 1
    return longest, busy / steps


moment = st.floats(0, 0.24)


@settings(max_examples=25, deadline=None)
@given(a_second=st.floats(300, 8_000), said_at=moment, heard_at=moment)
def test_a_decision_waits_less_than_two_seconds_and_lists_have_work(
    a_second: float, said_at: float, heard_at: float
) -> None:
    longest, busy = let_through(a_second, said_at, heard_at, BulkPace.room)
    assert longest < 2.0
    assert busy > 0.6


def of_ten_thousand(pace: BulkPace, head: int) -> int:
    """Broken on purpose: as many whatever the lists can."""
    return max(0, pace._reached + MOST - head)


def of_a_few(pace: BulkPace, head: int) -> int:
    """Broken on purpose: so few that nobody waits, and the lists for the next announcement."""
    return max(0, pace._reached + LEAST - head)


@pytest.mark.parametrize(("room", "which"), [(of_ten_thousand, 0), (of_a_few, 1)])
def test_a_fixed_window_is_too_much_for_some_lists_and_too_little_for_others(
    room: Callable[[BulkPace, int], int], which: int
) -> None:
    longest, busy = let_through(3_000, 0.1, 0.2, room)
    assert longest > 2.0 if which == 0 else busy < 0.6


def test_silence_admits_one_small_window_and_a_clock_set_back_none_more() -> None:
    pace = BulkPace()
    assert pace.room(0) == LEAST
    assert pace.room(LEAST) == 0
    pace.hear(BEGAN, 400)
    pace.hear(BEGAN - timedelta(hours=1), 450)
    pace.hear(BEGAN - timedelta(hours=1) + timedelta(seconds=1), 450)
    assert pace.room(450) == LEAST

"""However fast or slow the lists are, a file neither makes a single decision wait nor leaves them idle."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from events.announcing import EVERY_SECONDS, MOVING_SECONDS
from events.pace import LEAST, MOST, BulkPace

BEGAN = datetime(2026, 11, 24, 4, tzinfo=UTC)
SECONDS = 20
STEP = 0.01
SETTLED = 10.0
"""From here on the pace is known."""
STUMBLES = 14.0, 16.0
A_BATCH = 0.02
"""What a batch costs beside its events."""

Room = Callable[[BulkPace, int], int]


def let_through(
    a_second: float,
    said_at: float = 0.1,
    heard_at: float = 0.2,
    room: Room = BulkPace.room,
    *,
    every: float = MOVING_SECONDS,
    stumbling: float = 1.0,
) -> tuple[float, float]:
    """Let a long file through to lists that apply so much ``a_second``, up to a thousand at a time, and that part of it
    while they stumble. The other side tells ``every`` so often how far they are, and is heard as often.

    Return the longest that a decision made after the beginning waited until it was listed, in seconds, and which part
    of what the lists can apply was applied, 0 to 1.
    """
    pace = BulkPace()
    head = applied = hand = before = 0
    often = round(every / STEP)
    said, ends, longest = (BEGAN, 0), 0.0, 0.0
    made: deque[tuple[float, int]] = deque()
    for step in range(int(SECONDS / STEP)):
        now = step * STEP
        if hand and now >= ends:
            applied, hand = applied + hand, 0
            while made and made[0][1] <= applied:
                longest = max(longest, now - made.popleft()[0])
        if not hand and head > applied:
            hand = min(1000, head - applied)
            slower = stumbling if STUMBLES[0] <= now < STUMBLES[1] else 1.0
            ends = now + (A_BATCH + hand / a_second) / slower
        if (step - int(said_at / STEP)) % often == 0:
            said = (BEGAN + timedelta(seconds=now), applied)
        if (step - int(heard_at / STEP)) % often == 0:
            pace.hear(*said)
        head += min(2000, room(pace, head))
        if now >= SETTLED:
            made.append((now, head))
        else:
            before = applied
    waits_still = SECONDS - made[0][0] if made else 0.0
    return max(longest, waits_still), (applied - before) / (a_second * (SECONDS - SETTLED))


moment = st.floats(0, 0.24)


@settings(max_examples=15, deadline=None)
@given(a_second=st.floats(350, 8_000), said_at=moment, heard_at=moment)
def test_a_decision_waits_less_than_a_second_and_lists_have_work(
    a_second: float, said_at: float, heard_at: float
) -> None:
    longest, applied = let_through(a_second, said_at, heard_at)
    assert longest < 1.0
    assert applied > 0.6


@settings(max_examples=15, deadline=None)
@given(a_second=st.floats(600, 8_000), said_at=moment, heard_at=moment, stumbling=st.floats(0.5, 1.0))
def test_a_decision_waits_less_than_two_seconds_when_lists_become_half_as_fast(
    a_second: float, said_at: float, heard_at: float, stumbling: float
) -> None:
    longest, _ = let_through(a_second, said_at, heard_at, stumbling=stumbling)
    assert longest < 1.5


def whatever_waits(pace: BulkPace, head: int) -> int:
    """Broken on purpose: the window is not looked at."""
    return 2000


def of_ten_thousand(pace: BulkPace, head: int) -> int:
    """Broken on purpose: as many whatever the lists can."""
    return max(0, pace._reached + MOST - head)


def of_a_few(pace: BulkPace, head: int) -> int:
    """Broken on purpose: so few that nobody waits, and the lists for the next announcement."""
    return max(0, pace._reached + LEAST - head)


def for_a_second(pace: BulkPace, head: int) -> int:
    """Broken on purpose: what the lists apply in a second, as if they were never slower."""
    return max(0, pace._reached + max(LEAST, int(pace.a_second)) - head)


def test_what_is_not_admitted_by_what_is_applied_makes_decisions_wait() -> None:
    assert let_through(3_000, room=whatever_waits)[0] > 2.0
    assert let_through(3_000, room=of_ten_thousand)[0] > 2.0
    assert let_through(3_000, room=for_a_second, stumbling=0.5)[0] > 1.5


def test_a_few_at_a_time_or_answers_that_are_seldom_heard_leave_lists_idle() -> None:
    usually = let_through(3_000)[1]
    assert let_through(3_000, room=of_a_few)[1] < 0.6 < usually
    assert let_through(3_000, every=EVERY_SECONDS)[1] < usually - 0.1


def test_silence_admits_one_small_window_and_a_clock_set_back_none_more() -> None:
    pace = BulkPace()
    assert pace.room(0) == LEAST
    assert pace.room(LEAST) == 0
    pace.hear(BEGAN, 400)
    pace.hear(BEGAN - timedelta(hours=1), 450)
    pace.hear(BEGAN - timedelta(hours=1) + timedelta(seconds=1), 450)
    assert pace.room(450) == LEAST

"""Whatever is lost, late, doubled or out of order: exactly what is missing is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from events.completeness import NumbersArrived, NumbersAskedFor
from events.numbers import count, in_words, merged, missing, runs_of, without
from projections.completeness import by_day, due_up_to
from projections.received_numbers import DayRun
from services.asking_again import MOST_NUMBERS, Request, steps

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)


def numbers_of(runs: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in runs for number in range(first, last + 1)}


@given(st.integers(0, 60), st.data())
def test_exactly_the_numbers_that_did_not_come_are_named_in_whatever_order_and_however_often_the_others_came(
    last: int, data: st.DataObject
) -> None:
    sent = list(range(1, last + 1))
    lost = data.draw(st.sets(st.sampled_from(sent))) if sent else set()
    kept = [number for number in sent if number not in lost]
    again = data.draw(st.lists(st.sampled_from(kept))) if kept else []
    came = data.draw(st.permutations(kept + again))
    named = missing(runs_of(came), last)
    assert numbers_of(named) == lost
    assert count(named) == len(lost)
    assert named == merged(named), "each run is as long as it can be"


@given(st.lists(st.integers(1, 40)), st.lists(st.integers(1, 40)))
def test_what_is_taken_out_is_gone_and_nothing_else_is(all_: list[int], taken: list[int]) -> None:
    assert numbers_of(without(runs_of(all_), runs_of(taken))) == set(all_) - set(taken)


def test_a_number_is_missing_only_when_all_partitions_have_passed_it_or_a_head_stays_unmet_for_a_minute() -> None:
    heads = [(10, NOW - timedelta(seconds=61)), (12, NOW - timedelta(seconds=31))]
    assert due_up_to(0, heads[1:], None, NOW) == 0, "announced just now: it may be on its way"
    assert due_up_to(0, heads, None, NOW) == 10
    assert due_up_to(11, heads, None, NOW) == 11
    assert due_up_to(0, heads, NOW - timedelta(minutes=5), NOW) == 0, "unread: the reader is behind, nothing is lost"
    assert due_up_to(0, heads, NOW - timedelta(seconds=10), NOW) == 10


def test_a_gap_is_of_the_day_of_what_came_after_it_and_a_lost_tail_of_the_day_it_was_noticed() -> None:
    monday, tuesday, today = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 28)
    received = [DayRun(monday, 1, 3), DayRun(monday, 5, 6), DayRun(tuesday, 9, 9)]
    assert by_day([(4, 4), (7, 8), (10, 11)], received, today) == [
        (monday, (4, 4)), (tuesday, (7, 8)), (today, (10, 11))
    ]  # fmt: skip


def asked(*runs: tuple[int, int], minutes_ago: int = 0, times: int = 1) -> Request:
    return Request(UUID(int=7), times, "approval", runs, times, NOW - timedelta(minutes=minutes_ago))


def test_what_is_missing_is_asked_for_once_again_after_ten_minutes_and_reported_when_it_came() -> None:
    def said(gaps: list[tuple[int, int]], *waiting: Request, at_once: bool = False) -> list[tuple[str, str, int]]:
        return [
            (type(one).__name__, in_words([(run.first, run.last) for run in one.runs]), one.asked)
            for _, one in steps("approval", gaps, waiting, NOW, "linkage", at_once=at_once)
        ]

    ask, arrived = NumbersAskedFor.__name__, NumbersArrived.__name__
    assert said([(4, 4), (7, 9)]) == [(ask, "4、7-9", 1)]
    assert said([(4, 4), (7, 9)], asked((4, 4), (7, 9))) == [], "it was asked for a moment ago"
    assert said([(8, 9)], asked((4, 4), (7, 9), minutes_ago=10)) == [(ask, "8-9", 2)]
    assert said([(8, 9)], asked((4, 4), (7, 9)), at_once=True) == [(ask, "8-9", 2)]
    assert said([], asked((4, 4))) == [(arrived, "4", 1)]
    assert said([(4, 4), (20, 20)], asked((4, 4))) == [(ask, "20", 1)]
    flood = next(iter(steps("approval", [(1, 10**6)], [], NOW, "linkage")))[1]
    assert count((run.first, run.last) for run in flood.runs) == MOST_NUMBERS

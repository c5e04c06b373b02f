"""Working days by the State Council's notices: what is due when, what is only an estimate, and which light it shows."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.limits import LimitKind, LimitSet, Unit
from services.limits import PRESET, Limit, Limits
from services.working_days import Calendar, Due, Light, Notice, credit, light, published_notices

PUBLISHED = Calendar.of(published_notices())
LAST = max(PUBLISHED.years)
DAYS = st.dates(date(2005, 1, 1), date(LAST + 3, 12, 31))
KNOWN_DAYS = st.dates(date(2005, 1, 1), date(LAST, 12, 28))
LIMITS = st.integers(1, 90)

NEXT_YEAR = Notice(
    "虚构通知", LAST + 1, {date(LAST + 1, 1, 1): False, date(LAST + 1, 1, 4): False, date(LAST, 12, 27): True}
)


@pytest.mark.parametrize(
    ("start", "working_days", "due"),
    [
        (date(2026, 11, 24), 3, date(2026, 11, 27)),  # Tuesday: Wednesday, Thursday, Friday
        (date(2026, 11, 27), 3, date(2026, 12, 2)),  # over a weekend
        (date(2025, 1, 24), 2, date(2025, 1, 27)),  # Sunday 26 January 2025 was worked for the Spring Festival
        (date(2025, 9, 26), 2, date(2025, 9, 29)),  # Sunday 28 September 2025 was worked for the National Day
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # Saturday 14 February 2026 is worked, then nine days of rest
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # and Saturday 10 October 2026
        (date(2026, 9, 20), 5, date(2026, 9, 28)),  # begun on a worked Sunday, over the Mid-Autumn Festival
    ],
)
def test_a_limit_ends_by_the_notice_with_its_make_up_days(start: date, working_days: int, due: date) -> None:
    assert PUBLISHED.due(start, working_days) == Due(due, estimated=False)


@pytest.mark.parametrize("year", range(2005, LAST + 1))
def test_every_day_of_a_known_year_is_what_its_notice_says(year: int) -> None:
    for number in range(365):
        day = date(year, 1, 1) + timedelta(days=number)
        assert PUBLISHED.is_working(day) == chinese_calendar.is_workday(day), day


@given(DAYS, LIMITS)
def test_what_is_due_is_never_due_on_a_day_of_rest(start: date, days: int) -> None:
    assert PUBLISHED.is_working(PUBLISHED.due(start, days).day)
    assert PUBLISHED.is_working(PUBLISHED.due_after(start, days).day)


@given(DAYS, LIMITS)
def test_exactly_as_many_working_days_lie_between_the_start_and_the_due_day(start: date, days: int) -> None:
    due = PUBLISHED.due(start, days).day
    walked = sum(PUBLISHED.is_working(start + timedelta(days=n)) for n in range(1, (due - start).days + 1))
    assert walked == days == PUBLISHED.working_days_between(start, due) == -PUBLISHED.working_days_between(due, start)


@given(DAYS, DAYS, LIMITS, st.integers(0, 30))
def test_what_begins_later_or_may_take_longer_is_due_no_earlier(one: date, other: date, days: int, more: int) -> None:
    first, second = sorted((one, other))
    assert PUBLISHED.due(first, days).day <= PUBLISHED.due(second, days + more).day
    assert PUBLISHED.due_after(first, days).day <= PUBLISHED.due_after(second, days + more).day


@given(KNOWN_DAYS, LIMITS)
def test_a_limit_is_an_estimate_exactly_when_it_runs_into_days_that_no_notice_covers(start: date, days: int) -> None:
    due = PUBLISHED.due(start, days)
    assert due.estimated == (due.day >= date(LAST, 12, 29))
    assert due.estimated != PUBLISHED.knows(start, due.day)


def test_the_last_days_of_a_year_belong_to_the_next_notice_too() -> None:
    # 29 December 2018 was a working Saturday and 31 December a Monday of rest by the notice for 2019.
    until_2018 = Calendar.of(notice for notice in published_notices() if notice.year and notice.year <= 2018)
    assert until_2018.due(date(2018, 12, 27), 1) == Due(date(2018, 12, 28), estimated=False)
    assert until_2018.due(date(2018, 12, 27), 2).estimated
    assert PUBLISHED.due(date(2018, 12, 27), 2) == Due(date(2018, 12, 29), estimated=False)


def test_a_notice_that_is_loaded_makes_a_fact_of_an_estimate() -> None:
    loaded = Calendar.of([*published_notices(), NEXT_YEAR])
    start = date(LAST, 12, 30)
    assert PUBLISHED.due(start, 3) == Due(date(LAST + 1, 1, 4), estimated=True)
    assert loaded.due(start, 3) == Due(date(LAST + 1, 1, 6), estimated=False)
    assert loaded.is_working(date(LAST, 12, 27)), "a notice may move days of the December before"


def test_a_later_notice_for_the_same_year_replaces_the_earlier_one() -> None:
    amended = Notice("延长假期的通知", 2026, {date(2026, 1, 1): False})
    assert Calendar.of([*published_notices(), amended]).is_working(date(2026, 10, 1))
    assert not PUBLISHED.is_working(date(2026, 10, 1))


def test_a_day_of_the_sites_own_wins_over_every_notice_and_makes_no_year_known() -> None:
    storm = Notice("台风停工通知", None, {date(2026, 11, 25): False, date(LAST + 1, 3, 3): False})
    calendar = Calendar.of([storm, *published_notices()])
    assert calendar.due(date(2026, 11, 24), 3) == Due(date(2026, 11, 30), estimated=False)
    assert calendar.due(date(LAST + 1, 3, 2), 1) == Due(date(LAST + 1, 3, 4), estimated=True)


def test_the_version_names_the_years_and_changes_with_every_day() -> None:
    assert PUBLISHED.version.startswith(f"notices 2004-{LAST}, own days 0, ")
    storm = Notice("台风停工通知", None, {date(2026, 11, 25): False})
    flood = Notice("防汛停工通知", None, {date(2026, 11, 26): False})
    versions = {
        Calendar.of([*published_notices(), *more]).version
        for more in ([], [storm], [flood], [storm, flood], [NEXT_YEAR])
    }
    assert len(versions) == 5
    assert PUBLISHED.version == Calendar.of(reversed(published_notices())).version
    gap = Calendar.of([Notice("", 2024, {}), Notice("", 2026, {}), Notice("", 2027, {})])
    assert gap.version.startswith("notices 2024 2026-2027, ")


def test_a_limit_in_natural_days_that_ends_on_a_day_of_rest_ends_on_the_next_working_day() -> None:
    assert PUBLISHED.due_after(date(2026, 8, 2), 60) == Due(date(2026, 10, 8), estimated=False)  # 1 October
    assert PUBLISHED.due_after(date(2026, 11, 24), 60) == Due(date(LAST + 1, 1, 25), estimated=True)  # a Saturday


def test_a_limit_of_no_days_is_none() -> None:
    with pytest.raises(ValueError, match="at least one"):
        PUBLISHED.due(date(2026, 11, 24), 0)
    with pytest.raises(ValueError, match="at least one"):
        PUBLISHED.due_after(date(2026, 11, 24), 0)


def test_a_claim_is_green_up_to_half_its_limit_yellow_after_it_and_red_past_its_due_day() -> None:
    opened = date(2026, 11, 27)  # a Friday, so three working days end on Wednesday
    due = PUBLISHED.due(opened, 3).day
    shown = [light(opened, due, opened + timedelta(days=n), PUBLISHED) for n in range(7)]
    assert shown == [Light.GREEN] * 4 + [Light.YELLOW] * 2 + [Light.RED]
    assert [one.words for one in Light] == ["正常", "临期", "超期"]


@given(DAYS, LIMITS, st.integers(0, 150))
def test_lights_only_ever_go_from_green_to_yellow_to_red(opened: date, days: int, later: int) -> None:
    due = PUBLISHED.due(opened, days).day
    order = [Light.GREEN, Light.YELLOW, Light.RED]
    today = opened + timedelta(days=later)
    now, next_day = (light(opened, due, day, PUBLISHED) for day in (today, today + timedelta(days=1)))
    assert order.index(now) <= order.index(next_day)
    assert (now is Light.RED) == (today > due)


def test_what_is_done_early_is_credited_in_working_days() -> None:
    due = date(2026, 10, 10)
    assert credit(date(2026, 9, 30), due, PUBLISHED) == 3  # 8, 9 and 10 October are worked
    assert credit(due, due, PUBLISHED) == 0
    assert credit(date(2026, 10, 12), due, PUBLISHED) == -1


def test_without_any_setting_the_limits_of_the_product_hold() -> None:
    day = date(2026, 11, 24)
    said = {kind: Limits().of(kind, day=day) for kind in LimitKind}
    assert said == PRESET
    assert (said[LimitKind.CLAIM].days, said[LimitKind.FEEDBACK].days) == (3, 1)
    assert said[LimitKind.COMMITMENT_CHECK].unit is Unit.NATURAL_DAYS
    assert said[LimitKind.COMMITMENT_CHECK].due(date(2026, 8, 2), PUBLISHED).day == date(2026, 10, 8)
    assert said[LimitKind.CLAIM].due(day, PUBLISHED).day == date(2026, 11, 27)


def test_the_limit_of_the_matter_wins_then_the_one_that_begins_last() -> None:
    def entry(days: int, since: int, matter: str = "*", until: date | None = None) -> LimitSet:
        return LimitSet(
            kind=LimitKind.CLAIM, days=days, matter_code=matter, valid_from=date(2026, since, 1), valid_to=until
        )

    limits = Limits.set_by(1, [entry(7, 1), entry(2, 6), entry(10, 3, "M1", date(2026, 8, 31))])

    def on(month: int, matter: str = "") -> Limit:
        return limits.of(LimitKind.CLAIM, matter=matter, day=date(2026, month, 15))

    assert [on(month).days for month in (1, 5, 6, 12)] == [7, 7, 2, 2]
    assert [on(month, "M1").days for month in (2, 3, 8, 9)] == [7, 10, 10, 2]
    assert on(8, "M2").days == 2
    assert limits.of(LimitKind.CLAIM, day=date(2025, 12, 31)) == PRESET[LimitKind.CLAIM]
    assert limits.of(LimitKind.TASK, day=date(2026, 6, 15)) == PRESET[LimitKind.TASK]

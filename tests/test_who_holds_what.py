"""Who holds an open item: the rules, without a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.limits import LimitKind
from events.people import HeldBy, HolderNamed, OfficerDeparted
from services import people as rules
from services.deadlines import Item
from services.holding import NOWHERE, Held, Place, assign, holder
from services.limits import Limit
from services.people import People
from services.refusing import Refused
from services.working_days import Due
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU
from tests.people import CHIEF, COORDINATOR, GAO, HE, LIN, USUAL, WEN, appointed, people

MONDAY = date(2026, 11, 30)
FRIDAY = MONDAY + timedelta(days=4)
PUSH = Item(
    uuid4(), LimitKind.CLAIM, MARKET_BUREAU, COORDINATOR, MONDAY, Limit(3), Due(FRIDAY, False), "", matter=FOOD
)  # fmt: skip


def story(
    *chapters: tuple[People, date], item: Item = PUSH, place: Place = NOWHERE, held: Held | None = None
) -> list[tuple[str | None, HeldBy]]:
    """Ask on each day, as the scheduler does several times, and return what was said."""
    told: list[tuple[str | None, HeldBy]] = []
    for known, day in chapters:
        for _ in range(3):
            said = holder(item, place, known, day, held)
            if said:
                held = Held(held.version + 1 if held else 1, said)
                told.append((said.officer, said.why))
    return told


def names(*numbers: str, until: date = FRIDAY) -> dict[str, tuple[date, date]]:
    return dict.fromkeys(numbers, (MONDAY, until))


def test_the_officer_of_the_duty_comes_before_the_one_of_the_department_and_the_nearest_region_first() -> None:
    assert story((people(), MONDAY)) == [(LIN, HeldBy.DUTY)]
    assert story((people(), MONDAY), item=replace(PUSH, matter="other")) == [(GAO, HeldBy.DEFAULT)]
    known = people(appointed(LIN, matter=FOOD), appointed(HE, matter=FOOD, region="990102"), appointed(GAO))
    assert story((known, MONDAY), place=Place("990102", "县级")) == [(HE, HeldBy.DUTY)]
    assert story((known, MONDAY), place=Place("990103", "县级")) == [(LIN, HeldBy.DUTY)]
    assert story((known, MONDAY)) == [(LIN, HeldBy.DUTY)]


def test_the_deputy_holds_it_during_a_leave_and_gives_it_back_afterwards() -> None:
    known = people(away=names(LIN))
    assert story((people(), MONDAY - timedelta(days=1)), (known, MONDAY), (known, FRIDAY + timedelta(days=1))) == [
        (LIN, HeldBy.DUTY), (HE, HeldBy.DEPUTY), (LIN, HeldBy.RETURNED),
    ]  # fmt: skip
    both = people(away=names(LIN, HE))
    assert story((both, MONDAY)) == [(GAO, HeldBy.DEPUTY)]
    everybody = people(away=names(LIN, HE, GAO))
    assert story((everybody, MONDAY), (everybody, FRIDAY + timedelta(days=1))) == [
        (LIN, HeldBy.ALL_AWAY), (LIN, HeldBy.DUTY),
    ]  # fmt: skip


def test_after_a_departure_it_goes_to_the_successor_else_to_the_deputy_else_to_the_department() -> None:
    before = (people(), MONDAY - timedelta(days=1))
    heir = people(gone={LIN: (MONDAY, GAO)})
    assert story(before, (heir, MONDAY)) == [(LIN, HeldBy.DUTY), (GAO, HeldBy.SUCCESSOR)]
    none = people(gone={LIN: (MONDAY, None)})
    assert story(before, (none, MONDAY)) == [(LIN, HeldBy.DUTY), (HE, HeldBy.DEPARTED)]
    both = people(gone={LIN: (MONDAY, None), HE: (MONDAY, None)})
    assert story(before, (both, MONDAY)) == [(LIN, HeldBy.DUTY), (GAO, HeldBy.DEPARTED)]
    circle = people(gone={LIN: (MONDAY, HE), HE: (MONDAY, LIN)})
    assert story((circle, MONDAY)) == [(GAO, HeldBy.DEFAULT)]


def test_a_merged_departments_items_move_to_the_officer_of_the_one_that_receives_them() -> None:
    def merged(department: str, region: str, day: date) -> str:
        return HEALTH_BUREAU if department == MARKET_BUREAU and day >= MONDAY else department

    known = people(*USUAL, appointed(WEN), became=merged)
    assert story((known, MONDAY - timedelta(days=1)), (known, MONDAY)) == [(LIN, HeldBy.DUTY), (WEN, HeldBy.MERGED)]
    # The receiving department has named nobody yet: who held it goes on.
    assert story((people(became=merged), MONDAY - timedelta(days=1)), (people(became=merged), MONDAY)) == [
        (LIN, HeldBy.DUTY)
    ]


def test_a_department_without_anybody_is_represented_by_its_superior_and_nobody_is_said_to_be_nobody() -> None:
    known = people(appointed(CHIEF))
    assert story((known, MONDAY)) == [(CHIEF, HeldBy.SUPERIOR)]
    nobody = people(appointed(WEN))
    assert story((nobody, MONDAY), (known, MONDAY), (people(), MONDAY)) == [
        (None, HeldBy.NOBODY), (CHIEF, HeldBy.SUPERIOR), (LIN, HeldBy.DUTY),
    ]  # fmt: skip


def test_what_was_given_by_hand_stays_until_that_officer_is_away_or_gone() -> None:
    given_to = assign(PUSH, NOWHERE, people(), MONDAY, GAO, "S-0102", "熟悉该企业")
    held = Held(1, given_to)
    later = people(*USUAL, away={GAO: (FRIDAY, FRIDAY)})
    assert story((later, MONDAY), (later, FRIDAY), (later, FRIDAY + timedelta(days=1)), held=held) == [
        (LIN, HeldBy.DEPUTY), (GAO, HeldBy.RETURNED),
    ]  # fmt: skip
    heir = people(gone={GAO: (FRIDAY, HE)})
    assert story((heir, MONDAY), (heir, FRIDAY), held=held) == [(HE, HeldBy.SUCCESSOR)]
    gone = people(gone={GAO: (FRIDAY, None)})
    assert story((gone, FRIDAY), held=held) == [(LIN, HeldBy.DEPARTED)]


def test_nobody_is_given_what_he_cannot_do_and_every_refusal_says_what_to_do() -> None:
    known = people(away=names(HE), gone={GAO: (MONDAY, None)})
    for officer, reason, code in (
        (LIN, " ", "reason_needed"),
        ("S-9999", "理由", "unknown_officer"),
        (GAO, "理由", "officer_departed"),
        (HE, "理由", "officer_away"),
        (WEN, "理由", "other_department"),
    ):
        with pytest.raises(Refused) as refused:
            assign(PUSH, NOWHERE, known, MONDAY, officer, "S-0102", reason)
        assert (refused.value.rule.code, bool(refused.value.rule.repair)) == (code, True)
    assert assign(PUSH, NOWHERE, known, MONDAY, CHIEF, "S-0102", "理由").department == COORDINATOR


def test_leaves_departures_and_appointments_that_cannot_be_are_refused() -> None:
    known = people(away=names(LIN), gone={GAO: (MONDAY, None)})
    lin, gone = known.officers[LIN], known.officers[GAO]
    said = OfficerDeparted(officer=LIN, departed_from=FRIDAY, successor=GAO, by="S-0102", reason="调任")
    for asked, code in (
        (lambda: rules.take_leave(None, "S-9999", MONDAY, FRIDAY, "b"), "unknown_officer"),
        (lambda: rules.take_leave(gone, GAO, MONDAY, FRIDAY, "b"), "officer_departed"),
        (lambda: rules.take_leave(lin, LIN, FRIDAY, MONDAY, "b"), "end_before_start"),
        (lambda: rules.take_leave(lin, LIN, FRIDAY, FRIDAY, "b"), "leaves_overlap"),
        (lambda: rules.take_leave_back(lin, LIN, FRIDAY, "b"), "no_such_leave"),
        (lambda: rules.depart(said, known), "officer_departed"),
        (lambda: rules.depart(said.model_copy(update={"successor": LIN}), known), "own_successor"),
        (lambda: rules.appoint(appointed(LIN, LIN), known), "own_deputy"),
        (lambda: rules.appoint(appointed(LIN, department=HEALTH_BUREAU), known), "other_department"),
        (lambda: rules.appoint(appointed(HE, matter=FOOD, since=MONDAY), known), "appointed_twice"),
    ):
        with pytest.raises(Refused) as refused:
            asked()
        assert refused.value.rule.code == code
    assert rules.take_leave(lin, LIN, MONDAY, FRIDAY + timedelta(days=3), "b").last == FRIDAY + timedelta(days=3)


DAYS = st.integers(min_value=0, max_value=20).map(lambda number: MONDAY + timedelta(days=number))
LEAVES = st.dictionaries(st.sampled_from([LIN, HE, GAO, CHIEF]), st.tuples(DAYS, DAYS))
GONE = st.dictionaries(
    st.sampled_from([LIN, HE, GAO]), st.tuples(DAYS, st.sampled_from([None, LIN, HE, GAO, CHIEF])), max_size=3
)


@given(LEAVES, GONE, st.lists(DAYS, max_size=8))
def test_whoever_comes_and_goes_an_open_item_is_with_somebody_who_is_there(
    away: dict[str, tuple[date, date]], gone: dict[str, tuple[date, str | None]], days: Iterable[date]
) -> None:
    known, held = people(away=away, gone=gone), None
    for day in sorted(days):
        said: HolderNamed | None = holder(PUSH, NOWHERE, known, day, held)
        if said is not None:
            held = Held(held.version + 1 if held else 1, said)
            assert holder(PUSH, NOWHERE, known, day, held) is None, "what is said twice is a second notice"
        assert held
        assert held.said.officer
        officer = known.officers[held.said.officer]
        assert officer.works_on(day)
        assert held.said.why is HeldBy.ALL_AWAY or not officer.is_away_on(day)

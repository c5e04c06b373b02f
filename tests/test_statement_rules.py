"""Two halves of a day: when they agree, where they differ, and that what was drawn is never changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.statement import Agreement, Half, Side, Statement, Verdict, half_of, next_half
from services.statement_answers import differences

DAY = date(2026, 11, 24)
AT = datetime(2026, 11, 25, 1, tzinfo=UTC)


def push(number: int, decision: int | None = None) -> tuple[int, UUID]:
    return number, UUID(int=decision or number)


def statement(sent: Half | None, received: Half | None, *verdicts: Verdict) -> Statement:
    halves: dict[Side, tuple[Half, ...]] = {}
    if sent:
        halves["supervision"] = (sent,)
    if received:
        halves["approval"] = (received,)
    return Statement("body", "department", DAY, halves, verdicts)


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)), st.randoms())
def test_the_numbers_that_only_one_side_has_are_named(sent: set[int], received: set[int], order: object) -> None:
    shuffled = list(sent)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one = statement(half_of(map(push, shuffled)), half_of(map(push, received)))
    assert (one.agreement is Agreement.AGREED) == (sent == received)
    assert {n for a, b in one.only_at("supervision") for n in range(a, b + 1)} == sent - received
    assert {n for a, b in one.only_at("approval") for n in range(a, b + 1)} == received - sent


def test_other_decisions_under_the_same_numbers_are_a_difference_and_a_missing_half_is_none() -> None:
    one = statement(half_of([push(1), push(2, 5)]), half_of([push(1), push(2, 6)]))
    assert one.agreement is Agreement.DIFFERENT
    assert differences(one) == ["编号相同而决定不同, 须逐件核对: 1-2 号推送"]
    assert statement(half_of([push(1)]), None).agreement is Agreement.AWAITED
    assert differences(statement(half_of([push(1), push(2)]), half_of([push(2)]))) == ["仅监管侧有: 1 号推送"]


def test_what_comes_late_makes_a_supplement_and_nothing_new_makes_none() -> None:
    first = next_half([], half_of([push(1)]))
    assert first is not None
    assert first.part == 1
    assert next_half([first], half_of([push(1)])) is None
    second = next_half([first], half_of([push(1), push(2)]))
    assert second is not None
    assert (second.part, second.pushes, first.pushes) == (2, 2, 1)


def test_a_statement_is_closed_when_both_have_signed_what_stands_now() -> None:
    half = half_of([push(1)])

    def verdict(side: Side, part: int = 1, signed: bool = True) -> Verdict:
        return Verdict(side, part, half.pushes, half.ids_hash, signed, "S-1", "", AT)

    both = verdict("approval"), verdict("supervision")
    assert statement(half, half, *both).closed
    assert not statement(half, half, both[0]).closed
    assert not statement(half, half, *both, verdict("approval", signed=False)).closed, "disputed after it was signed"
    later = Statement(
        "body", "department", DAY, {"supervision": (half, Half(2, 1, "", ((1, 1),))), "approval": (half,)}
    )
    assert not later.closed
    assert later.verdict("supervision") is None, "what was signed was another part"

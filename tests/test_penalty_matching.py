"""A penalty finds the permits that it names, however they are written, and takes no other for them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.penalties import How
from services.party_resolution import HIDDEN
from services.supervision.penalty_matching import PermitOfParty, Why, match, squeezed, unlikeness

FOOD = PermitOfParty(UUID(int=1), "B", "JY29901020000001", "食品经营许可证", "海审批〔2026〕1号")
HEALTH = PermitOfParty(UUID(int=2), "B", "海卫公证字〔2026〕第000123号", "卫生许可证", "海审批〔2026〕2号")
LONGER = PermitOfParty(UUID(int=3), "B", "JY299010200000012", "食品经营许可证", "海审批〔2026〕3号")
ENDED = PermitOfParty(UUID(int=4), "B", "JY29901020000099", "食品经营许可证", "海审批〔2026〕4号", valid=False)
ON = date(2026, 11, 23)
PARTY = (FOOD, HEALTH, LONGER, ENDED)


def found(named: str) -> dict[int, str]:
    return {one.permit.int: one.how.value for one in match(named, PARTY, ON).matches}


@pytest.mark.parametrize(
    "named",
    [
        "食品经营许可证 JY29901020000001",
        "吊销食品经营许可证(编号:jy2990 1020 000001)",
        "ＪＹ２９９０１０２００００００１",
        "JY-2990-1020-000001号",
        "《食品经营许可证》【JY29901020000001】",
        "海审批(2026)第1号",
    ],
)
def test_the_certificate_that_is_named_is_found_however_it_is_written(named: str) -> None:
    assert found(named) == {1: "certificate"}
    assert match(named, PARTY, ON).reason is None


def test_several_certificates_are_all_found() -> None:
    named = "食品经营许可证JY29901020000001、卫生许可证 海卫公证字(2026)第 000123 号"
    assert found(named) == {1: "certificate", 2: "certificate"}
    assert found("JY29901020000001和JY299010200000012") == {1: "certificate", 3: "certificate"}


def test_a_number_that_stands_within_a_longer_one_is_not_meant() -> None:
    assert found("JY299010200000012") == {3: "certificate"}


def test_a_certificate_is_found_by_its_name_alone_when_the_party_has_one_of_them() -> None:
    assert found("吊销卫生许可证") == {2: "certificate"}
    several = match("吊销食品经营许可证", PARTY, ON)
    assert (several.matches, several.reason) == ((), Why.CERTIFICATE_UNCLEAR)
    assert [one.permit.int for one in several.candidates if one.certificate] == [1, 3, 4]


def test_a_revoked_certificate_that_is_named_is_found_too() -> None:
    assert found("JY29901020000099") == {4: "certificate"}


def test_a_number_that_is_partly_wrong_takes_no_permit_and_offers_the_likely_ones_first() -> None:
    wrong = match("食品经营许可证 JY2990102000001", PARTY, ON)
    assert (wrong.matches, wrong.reason) == ((), Why.CERTIFICATE_UNCLEAR)
    assert wrong.sought == ("食品经营许可证 JY2990102000001",)
    assert wrong.candidates[0].permit == FOOD.permit
    health = match("海卫公证字〔2026〕第000124号", PARTY, ON)
    assert (health.matches, health.candidates[0].permit) == ((), HEALTH.permit)


def test_what_is_found_counts_and_the_rest_is_still_sought() -> None:
    both = match("JY29901020000001、X9999999", PARTY, ON)
    assert [one.permit.int for one in both.matches] == [1]
    assert (both.reason, both.sought) == (Why.CERTIFICATE_UNCLEAR, ("X9999999",))


@pytest.mark.parametrize("named", ["", "无", " 暂无 ", "—"])
def test_a_penalty_that_names_no_certificate_touches_every_permit_in_force_of_its_party(named: str) -> None:
    assert found(named) == {1: "party", 2: "party", 3: "party"}
    assert match(named, PARTY, ON).reason is None


def test_by_the_party_a_penalty_touches_no_permit_that_was_granted_after_it() -> None:
    later = PermitOfParty(UUID(int=5), "B", "JY29901020000005", since=date(2026, 11, 24))
    that_day = PermitOfParty(UUID(int=6), "B", "JY29901020000006", since=ON)
    assert [one.permit for one in match("", (later, that_day), ON).matches] == [that_day.permit]
    assert [one.permit for one in match("JY29901020000005", (later, that_day), ON).matches] == [later.permit]


def test_what_is_like_nothing_the_party_has_touches_the_party_and_is_still_sought() -> None:
    strange = match("道路运输证 AB00000000000", PARTY, ON)
    assert {one.how for one in strange.matches} == {How.PARTY}
    assert (strange.reason, strange.sought) == (Why.CERTIFICATE_UNCLEAR, ("道路运输证 AB00000000000",))


def test_a_certificate_that_is_hidden_because_it_names_a_person_is_left_to_an_officer() -> None:
    hidden = match(HIDDEN, PARTY, ON)
    assert (hidden.reason, hidden.sought) == (Why.CERTIFICATE_UNCLEAR, (HIDDEN,))


@pytest.mark.parametrize("named", ["", "JY29901020000001"])
def test_a_party_without_permits_waits(named: str) -> None:
    alone = match(named, (), ON)
    assert (alone.matches, alone.reason) == ((), Why.PARTY_WITHOUT_PERMITS)


NUMBERS = st.from_regex(r"[A-Z]{0,3}[0-9]{8,16}", fullmatch=True)
BETWEEN = st.sampled_from(["", "", "", " ", "-", "　", "(", ")", "第", "."])
WIDE = {chr(code): chr(code + 0xFEE0) for code in (*range(48, 58), *range(65, 91))}


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """Return ``number`` as somebody may have typed it."""
    typed = ""
    for char in number:
        form = draw(st.sampled_from((char, char, char.lower(), WIDE.get(char, char))))
        typed += form + draw(BETWEEN)
    return (
        draw(st.sampled_from(("", "食品经营许可证", "编号:", "（"))) + typed + draw(st.sampled_from(("", "号", "）")))
    )


@st.composite
def parties(draw: st.DrawFn) -> list[PermitOfParty]:
    numbers = draw(st.lists(NUMBERS, min_size=1, max_size=5, unique=True))
    return [PermitOfParty(UUID(int=index), "B", number) for index, number in enumerate(numbers, 1)]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_number_that_is_written_out_is_found_and_no_other(data: st.DataObject) -> None:
    party = data.draw(parties())
    meant = data.draw(st.lists(st.sampled_from(party), min_size=1, unique=True))
    separator = data.draw(st.sampled_from(("、", "，", "; ", "\n")))
    named = separator.join(data.draw(written(one.permit_number)) for one in meant)
    found = match(named, data.draw(st.permutations(party)), ON)
    assert {one.permit for one in found.matches} == {one.permit for one in meant}
    assert found.reason is None
    assert {one.how for one in found.matches} == {How.CERTIFICATE}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_one_wrong_character_never_takes_another_permit_and_the_right_one_is_a_candidate(data: st.DataObject) -> None:
    party = data.draw(parties())
    meant = data.draw(st.sampled_from(party))
    place = data.draw(st.integers(0, len(meant.permit_number) - 1))
    other = data.draw(st.sampled_from("0123456789X").filter(lambda char: char != meant.permit_number[place]))
    wrong = meant.permit_number[:place] + other + meant.permit_number[place + 1 :]
    if any(squeezed(one.permit_number) in wrong or wrong in squeezed(one.permit_number) for one in party):
        return
    found = match(wrong, party, ON)
    assert (found.matches, found.reason) == ((), Why.CERTIFICATE_UNCLEAR)
    assert meant.permit in {one.permit for one in found.candidates if one.certificate}


def test_neighbours_that_changed_places_are_one_slip() -> None:
    assert unlikeness("JY12", "JY21") == 1
    assert unlikeness("JY12", "JY1") == 1
    assert unlikeness("JY12", "") == 4

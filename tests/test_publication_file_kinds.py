"""What a file does not say is found from what is known, and what stays unclear waits with its candidates."""

from __future__ import annotations

from datetime import date

import pytest

from events.approval import BodyRegistered, Level, MatterMapped, PermitStatus
from services.approval.decision import Kind
from services.approval.places import NotFound, Places
from services.approval.publication_file.kind_of_decision import Ambiguous, KnownPermit, Unchanged, kind_of
from tests.clerks_rows import BUREAU, accepted, row

DAY = date(2024, 1, 5)


def known(status: PermitStatus = PermitStatus.VALID, *, same: bool = False, **changes: date | None) -> KnownPermit:
    said = {"valid_to": date(2027, 1, 4), "decision_date": date(2023, 1, 5)} | changes
    return KnownPermit(status, said["valid_to"], "旧文号", said["decision_date"] or DAY, same)


def kind(permit: KnownPermit | None, *, correction: bool = False, **changes: str) -> object:
    return kind_of(accepted(row(**changes)), permit, correction=correction)


def candidates(found: object) -> tuple[Kind, ...]:
    assert isinstance(found, Ambiguous), found
    assert found.reason
    return found.candidates


def test_a_new_number_is_a_grant() -> None:
    assert kind(None) is Kind.GRANT
    assert kind(known(PermitStatus.RETRACTED)) is Kind.GRANT
    assert kind(known(PermitStatus.REFUSED)) is Kind.GRANT


def test_a_known_number_with_a_later_end_is_a_renewal() -> None:
    assert kind(known()) is Kind.RENEW
    assert kind(known(), XK_YXQZI="长期") is Kind.RENEW


def test_other_changed_facts_are_an_amendment_or_a_correction_when_the_clerk_says_so() -> None:
    same_end = known(valid_to=date(2029, 1, 4))
    assert kind(same_end) is Kind.AMEND
    assert kind(same_end, correction=True) is Kind.CORRECT
    assert kind(known(), correction=True) is Kind.CORRECT
    assert kind(known(valid_to=None)) is Kind.AMEND


def test_a_new_certificate_for_a_lost_one_is_a_reissue() -> None:
    assert kind(known(valid_to=date(2029, 1, 4)), XK_XKWS="准予补发许可证决定书") is Kind.REISSUE
    assert kind(known(valid_to=date(2029, 1, 4)), BZ="原证遗失补办") is Kind.REISSUE


def test_a_row_that_says_what_is_recorded_is_known_already_whatever_it_says_of_the_state() -> None:
    for text in ("1", "异议", "3", "过期"):
        assert kind(known(same=True), XK_ZT=text) == Unchanged()
    assert kind(known(PermitStatus.REVOKED, same=True)) == Unchanged()


@pytest.mark.parametrize(
    ("text", "expected", "status"),
    [
        ("注销", Kind.SURRENDER, PermitStatus.SURRENDERED),
        ("吊销", Kind.REVOKE, PermitStatus.REVOKED),
        ("撤销", Kind.ANNUL, PermitStatus.ANNULLED),
        ("撤回", Kind.WITHDRAW, PermitStatus.WITHDRAWN),
    ],
)
def test_an_ending_is_read_as_its_text_says(text: str, expected: Kind, status: PermitStatus) -> None:
    assert kind(known(), XK_ZT=text) is expected
    assert kind(known(status), XK_ZT=text) == Unchanged()
    assert candidates(kind(None, XK_ZT=text)) == (expected,)
    # The code 2 does not say how, but the document or the remark may.
    assert kind(known(), XK_ZT="2", XK_XKWS=f"准予{text}行政许可决定书") is expected
    assert kind(known(), XK_ZT="无效", BZ=f"因故{text}") is expected


def test_an_ending_that_does_not_say_how_waits_with_every_way_and_two_ways_with_two() -> None:
    assert candidates(kind(known(), XK_ZT="2")) == (Kind.SURRENDER, Kind.REVOKE, Kind.ANNUL, Kind.WITHDRAW)
    assert candidates(kind(known(), XK_ZT="2", BZ="先撤销后注销")) == (Kind.SURRENDER, Kind.ANNUL)
    assert kind(known(PermitStatus.ANNULLED), XK_ZT="2") == Unchanged()


def test_a_refusal_is_read_from_its_document_when_the_state_says_nothing_of_it() -> None:
    assert kind(None, XK_XKWS="不予行政许可决定书", XK_YXQZI="") is Kind.REFUSE
    assert kind(None, XK_ZT="不予许可") is Kind.REFUSE
    assert kind(known(PermitStatus.REFUSED), XK_ZT="不予许可") == Unchanged()
    assert candidates(kind(known(), XK_ZT="不予许可"))


@pytest.mark.parametrize("text", ["异议", "3", "蓝色"])
def test_a_state_that_nobody_understands_waits(text: str) -> None:
    assert candidates(kind(known(), XK_ZT=text)) == (Kind.AMEND, Kind.CORRECT)
    assert candidates(kind(None, XK_ZT=text)) == (Kind.GRANT,)


def test_an_older_decision_than_the_recorded_one_overwrites_nothing_by_itself() -> None:
    assert candidates(kind(known(decision_date=date(2025, 1, 1)))) == (Kind.CORRECT,)


def test_an_ended_permit_that_is_reported_as_valid_waits() -> None:
    assert candidates(kind(known(PermitStatus.REVOKED))) == (Kind.GRANT, Kind.CORRECT)


def mapped(matter: str, **changes: str) -> MatterMapped:
    any_of = dict.fromkeys(("body", "certificate_name", "document_name", "content"), "*")
    return MatterMapped.model_validate(any_of | {"matter_code": matter, "valid_from": "2020-01-01"} | changes)


def found(*entries: MatterMapped, content: str = "餐饮服务: 热食类", day: date = DAY) -> object:
    return Places.of([], entries).matter(BUREAU, "食品经营许可证", "准予行政许可决定书", content, day)


def test_the_most_specific_entry_names_the_matter() -> None:
    entries = [
        mapped("any"),
        mapped("certificate", certificate_name="食品经营许可证"),
        mapped("content", certificate_name="食品经营许可证", content="餐饮服务"),
        mapped("other body", body="x", certificate_name="食品经营许可证", content="餐饮服务"),
    ]
    assert found(*entries) == "content"
    assert found(*entries, content="食品销售") == "certificate"
    assert found(*entries[:1]) == "any"


def test_among_contents_the_longer_one_is_more_specific() -> None:
    one, two = (mapped(text, certificate_name="食品经营许可证", content=text) for text in ("餐饮", "餐饮服务"))
    assert found(one, two) == "餐饮服务"


def test_two_equally_specific_entries_are_no_answer_but_two_candidates() -> None:
    by_content = mapped("a", certificate_name="食品经营许可证", content="餐饮服务")
    by_document = mapped("b", certificate_name="食品经营许可证", document_name="准予行政许可决定书")
    for entries in ((by_content, by_document), (by_document, by_content)):
        answer = found(*entries)
        assert isinstance(answer, NotFound)
        assert answer.candidates == ("a", "b")
    assert found(by_content, by_content.model_copy()) == "a"


def test_a_mapping_holds_from_its_first_to_its_last_day() -> None:
    entry = mapped("a", certificate_name="食品经营许可证", valid_from="2024-01-05", valid_to="2024-01-06")
    assert found(entry, day=date(2024, 1, 5)) == found(entry, day=date(2024, 1, 6)) == "a"
    for day in (date(2024, 1, 4), date(2024, 1, 7)):
        assert found(entry, day=day) == NotFound("没有找到对应的事项", ("a",))
    assert found() == NotFound("没有找到对应的事项")


def test_a_body_is_found_by_its_code_on_the_day_of_the_decision() -> None:
    def entry(name: str, start: str, end: str | None) -> BodyRegistered:
        return BodyRegistered.model_validate(
            {"body": BUREAU, "name": name, "region_code": "990101", "level": Level.COUNTY, "valid_from": start}
            | {"valid_to": end}
        )

    places = Places.of([entry("旧", "2020-01-01", "2022-12-31"), entry("新", "2024-01-01", None)], [])
    for day, name in ((date(2022, 12, 31), "旧"), (DAY, "新")):
        body = places.body(BUREAU, day)
        assert isinstance(body, BodyRegistered)
        assert body.name == name
    between, unknown = places.body(BUREAU, date(2023, 5, 1)), places.body("x", DAY)
    assert isinstance(between, NotFound)
    assert isinstance(unknown, NotFound)
    assert between.reason != unknown.reason

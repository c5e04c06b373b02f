"""Codes change, and permits keep old ones: a rule change is about a matter under every code that it has had."""

from __future__ import annotations

from datetime import date
from typing import Any

from events.code_mappings import CodeKind, CodeMapped
from events.database import connect, raw
from projections.rule_changes import read_rule
from services.other_codes import other_codes
from services.supervision.code_register import take_mappings
from services.supervision.rule_permits import page_of
from services.supervision.rule_touches import Scope
from tests import rules
from tests.invented import FOOD, decision, duty
from tests.linkage import Linkage

DAY = date(2026, 11, 24)


def mapped(old: str, new: str, **changes: Any) -> CodeMapped:
    said = {"kind": CodeKind.MATTER, "old": old, "new": new, "valid_from": date(2026, 1, 1)}
    return CodeMapped.model_validate(said | changes)


def found(*mappings: CodeMapped, matters: tuple[str, ...] = ("N",), regions: tuple[str, ...] = ()) -> list[Any]:
    return [(one.code, one.stands_for, one.only_region) for one in other_codes(matters, regions, mappings, DAY)]


def test_a_new_code_is_about_the_old_ones_and_an_old_one_about_what_stands_for_it_now() -> None:
    chain = (mapped("O", "M"), mapped("M", "N"), mapped("P", "N"), mapped("X", "Y"))
    assert found(*chain) == [("M", "N", ""), ("O", "N", ""), ("P", "N", "")]
    assert found(*chain, matters=("O",)) == [("M", "O", ""), ("N", "O", "")]  # not P, which merged with it


def test_a_code_that_was_split_stands_for_each_part_in_its_own_region_only() -> None:
    split = (mapped("O", "N", only_region="990102"), mapped("O", "N2", only_region="990103"))
    assert found(*split) == [("O", "N", "990102")]
    assert found(*split, matters=("O",)) == [("N", "O", "990102"), ("N2", "O", "990103")]
    twice = (*split, mapped("O", "N", only_region="990104"))
    assert found(*twice) == [("O", "N", "990102"), ("O", "N", "990104")]


def test_a_mapping_of_later_does_not_count_and_one_that_has_ended_does() -> None:
    assert found(mapped("O", "N", valid_from=date(2027, 1, 1))) == []
    assert found(mapped("O", "N", valid_to=date(2026, 2, 1))) == [("O", "N", "")]


def test_a_region_that_was_renumbered_is_found_under_its_old_code_and_circles_end() -> None:
    circle = (mapped("990112", "990102", kind=CodeKind.REGION), mapped("990102", "990112", kind=CodeKind.REGION))
    assert found(*circle, matters=(), regions=("990102",)) == [("990112", "990102", "")]


def test_permits_of_an_old_code_are_counted_listed_and_marked_where_it_stands_for_the_new_one(
    linkage: Linkage,
) -> None:
    linkage.duties(duty(), duty(matter_code="OLD"))
    with connect(linkage.supervision_url, application="test") as connection:
        take_mappings(connection, [mapped("OLD", FOOD, only_region="990102")], linkage.now())
    linkage.publish(
        decision(permit_number="old here", matter_code="OLD"),
        decision(permit_number="old elsewhere", matter_code="OLD", region_code="990103"),
        decision(permit_number="new"),
    )
    stated = rules.publication(covers_matters=True)
    said = rules.desk(linkage).look(stated)
    assert [one["code"] for one in said["touches"]["other_codes"]] == ["OLD"]
    assert said["touches"]["permits"]["count"] == 2
    rule = rules.publish(linkage, stated)
    with linkage.supervision.connect() as open_connection:
        row = read_rule(raw(open_connection), rule)
        assert row is not None
        listed = page_of(open_connection, Scope.of(row.said), None, linkage.today, 50).permits
    assert sorted(one["permit_number"] for one in listed) == ["new", "old here"]
    outcomes = linkage.submit(
        decision(permit_number="1", matter_code="OLD"),
        decision(permit_number="2", matter_code="OLD", region_code="990103"),
        decision(permit_number="3"),
    )
    assert [bool(outcome.flagged) for outcome in outcomes] == [True, False, True]

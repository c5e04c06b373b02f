"""Codes change, merge and split: permits with old codes find their department, what was placed follows by events."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from events.code_mappings import CodeKind, CodeMapped
from events.database import connect
from services.supervision.code_file import read_code_file
from services.supervision.code_mapping import CodeMappings, clashes
from services.supervision.code_register import Clashing, MappingsTaken, take_mappings
from services.supervision.rerouting import Rerouting
from tests.invented import FOOD, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

OLD_MATTER, MERGED = "000131000056", "11990100MB0000109J"
TODAY = date(2026, 11, 24)


def mapped(kind: CodeKind, old: str, new: str, **more: Any) -> CodeMapped:
    return CodeMapped.model_validate({"kind": kind, "old": old, "new": new, "valid_from": date(2026, 1, 1)} | more)


def take(linkage: Linkage, *entries: CodeMapped) -> MappingsTaken:
    with connect(linkage.supervision_url, application="test") as connection:
        return take_mappings(connection, entries, linkage.now())


def reroute(linkage: Linkage) -> int:
    with connect(linkage.supervision_url, application="test") as connection:
        return Rerouting().end(connection, linkage.now())


def leads(linkage: Linkage) -> set[str]:
    return {row[0] for row in linkage.rows("SELECT department FROM watch_list WHERE role = 'lead'")}


def test_a_decision_with_an_old_matter_code_that_waited_finds_its_department_by_itself(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(matter_code=OLD_MATTER))
    assert [reason for _, reason in linkage.waiting()] == ["matter_not_listed"]
    assert take(linkage, mapped(CodeKind.MATTER, OLD_MATTER, FOOD)) == MappingsTaken(1, 0)
    linkage.tend()
    assert linkage.waiting() == []
    assert leads(linkage) == {MARKET_BUREAU}
    assert take(linkage, mapped(CodeKind.MATTER, OLD_MATTER, FOOD)) == MappingsTaken(0, 1)


def test_an_old_region_code_counts_as_the_one_that_it_became(linkage: Linkage) -> None:
    linkage.duties(duty(region_code="990105"))
    linkage.publish(decision(region_code="990102003000"))
    assert [reason for _, reason in linkage.waiting()] == ["region_not_covered"]
    take(linkage, mapped(CodeKind.REGION, "990102", "990105"))
    linkage.tend()
    assert leads(linkage) == {MARKET_BUREAU}


def test_departments_that_merge_hand_their_permits_over_by_events_on_the_day(linkage: Linkage) -> None:
    linkage.duties(duty(co_departments=()))
    linkage.publish(decision(), decision(permit_number="第二"))
    merges = linkage.today + timedelta(days=2)
    take(
        linkage, mapped(CodeKind.DEPARTMENT, MARKET_BUREAU, MERGED, new_name="海州市虚构综合执法局", valid_from=merges)
    )
    assert reroute(linkage) == 0
    linkage.today = merges
    assert reroute(linkage) == 2
    assert leads(linkage) == {MERGED}
    names = dict(linkage.rows("SELECT department, name FROM departments"))
    assert names[MERGED] == "海州市虚构综合执法局"
    linkage.publish(decision(permit_number="第三"))
    assert leads(linkage) == {MERGED}, "the list still names the old one"


def test_a_code_that_was_split_stands_for_another_in_each_region() -> None:
    mappings = CodeMappings.of(
        [
            mapped(CodeKind.MATTER, "A", "B"),
            mapped(CodeKind.MATTER, "A", "C", only_region="990100"),
            mapped(CodeKind.MATTER, "A", "D", only_region="990102"),
        ]
    )
    regions = ("990102001000", "990104", "880000")
    assert [mappings.matter("A", region, TODAY) for region in regions] == ["D", "C", "B"]


def test_a_code_that_changed_twice_is_followed_to_the_end_and_only_while_it_holds() -> None:
    mappings = CodeMappings.of(
        [mapped(CodeKind.MATTER, "A", "B", valid_to=date(2026, 12, 31)), mapped(CodeKind.MATTER, "B", "C")]
    )
    assert mappings.matter("A", "990102", TODAY) == "C"
    assert mappings.matter("A", "990102", date(2027, 1, 1)) == "A"
    assert mappings.matter("A", "990102", date(2025, 12, 31)) == "A"


@pytest.mark.parametrize(
    ("entries", "circle"),
    [
        ([mapped(CodeKind.MATTER, "A", "B"), mapped(CodeKind.MATTER, "A", "C", valid_from=date(2026, 5, 1))], False),
        ([mapped(CodeKind.MATTER, "A", "B"), mapped(CodeKind.MATTER, "B", "A")], True),
    ],
)
def test_two_meanings_on_one_day_and_circles_are_named_and_nothing_is_taken(
    linkage: Linkage, entries: list[CodeMapped], circle: bool
) -> None:
    with pytest.raises(Clashing) as clashing:
        take(linkage, *entries)
    assert {one.circle for one in clashing.value.found} == {circle}
    assert linkage.rows("SELECT count(*) FROM code_mappings") == [(0,)]


def test_codes_that_merge_into_one_do_not_clash() -> None:
    assert clashes([mapped(CodeKind.MATTER, "A", "C"), mapped(CodeKind.MATTER, "B", "C")]) == []


def test_good_rows_of_a_file_are_read_and_each_bad_one_comes_back_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(
        "类别,旧代码,新代码,新名称,仅限区划,生效日期,失效日期,说明\n"
        f"事项,{OLD_MATTER},{FOOD},,,2026-01-01,,清单改版\n"
        "街道,1,2,,,2026-01-01,,\n"
        "部门,1,2,,,2026-01-01,,\n"
        "事项,1,1,,,2026-01-01,,\n"
        "事项,1,2,,99,2026-01-01,,\n"
        "事项,1,2,,,2026-01-01,2025-01-01,\n"
        "事项,1,2,,,何时,,\n"
    )
    read = read_code_file(file)
    assert [entry.old for entry in read.entries] == [OLD_MATTER]
    assert [(row, column, fault.code) for row, column, _, fault in read.refused] == [
        (3, "类别", "bad_code_kind"),
        (4, "新代码", "bad_code"),
        (5, "新代码", "same_code"),
        (6, "仅限区划", "bad_region"),
        (7, "失效日期", "end_before_start"),
        (8, "生效日期", "bad_date"),
    ]

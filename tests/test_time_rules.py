"""A site sets its limits and takes notices about days of work and rest: as events, on both sides, with a version."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from events.database import connect
from events.limits import CalendarDay, CalendarDaysSet, LimitKind, LimitSet
from services.calendar_file import read_calendar_file
from services.limit_file import read_limit_file
from services.time_rules import read_time_rules, take_entries
from services.working_days import Due
from tests.conftest import Databases
from tests.test_looking import linkage, site_of

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
CLAIM = LimitSet(kind=LimitKind.CLAIM, days=7, valid_from=date(2026, 12, 1), officer="张工号")
NOTICE = CalendarDaysSet(
    notice="虚构的2027年放假通知",
    notice_year=2027,
    days=tuple(
        CalendarDay(day=day, works=works)
        for day, works in (
            (date(2027, 1, 1), False), (date(2027, 1, 4), False), (date(2027, 5, 1), False), (date(2027, 10, 1), False),
        )
    ),
)  # fmt: skip
STORM = CalendarDaysSet(notice="台风停工通知", days=(CalendarDay(day=date(2026, 12, 2), works=False),))


def test_a_limit_that_is_set_holds_for_what_is_opened_from_its_day_on(databases: Databases) -> None:
    with connect(databases.supervision_url, application="test") as connection:
        take_entries(connection, "supervision", [CLAIM], NOW)
        rules = read_time_rules(connection)
    assert rules.due(LimitKind.CLAIM, date(2026, 11, 30)) == Due(date(2026, 12, 3), estimated=False)
    assert rules.due(LimitKind.CLAIM, date(2026, 12, 1)) == Due(date(2026, 12, 10), estimated=False)


def test_a_notice_that_is_taken_is_known_from_then_on_and_a_day_of_the_site_wins(databases: Databases) -> None:
    with connect(databases.approval_url, application="test") as connection:
        before = read_time_rules(connection)
        assert before.due(LimitKind.CLAIM, date(2026, 12, 31)) == Due(date(2027, 1, 5), estimated=True)
        take_entries(connection, "approval", [NOTICE, STORM], NOW)
        rules = read_time_rules(connection)
    assert rules.due(LimitKind.CLAIM, date(2026, 12, 31)) == Due(date(2027, 1, 7), estimated=False)
    assert rules.due(LimitKind.FEEDBACK, date(2026, 12, 1)) == Due(date(2026, 12, 3), estimated=False)
    assert rules.calendar.version != before.calendar.version


def test_the_same_again_changes_nothing_and_a_change_is_the_next_version_of_its_stream(databases: Databases) -> None:
    with connect(databases.supervision_url, application="test") as connection:
        first = take_entries(connection, "supervision", [CLAIM, NOTICE], NOW)
        rules = read_time_rules(connection)
        again = take_entries(connection, "supervision", [CLAIM.model_copy(update={"officer": "李工号"}), NOTICE], NOW)
        assert read_time_rules(connection, rules) is rules
        changed = take_entries(connection, "supervision", [CLAIM.model_copy(update={"days": 5}), NOTICE], NOW)
        later = read_time_rules(connection, rules)
        recorded = connection.execute("SELECT type, version FROM outbox ORDER BY id").fetchall()
    assert [(one.recorded, one.unchanged, one.version) for one in (first, again, changed)] == [
        (2, 0, 1),
        (0, 2, 1),
        (1, 1, 2),
    ]
    assert later.limits.of(LimitKind.CLAIM, day=date(2026, 12, 1)).days == 5
    assert sorted(recorded) == [("calendar_days_set", 1), ("limit_set", 1), ("limit_set", 2)]


def test_of_two_notices_of_the_site_about_one_day_the_later_holds(databases: Databases) -> None:
    called_off = CalendarDaysSet(notice="复工通知", days=(CalendarDay(day=date(2026, 12, 2), works=True),))
    with connect(databases.supervision_url, application="test") as connection:
        for notice in (STORM, called_off):
            take_entries(connection, "supervision", [notice], NOW)
        assert read_time_rules(connection).calendar.is_working(date(2026, 12, 2))
        take_entries(connection, "supervision", [STORM.model_copy(update={"notice": "又一份停工通知"})], NOW)
        assert not read_time_rules(connection).calendar.is_working(date(2026, 12, 2))


def written(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_file_of_limits_gives_its_good_rows_and_a_repair_for_each_other(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "limits.csv",
        "种类,事项编码,期限,单位,生效日期,失效日期,依据",
        "签收认领,,7,,2027-01-01,,海审改办〔2026〕5号",
        "commitment_check,000131003000,30,自然日,2027-01-01,2027-12-31,",
        "签收,,7,,2027-01-01,,",
        "裁定,,0,,2027-01-01,,",
        "裁定,,5,周,2027-01-01,,",
        "裁定,,5,,2027-01-01,2026-01-01,",
        "裁定,,5,,,,",
    )
    found = read_limit_file(path, "张工号")
    assert [(one.kind, one.matter_code, one.days, one.unit.value) for one in found.entries] == [
        (LimitKind.CLAIM, "*", 7, "working_days"),
        (LimitKind.COMMITMENT_CHECK, "000131003000", 30, "natural_days"),
    ]
    assert [(row, fault.code) for row, _, _, fault in found.refused] == [
        (4, "bad_limit_kind"),
        (5, "bad_limit"),
        (6, "bad_unit"),
        (7, "end_before_start"),
        (8, "empty"),
    ]
    assert all(fault.reason and fault.repair for *_, fault in found.refused)


WHOLE = (
    "日期,类别,来源,通知年度",
    "2027-01-01,休息日,虚构通知,2027",
    "2027-05-01,休息日,虚构通知,2027",
    "2027-10-01,休息日,虚构通知,2027",
    "2026-12-27,工作日,虚构通知,2027",
    "2026-12-02,休息日,台风停工通知,",
)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2027-02-30,休息日,虚构通知,2027", "bad_date"),
        ("2027-02-06,放假,虚构通知,2027", "bad_day_sort"),
        ("2026-11-01,休息日,虚构通知,2027", "day_of_another_year"),
        ("2027-02-06,休息日,虚构通知,27", "bad_year"),
        ("2027-05-01,工作日,虚构通知,2027", "day_twice"),
        ("2027-02-06,休息日,另一份通知,2027", "two_notices_for_a_year"),
        ("2028-01-01,休息日,下一份通知,2028", "notice_not_whole"),
        ("2027-02-06,休息日,,2027", "empty"),
    ],
)
def test_a_file_of_notices_with_one_bad_row_is_taken_in_no_part(tmp_path: Path, line: str, code: str) -> None:
    assert len(read_calendar_file(written(tmp_path, "good.csv", *WHOLE), "张工号").notices) == 2
    spoilt = read_calendar_file(written(tmp_path, "bad.csv", *WHOLE, line), "张工号")
    assert spoilt.notices == []
    assert [fault.code for *_, fault in spoilt.refused] == [code]
    assert all(fault.reason and fault.repair for *_, fault in spoilt.refused)


def test_an_operator_sets_limits_and_takes_a_notice_from_the_command_line(databases: Databases, tmp_path: Path) -> None:
    site = site_of(
        tmp_path, APPROVAL_DATABASE_URL=databases.approval_url, SUPERVISION_DATABASE_URL=databases.supervision_url
    )
    done = linkage(site, "limits", "set", "claim", "7", "--from", "2026-01-01", "--by", "张工号", "--json")
    both = {"recorded": 1, "unchanged": 0}
    assert json.loads(done.stdout) == {"approval": both, "supervision": both, "refused": []}
    listed = linkage(site, "limits", "list", "--side", "approval", "--json")
    claims = [(row["days"], row["state"]) for row in json.loads(listed.stdout) if row["kind"] == "claim"]
    assert claims == [(7, "in_force"), (3, "preset")]
    taken = linkage(site, "calendar", "import", str(written(tmp_path, "2027.csv", *WHOLE)), "--by", "张工号")
    assert taken.stdout == "审批侧: 新记录 2 条, 未变 0 条\n监管侧: 新记录 2 条, 未变 0 条\n"
    shown = json.loads(linkage(site, "calendar", "show", "--year", "2027", "--json").stdout)
    assert (shown["estimated"], shown["years"][-1]) == (False, 2027)
    assert {"day": "2027-01-01", "works": False} in shown["days"]

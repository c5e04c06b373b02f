"""Every defect known from real files is found, named with its repair, and told apart from what needs nobody."""

from __future__ import annotations

from datetime import date

import pytest

from events.approval import PartyKind
from services.approval.publication_file.columns import CODES, COLUMNS
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.stated_status import StatedStatus
from services.publication_file.defects import RefusedRow, RepeatedRow
from tests.clerks_rows import (
    BUREAU,
    COMPANY,
    OTHER_COMPANY,
    PERSON,
    SHOP,
    TODAY,
    accepted,
    check_all,
    code,
    identity,
    natural_person,
    refused,
    row,
    shop,
)


def faults(cells: dict[str, str]) -> set[tuple[str, str]]:
    return {(one.column, one.code) for one in refused(cells).defects}


def notes(cells: dict[str, str]) -> set[str]:
    return {note.column for note in accepted(cells).notes}


def test_a_good_row_goes_through_with_all_its_meanings_and_nothing_to_note() -> None:
    found = accepted(row())
    assert found.notes == ()
    assert (found.row, found.party_kind, found.uscc) == (2, PartyKind.LEGAL, COMPANY)
    assert (found.decision_date, found.valid_from, found.valid_to) == (
        date(2024, 1, 5),
        date(2024, 1, 5),
        date(2029, 1, 4),
    )
    assert found.status is StatedStatus.VALID
    assert found.deciding_body == BUREAU
    assert accepted(natural_person()).identifier == PERSON
    assert accepted(shop()).identifier == SHOP


def test_lower_case_codes_are_put_right_and_noted() -> None:
    cells = row(XK_XDR_SHXYM=COMPANY.lower(), XK_XKJGDM=BUREAU.lower())
    assert accepted(cells).uscc == COMPANY
    assert notes(cells) == {"XK_XDR_SHXYM", "XK_XKJGDM"}
    with_x = next(number for n in range(99) if (number := identity(f"990101185001010{n:02d}")).endswith("X"))
    assert accepted(natural_person(XK_XDR_ZJHM=with_x.lower())).id_number == with_x


def test_full_width_digits_and_letters_are_put_right_and_noted() -> None:
    wide = {ord(c): ord(c) + 0xFEE0 for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    cells = row(XK_XDR_SHXYM=COMPANY.translate(wide), XK_JDRQ="２０２４／０１／０５", XK_XKBH="ＪＹ１２３")
    found = accepted(cells)
    assert (found.uscc, found.decision_date, found.permit_number) == (COMPANY, date(2024, 1, 5), "JY123")
    assert notes(cells) == {"XK_XDR_SHXYM", "XK_JDRQ", "XK_XKBH"}


def test_stray_spaces_and_invisible_characters_are_taken_out() -> None:
    found = accepted(row(XK_XDR_SHXYM=f" {COMPANY[:8]} {COMPANY[8:]}\u200b", XK_XDR_MC="\u3000海州市虚构公司\xa0"))
    assert (found.uscc, found.party_name) == (COMPANY, "海州市虚构公司")


def test_the_placeholder_of_an_agency_is_no_code_and_the_known_one_is_suggested_not_filled_in() -> None:
    cells = row(XK_XKJGDM="00000000000000000X")
    assert faults(cells) == {("XK_XKJGDM", "placeholder_body")}
    (suggested,) = refused(cells, code_of_body=lambda name: BUREAU if name == "海州市行政审批局" else None).defects
    assert BUREAU in suggested.repair
    assert accepted(row(XK_LYDWDM="00000000000000000X")).data_source_code == ""


@pytest.mark.parametrize("nothing", ["暂无", "无", "/", "NULL", "null", "—", "-", "N/A", "不详"])
def test_words_for_nothing_are_an_empty_cell(nothing: str) -> None:
    found = accepted(row(XK_XDR_GSZC=nothing, BZ=nothing, XK_NR=nothing))
    assert (found.registration_number, found.remark, found.content) == ("", "", "")
    assert faults(row(XK_XKWS=nothing)) == {("XK_XKWS", "placeholder")}


@pytest.mark.parametrize("empty", ["1900-1-1", "1900/01/01", "暂无", "0:00:00", "1"])
def test_1900_1_1_is_an_empty_date_and_no_date_is_filled_in_for_it(empty: str) -> None:
    assert accepted(row(XK_YXQZ=empty)).valid_from is None
    assert faults(row(XK_JDRQ=empty)) == {("XK_JDRQ", "placeholder")}
    assert faults(row(XK_YXQZI=empty)) == {("XK_YXQZI", "no_term")}


@pytest.mark.parametrize(
    "forever", ["2099/12/31", "2099-12-31", "2099年12月31日", "20991231", "73050", "长期", "永久", "9999-12-31"]
)
def test_2099_12_31_and_its_kin_mean_for_ever(forever: str) -> None:
    found = accepted(row(XK_YXQZI=forever))
    assert found.long_term
    assert found.valid_to is None


def test_for_ever_is_no_beginning() -> None:
    assert faults(row(XK_YXQZ="长期")) == {("XK_YXQZ", "long_term_start")}


@pytest.mark.parametrize(
    "written",
    [
        "2024/1/5",
        "2024-01-05",
        "2024.1.5",
        "2024年1月5日",
        "20240105",
        "45296",
        "2024-01-05 00:00:00",
        "２０２４年１月５日",
    ],
)
def test_a_date_is_read_in_every_form_that_real_files_carry(written: str) -> None:
    assert accepted(row(XK_JDRQ=written)).decision_date == date(2024, 1, 5)


@pytest.mark.parametrize("written", ["2024-02-30", "5/1/24", "2024年1月", "昨天", "99999", "2024-13-01", "123"])
def test_what_could_be_two_days_or_none_is_no_date(written: str) -> None:
    assert faults(row(XK_JDRQ=written)) == {("XK_JDRQ", "bad_date")}


def test_a_missing_document_number_falls_back_to_the_permit_number_and_back() -> None:
    assert accepted(row(XK_WSH="")).document_number == "JY29901010000001"
    assert accepted(row(XK_XKBH="暂无")).permit_number == "海审许决〔2024〕1号"
    assert faults(row(XK_WSH="", XK_XKBH="/")) == {("XK_WSH", "no_number")}


def test_the_same_row_twice_is_there_already() -> None:
    first, second = check_all([row(), row(XK_JDRQ="2024-1-5")])
    assert isinstance(first, PublishedPermit)
    assert second == RepeatedRow(3, of=2)


def test_the_same_certificate_with_other_facts_is_refused_and_names_the_other_row() -> None:
    _, second = check_all([row(), row(XK_YXQZI="2030/01/04")])
    assert isinstance(second, RefusedRow)
    assert second.defects[0].code == "conflicting"
    assert "第 2 行" in second.defects[0].reason


def test_a_later_decision_about_the_same_certificate_is_no_conflict() -> None:
    later = {"XK_WSH": "海审许决〔2026〕9号", "XK_JDRQ": "2026/01/05", "XK_YXQZI": "2034/01/04"}
    rows = [row(), row(**later), row(XK_ZT="注销"), row(XK_XDR_MC="海州市更名后餐饮有限公司", XK_WSH="另号")]
    assert all(isinstance(one, PublishedPermit) for one in check_all(rows))


def test_one_code_under_two_names_is_refused_and_names_the_other_row() -> None:
    good, other = check_all([row(), row(XK_XDR_MC="另一家公司", XK_XKBH="2")])
    assert isinstance(good, PublishedPermit)
    assert isinstance(other, RefusedRow)
    assert other.defects[0].code == "other_name"
    assert "第 2 行" in other.defects[0].reason


def test_two_writings_of_one_name_are_one_name() -> None:
    names = ["海州市虚构(临港)公司", "海州市虚构（临港）公司", "海州市虚构 (临港)公司"]
    rows = [row(XK_XDR_MC=name, XK_XKBH=str(number)) for number, name in enumerate(names)]
    assert all(isinstance(one, PublishedPermit) for one in check_all(rows))


def test_a_name_that_the_register_does_not_know_for_the_code_is_refused() -> None:
    known = {COMPANY: ("登记的名称",)}
    found = refused(row(), known_names=lambda code: known.get(code, ()))
    assert found.defects[0].code == "not_known_name"
    accepted(row(XK_XDR_SHXYM=OTHER_COMPANY), known_names=lambda code: known.get(code, ()))


def test_a_92_code_entered_as_a_legal_person_is_refused_with_the_repair() -> None:
    (found,) = refused(row(XK_XDR_SHXYM=SHOP)).defects
    assert (found.column, found.code) == ("XK_XDR_LB", "business_as_legal")
    assert "个体工商户" in found.repair
    assert faults(shop(XK_XDR_SHXYM=COMPANY)) == {("XK_XDR_LB", "legal_as_business")}


def test_an_end_before_the_beginning_is_refused() -> None:
    assert faults(row(XK_YXQZI="2023/12/31")) == {("XK_YXQZI", "end_before_start")}


def test_a_decision_of_tomorrow_is_refused_and_one_of_today_is_not() -> None:
    assert faults(row(XK_JDRQ="2026-11-25")) == {("XK_JDRQ", "future_decision")}
    assert accepted(row(XK_JDRQ="2026-11-24")).decision_date == TODAY


def test_a_decision_before_the_republic_is_refused() -> None:
    assert faults(row(XK_JDRQ="1924-01-05")) == {("XK_JDRQ", "ancient")}


@pytest.mark.parametrize(
    "column", ["XK_XDR_MC", "XK_XDR_LB", "XK_XKWS", "XK_XKLB", "XK_JDRQ", "XK_XKJG", "XK_XKJGDM", "XK_ZT"]
)
def test_what_every_row_must_have_is_named_when_it_is_missing(column: str) -> None:
    assert faults(row(**{column: ""})) == {(column, "required")}


def test_what_is_required_depends_on_the_kind_of_party() -> None:
    assert faults(row(XK_FRDB="")) == {("XK_FRDB", "required")}
    assert faults(row(XK_XDR_SHXYM="")) == {("XK_XDR_SHXYM", "required")}
    assert faults(row(XK_XDR_SHXYM="00000000000000000X")) == {("XK_XDR_SHXYM", "placeholder")}
    assert faults(natural_person(XK_XDR_ZJLX="", XK_XDR_ZJHM="")) == {
        ("XK_XDR_ZJLX", "required"),
        ("XK_XDR_ZJHM", "required"),
    }
    assert faults(row(XK_XDR_LB="其他")) == {("XK_XDR_LB", "unknown_kind")}


@pytest.mark.parametrize(
    "wrong", [COMPANY[:-1] + "?", COMPANY[:-1], "9199O101MA00000013", COMPANY[:-2] + COMPANY[-2:][::-1]]
)
def test_a_code_that_fails_its_check_is_refused(wrong: str) -> None:
    assert faults(row(XK_XDR_SHXYM=wrong)) == {("XK_XDR_SHXYM", "bad_uscc")}


def test_a_genuine_code_that_fails_its_check_goes_through_when_an_administrator_listed_it() -> None:
    genuine = COMPANY[:-1] + ("0" if COMPANY[-1] != "0" else "1")
    refused(row(XK_XDR_SHXYM=genuine))
    assert accepted(row(XK_XDR_SHXYM=genuine), allowed_code={genuine}.__contains__).uscc == genuine


@pytest.mark.parametrize(
    "wrong",
    [PERSON[:-1] + ("1" if PERSON[-1] == "0" else "0"), "123456789012345", identity("99010118500230001"), "9901"],
)
def test_an_identity_number_that_cannot_be_one_is_refused(wrong: str) -> None:
    assert faults(natural_person(XK_XDR_ZJHM=wrong)) == {("XK_XDR_ZJHM", "bad_identity_number")}
    assert faults(row(XK_FR_ZJLX="身份证", XK_FR_ZJHM=wrong)) == {("XK_FR_ZJHM", "bad_identity_number")}


def test_other_identity_documents_are_taken_as_they_are() -> None:
    assert accepted(natural_person(XK_XDR_ZJLX="护照", XK_XDR_ZJHM="E12345678")).id_number == "E12345678"


def test_a_code_that_a_spreadsheet_rounded_is_refused_for_its_digits_are_lost() -> None:
    assert faults(natural_person(XK_XDR_ZJHM="3.30102199001011E+17")) == {("XK_XDR_ZJHM", "lost_digits")}
    assert faults(row(XK_XKBH="1.23457E+14")) == {("XK_XKBH", "lost_digits")}


def test_a_character_that_was_lost_on_the_way_is_refused() -> None:
    assert faults(row(XK_NR="热食\ufffd制售")) == {("XK_NR", "unreadable_text")}


def test_all_defects_of_a_row_are_named_at_once() -> None:
    found = faults(row(XK_FRDB="", XK_JDRQ="昨天", XK_XKJGDM="00000000000000000X", XK_XKLB=""))
    assert {column for column, _ in found} == {"XK_FRDB", "XK_JDRQ", "XK_XKJGDM", "XK_XKLB"}


def test_a_refusal_keeps_the_value_as_the_clerk_wrote_it() -> None:
    (found,) = refused(row(XK_XDR_SHXYM=" ９1a ")).defects
    assert found.value == " ９1a "


def test_personal_values_never_reach_a_log() -> None:
    wrong = natural_person(XK_XDR_ZJHM="99010118500101001Y", XK_XDR_MC="某乙")
    for shown in (repr(refused(wrong)), repr(refused(wrong).defects[0]), repr(accepted(natural_person()))):
        assert "9901011850" not in shown
        assert "某乙" not in shown
    for column in COLUMNS:
        if column.code.endswith(("_MC", "_ZJHM")) or column.code == "XK_FRDB":
            assert column.personal


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("1", StatedStatus.VALID), ("0", StatedStatus.VALID), ("有效", StatedStatus.VALID),
        ("正常", StatedStatus.VALID),
        ("注销", StatedStatus.SURRENDERED), ("已吊销", StatedStatus.REVOKED), ("撤销", StatedStatus.ANNULLED),
        ("被撤回", StatedStatus.WITHDRAWN), ("2", StatedStatus.ENDED), ("无效", StatedStatus.ENDED),
        ("无效（已注销）", StatedStatus.SURRENDERED), ("有效（原证已注销）", StatedStatus.UNCLEAR),
        ("异议", StatedStatus.DISPUTED), ("3", StatedStatus.UNCLEAR), ("过期", StatedStatus.EXPIRED),
        ("不予许可", StatedStatus.NOT_GRANTED), ("蓝色", StatedStatus.UNCLEAR),
    ],
)  # fmt: skip
def test_the_stated_status_is_read_by_code_and_by_words(text: str, status: StatedStatus) -> None:
    assert accepted(row(XK_ZT=text)).status is status


def test_a_bare_1_is_not_taken_for_valid_in_a_file_that_uses_the_older_list() -> None:
    rows = [row(XK_ZT="0", XK_XKBH="1"), row(XK_ZT="1", XK_XKBH="2"), row(XK_ZT="有效", XK_XKBH="3")]
    found = [one.status for one in check_all(rows) if isinstance(one, PublishedPermit)]
    assert found == [StatedStatus.VALID, StatedStatus.UNCLEAR, StatedStatus.VALID]


def test_an_ending_needs_no_term() -> None:
    assert accepted(row(XK_ZT="注销", XK_YXQZI="")).valid_to is None


def test_there_are_28_columns() -> None:
    assert len(CODES) == len(set(CODES)) == 28


def test_codes_of_the_invented_rows_belong_to_nobody() -> None:
    assert all("9901" in one for one in (COMPANY, OTHER_COMPANY, SHOP, BUREAU, PERSON, code("91990101MA0000009")))

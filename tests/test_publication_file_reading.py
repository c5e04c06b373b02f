"""A clerk's file is read whatever program wrote it, and an unreadable one is answered with what to do."""

from __future__ import annotations

import csv
import datetime as dt
import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.approval.publication_file.columns import CODES, COLUMNS, LAYOUT
from services.publication_file.reading import open_published
from services.tables import rows
from services.tables.faults import UnreadableFile
from services.tables.opened import opened_rows
from tests.clerks_rows import COMPANY, HEADINGS, lines, natural_person, row, shop, write_csv, write_xlsx

ROWS = [row(), natural_person(XK_XKBH="2"), shop(XK_XKBH="3", XK_NR='自制饮品, "现调"\n冷食类')]
Cells = list[tuple[int, dict[str, str]]]


def read(path: Path) -> Cells:
    return [(found.number, found.cells) for found in open_published(path, LAYOUT).rows]


def why_not(path: Path) -> str:
    with pytest.raises(UnreadableFile) as caught:
        list(open_published(path, LAYOUT).rows)
    assert caught.value.fault.repair
    return caught.value.fault.code


EXPECTED: Cells = [(number, cells) for number, cells in enumerate(ROWS, 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_text_file_reads_the_same_in_every_encoding_and_with_every_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    assert read(write_csv(tmp_path / "permits.csv", lines(ROWS), encoding, delimiter)) == EXPECTED


@pytest.mark.parametrize("inline", [False, True])
def test_a_spreadsheet_reads_the_same_as_a_text_file(tmp_path: Path, inline: bool) -> None:
    assert read(write_xlsx(tmp_path / "permits.xlsx", lines(ROWS), inline=inline)) == EXPECTED


def test_content_counts_and_not_the_name_of_the_file(tmp_path: Path) -> None:
    assert read(write_xlsx(tmp_path / "permits.csv", lines(ROWS))) == EXPECTED


def test_headings_may_be_codes_or_names_mixed_in_any_order_with_stars_and_notes(tmp_path: Path) -> None:
    headings = [c.code.lower() if i % 2 else f"*{c.heading} （必填）" for i, c in enumerate(COLUMNS)]
    sheet = [list(reversed(cells)) for cells in lines(ROWS, headings)]
    assert read(write_csv(tmp_path / "permits.csv", sheet)) == EXPECTED


def test_a_title_above_the_headings_and_codes_below_them_are_no_rows(tmp_path: Path) -> None:
    sheet = [["海州市行政许可公示表"], [], *lines(ROWS)]
    sheet.insert(3, list(CODES))
    assert [number for number, _ in read(write_csv(tmp_path / "permits.csv", sheet))] == [5, 6, 7]


def test_row_numbers_are_those_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    sheet = lines([ROWS[2], ROWS[0]])
    sheet.insert(2, [])
    assert [number for number, _ in read(write_csv(tmp_path / "permits.csv", sheet))] == [2, 4]
    assert [number for number, _ in read(write_xlsx(tmp_path / "permits.xlsx", sheet))] == [2, 4]


def test_extra_columns_are_left_out_with_a_notice_and_a_missing_optional_one_is_taken_as_empty(tmp_path: Path) -> None:
    sheet = [[*cells[:-1], "x"] for cells in lines(ROWS)]
    sheet[0][-1] = "经办人"
    file = open_published(write_csv(tmp_path / "permits.csv", sheet), LAYOUT)
    assert any("经办人" in notice for notice in file.notices)
    assert any("备注" in notice for notice in file.notices)
    assert "BZ" not in next(file.rows).cells


def test_a_file_without_a_needed_column_is_refused_with_its_name(tmp_path: Path) -> None:
    sheet = [cells[:19] + cells[20:] for cells in lines(ROWS)]
    with pytest.raises(UnreadableFile, match=r"许可决定日期\(XK_JDRQ\)"):
        open_published(write_csv(tmp_path / "permits.csv", sheet), LAYOUT)


def test_a_column_that_stands_twice_is_refused_with_its_name(tmp_path: Path) -> None:
    sheet = [[*cells, cells[0]] for cells in lines(ROWS)]
    with pytest.raises(UnreadableFile, match="行政相对人名称"):
        open_published(write_csv(tmp_path / "permits.csv", sheet), LAYOUT)


def test_a_row_with_more_cells_than_headings_is_told_from_a_good_one(tmp_path: Path) -> None:
    sheet = lines([cells | {"BZ": "备注"} for cells in ROWS])
    sheet[2].insert(18, "内容中未加引号的逗号")
    sheet[3].append("")
    found = list(open_published(write_csv(tmp_path / "permits.csv", sheet), LAYOUT).rows)
    assert [one.surplus for one in found] == [(), ("备注",), ()]


def test_a_damaged_character_spoils_its_own_row_only(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "permits.csv", lines([row(XK_XKBH=str(n)) for n in range(50)]))
    content = path.read_bytes()
    at = content.index("海州市".encode(), len(content) // 2)
    path.write_bytes(content[:at] + b"\xff" + content[at + 1 :])
    found = [cells for _, cells in read(path)]
    assert sum("\ufffd" in "".join(cells.values()) for cells in found) == 1
    assert len(found) == 50


def test_a_few_gb18030_characters_that_happen_to_be_valid_utf8_are_read_rightly(tmp_path: Path) -> None:
    sheet = lines([dict.fromkeys(CODES, "x") | {"XK_NR": "联通"}], CODES)
    (found,) = read(write_csv(tmp_path / "permits.csv", sheet, "gb18030"))
    assert found[1]["XK_NR"] == "联通"


def test_the_encoding_of_a_file_that_begins_with_a_long_stretch_of_ascii_is_found(tmp_path: Path) -> None:
    plain = [dict.fromkeys(CODES, "a" * 100) for _ in range(200)]
    for encoding in ("utf-8", "gb18030"):
        path = write_csv(tmp_path / encoding, lines([*plain, row()], CODES), encoding)
        assert path.stat().st_size > 256 * 1024
        assert read(path)[-1][1] == row()


TEXT = st.text(
    st.one_of(st.characters(codec="gb18030", exclude_categories=("Cc", "Cs", "Co", "Cn")), st.sampled_from('",;\n\t=')),
    max_size=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(TEXT, min_size=28, max_size=28), min_size=1, max_size=4), st.sampled_from(["csv", "xlsx"]))
def test_whatever_stands_in_the_cells_comes_back_as_written(tmp_path: Path, cells: list[list[str]], kind: str) -> None:
    rows = [dict(zip(CODES, line, strict=True)) | {"XK_XDR_LB": "自然人"} for line in cells]
    if kind == "csv":
        path = write_csv(tmp_path / "permits.csv", lines(rows), "utf-8-sig")
    else:
        path = write_xlsx(tmp_path / "permits.xlsx", lines(rows))
    assert [found for _, found in read(path)] == rows


def spreadsheet_with(path: Path, fill: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        page.write_row(1, 0, [row()[column] for column in CODES])
        fill(book, page)
    return path


def mixed_cells(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    day, chinese = book.add_format({"num_format": "yyyy/m/d"}), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
    page.write_datetime(1, CODES.index("XK_JDRQ"), dt.datetime(2024, 1, 5), day)  # noqa: DTZ001
    page.write_datetime(1, CODES.index("XK_YXQZ"), dt.datetime(2024, 1, 5, 8, 30), chinese)  # noqa: DTZ001
    page.write_number(1, CODES.index("XK_YXQZI"), 45296)
    page.write_number(1, CODES.index("XK_XKBH"), 12345)
    page.write_number(1, CODES.index("XK_XDR_ZJHM"), 330102199001011234)
    page.write_number(1, CODES.index("XK_ZT"), 1)
    page.write_rich_string(1, CODES.index("XK_NR"), "热食类", book.add_format({"bold": True}), "食品制售")
    page.write_formula(1, CODES.index("XK_XKLB"), '="普"&"通"', None, "普通")


@pytest.mark.parametrize("large", [False, True])
def test_real_dates_numbers_rich_texts_and_formulas_come_as_the_text_a_clerk_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    monkeypatch.setattr(rows, "LIMITS", replace(rows.LIMITS, large=0 if large else 1 << 60))
    ((_, found),) = read(spreadsheet_with(tmp_path / "permits.xlsx", mixed_cells))
    assert found["XK_JDRQ"] == "2024-01-05"
    assert found["XK_YXQZ"] == "2024-01-05 08:30:00"
    assert found["XK_YXQZI"] == "45296"
    assert found["XK_XKBH"] == "12345"
    assert found["XK_ZT"] == "1"
    assert found["XK_NR"] == "热食类食品制售"
    assert found["XK_XKLB"] == "普通"
    assert found["XK_XDR_ZJHM"].startswith("3.30102")
    assert found["XK_XDR_ZJHM"].endswith("E+17")


@pytest.mark.parametrize("inline", [False, True])
def test_a_large_spreadsheet_read_piece_by_piece_says_the_same_as_one_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inline: bool
) -> None:
    sheet = lines([row(XK_XKBH=f"{n}", XK_NR="&<>" + "长" * (n % 50)) for n in range(3000)])
    sheet.insert(7, [])
    path = write_xlsx(tmp_path / "permits.xlsx", sheet, inline=inline)
    monkeypatch.setattr(rows, "LIMITS", replace(rows.LIMITS, large=1 << 60))
    whole = read(path)
    monkeypatch.setattr(rows, "LIMITS", replace(rows.LIMITS, large=0))
    assert read(path) == whole
    assert len(whole) == 3000


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # In this process, whose memory is seen, what the reading process does.
    monkeypatch.setattr(rows, "_bounded", opened_rows)
    monkeypatch.setattr(rows, "LIMITS", replace(rows.LIMITS, large=0))

    def peak(count: int) -> int:
        sheet = lines([row(XK_XKBH=f"{n:012d}", XK_NR=f"第{n}项内容") for n in range(count)])
        path = tmp_path / f"{count}.{kind}"
        write_csv(path, sheet) if kind == "csv" else write_xlsx(path, sheet)
        del sheet
        tracemalloc.start()
        try:
            assert sum(1 for _ in open_published(path, LAYOUT).rows) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(1_000), peak(12_000)
    # Shared strings cost 8 bytes each in memory; everything else stays as it is.
    assert large < small + 1_500_000


def test_an_empty_file_and_one_with_headings_only_are_told_apart(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert why_not(empty) == "empty_file"
    blank = tmp_path / "blank.csv"
    blank.write_bytes(b"\xef\xbb\xbf\r\n\r\n")
    assert why_not(blank) == "empty_file"
    assert why_not(write_csv(tmp_path / "headings.csv", lines([]))) == "no_rows"
    assert why_not(write_xlsx(tmp_path / "headings.xlsx", lines([]))) == "no_rows"
    assert why_not(write_xlsx(tmp_path / "nothing.xlsx", [])) == "empty_file"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 ...", "not_a_table"),
        (b"\x89PNG\r\n\x1a\n", "not_a_table"),
        (b"<html><table>", "not_a_table"),
        (b"PK\x03\x04 cut off", "spoiled"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "spoiled"),
        (bytes(range(256)) * 8, "unknown_format"),
        ("姓名,电话\n某甲,1\n".encode(), "no_header"),
    ],
)
def test_what_is_no_permits_file_is_answered_with_what_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    assert why_not(path) == reason


def test_a_spreadsheet_that_was_cut_off_is_spoiled(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "permits.xlsx", lines(ROWS))
    path.write_bytes(path.read_bytes()[:-500])
    assert why_not(path) == "spoiled"


@pytest.mark.parametrize("large", [False, True])
def test_a_spreadsheet_damaged_inside_is_spoiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    monkeypatch.setattr(rows, "LIMITS", replace(rows.LIMITS, large=0 if large else 1 << 60))
    good = write_xlsx(tmp_path / "good.xlsx", lines([row(XK_XKBH=str(n)) for n in range(500)]))
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            cut = name == "xl/worksheets/sheet1.xml"
            target.writestr(name, content[: len(content) // 2] + b"<<<" if cut else content)
    assert why_not(bad) == "spoiled"


def test_a_spreadsheet_with_a_password_is_answered_with_how_to_take_it_off(tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    path.write_bytes(protected_container())
    assert why_not(path) == "password"


def protected_container() -> bytes:
    """Return an OLE container as Excel writes it around an encrypted workbook: header, table of sectors, directory."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<II", head, 44, 1, 1)
    struct.pack_into("<IIII", head, 60, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", head, 76, 0, *[0xFFFFFFFF] * 108)
    sectors = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = io.BytesIO()
    for name, kind in (("Root Entry", 5), ("EncryptedPackage", 2), ("EncryptionInfo", 2)):
        entry = bytearray(128)
        text = (name + "\0").encode("utf-16-le")
        entry[: len(text)] = text
        struct.pack_into("<HBB", entry, 64, len(text), kind, 1)
        struct.pack_into("<III", entry, 68, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        directory.write(entry)
    return bytes(head) + sectors + directory.getvalue().ljust(512, b"\0")


def test_two_sheets_with_permits_are_refused_lest_the_second_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "permits.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("一月", "二月"):
            page = book.add_worksheet(name)
            for number, cells in enumerate(lines(ROWS)):
                page.write_row(number, 0, cells)
    with pytest.raises(UnreadableFile, match="一月、二月"):
        list(open_published(path, LAYOUT).rows)


def test_the_one_sheet_with_permits_is_found_among_others_and_hidden_ones_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "permits.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("填报说明").write(0, 0, "请按要求填报")
        page = book.add_worksheet("数据")
        hidden = book.add_worksheet("旧数据")
        for number, cells in enumerate(lines(ROWS)):
            page.write_row(number, 0, cells)
            hidden.write_row(number, 0, cells)
        hidden.hide()
    assert read(path) == EXPECTED


def test_a_penalties_file_is_told_from_a_permits_file(tmp_path: Path) -> None:
    headings = ["CF_XDR_MC", "CF_XDR_LB", "CF_WSH", "CF_WFXW", "CF_SY", "CF_YJ", "CF_CFLB", "CF_JDRQ"]
    assert why_not(write_csv(tmp_path / "penalties.csv", [headings, ["x"] * 8])) == "penalty_file"


def test_a_quotation_mark_that_is_never_closed_swallows_nothing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "permits.csv", lines([row(XK_XKBH=str(n)) for n in range(20)]))
    text = path.read_text().splitlines()
    cells = next(csv.reader([text[10]]))
    text[10] = '"' + ",".join(cells)
    path.write_text("\n".join(text))
    file = open_published(path, LAYOUT)
    with pytest.raises(UnreadableFile, match="第 11 行"):
        list(file.rows)


def test_a_file_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    assert why_not(write_csv(tmp_path / "wide.csv", [["x"] * 300, ["y"] * 300])) == "too_wide"


def test_codes_survive_as_text_in_a_spreadsheet(tmp_path: Path) -> None:
    ((_, found),) = read(write_xlsx(tmp_path / "permits.xlsx", lines([row(XK_XKBH="000123")])))
    assert found["XK_XKBH"] == "000123"
    assert found["XK_XDR_SHXYM"] == COMPANY

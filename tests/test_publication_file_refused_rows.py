"""The refused rows come back as a file that can be repaired in place and imported again."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from services.approval.publication_file.columns import LAYOUT
from services.approval.publication_file.published_permit import PublishedPermit
from services.publication_file.reading import open_published
from services.publication_file.refused_rows import refused_rows_file
from tests.clerks_rows import PERSON, check_all, natural_person, refused, row

BAD = natural_person(XK_XDR_ZJHM=PERSON[:-1], XK_JDRQ="昨天", XK_NR="=HYPERLINK(1)", BZ="+86 电话")


def write(path: Path, *rows: dict[str, str]) -> Path:
    with refused_rows_file(path, LAYOUT) as file:
        for cells in rows:
            file.write(refused(cells))
    return path


def sheet(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    return [
        [str(cell) for cell in cells] for cells in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_each_refused_row_stands_once_with_number_column_value_reason_and_repair(tmp_path: Path, kind: str) -> None:
    headings, cells = sheet(write(tmp_path / f"refused.{kind}", BAD))
    said = dict(zip(headings, cells, strict=True))
    assert said["行号"].removesuffix(".0") == "2"
    assert said["列"] == "证件号码\n许可决定日期"
    assert said["值"] == f"{PERSON[:-1]}\n昨天"
    assert len(said["原因"].splitlines()) == len(said["修改办法"].splitlines()) == 2
    assert len(headings) == 28 + 5


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_it_reads_as_the_rows_that_were_refused_and_goes_through_once_repaired(tmp_path: Path, kind: str) -> None:
    file = open_published(write(tmp_path / f"refused.{kind}", BAD, row(XK_FRDB="", XK_XKBH="2")), LAYOUT)
    assert not file.notices
    first, second = [found.cells for found in file.rows]
    assert (first["XK_XDR_ZJHM"], second["XK_FRDB"]) == (BAD["XK_XDR_ZJHM"], "")
    good = natural_person()
    repaired = [first | {"XK_XDR_ZJHM": good["XK_XDR_ZJHM"], "XK_JDRQ": "2024/1/5"}, second | {"XK_FRDB": "某甲"}]
    through = check_all(repaired)
    assert all(isinstance(one, PublishedPermit) for one in through)
    assert isinstance(through[0], PublishedPermit)
    assert (through[0].content, through[0].remark) == ("=HYPERLINK(1)", "+86 电话")


def test_no_value_runs_as_a_formula_when_the_file_is_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path / "refused.xlsx", BAD)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    for cells in sheet(write(tmp_path / "refused.csv", BAD)):
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_wrong_cells_are_marked_in_the_spreadsheet(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path / "refused.xlsx", BAD)) as archive:
        assert b"FFF2A8" in archive.read("xl/styles.xml")

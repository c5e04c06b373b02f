"""Rows of a 双公示 permits file as a clerk writes them, and the files they stand in. Invented throughout."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from stdnum.cn import ric, uscc

from services.approval.publication_file.checking import Checker
from services.approval.publication_file.columns import CODES, COLUMNS
from services.approval.publication_file.published_permit import Checked, PublishedPermit
from services.approval.publication_file.row_rules import Surroundings
from services.publication_file.defects import RefusedRow

TODAY = date(2026, 11, 24)
HEADINGS = tuple(column.heading for column in COLUMNS)


def code(first: str) -> str:
    """Return the credit code that begins with these 17 characters."""
    return first + str(uscc.calc_check_digit(first))


def identity(first: str) -> str:
    """Return the identity number that begins with these 17 digits."""
    return first + str(ric.calc_check_digit(first + "0"))


COMPANY = code("91990101MA0000001")
OTHER_COMPANY = code("91990101MA0000002")
SHOP = code("92990101MA0000003")
BUREAU = code("11990100MB0000001")
PERSON = identity("99010118500101001")


def row(**changes: str) -> dict[str, str]:
    """Return a row that goes through as it is; ``changes`` replace cells by column code."""
    return dict.fromkeys(CODES, "") | {
        "XK_XDR_MC": "海州市虚构餐饮管理有限公司",
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XDR_SHXYM": COMPANY,
        "XK_FRDB": "某甲",
        "XK_XKWS": "准予行政许可决定书",
        "XK_WSH": "海审许决〔2024〕1号",
        "XK_XKLB": "普通",
        "XK_XKZS": "食品经营许可证",
        "XK_XKBH": "JY29901010000001",
        "XK_NR": "餐饮服务: 热食类食品制售",
        "XK_JDRQ": "2024/01/05",
        "XK_YXQZ": "2024/01/05",
        "XK_YXQZI": "2029/01/04",
        "XK_XKJG": "海州市行政审批局",
        "XK_XKJGDM": BUREAU,
        "XK_ZT": "1",
        "XK_LYDW": "海州市行政审批局",
        "XK_LYDWDM": BUREAU,
    } | changes  # fmt: skip


def natural_person(**changes: str) -> dict[str, str]:
    """Return a row about a natural person that goes through as it is."""
    about = {
        "XK_XDR_MC": "某乙", "XK_XDR_LB": "自然人", "XK_XDR_SHXYM": "", "XK_FRDB": "",
        "XK_XDR_ZJLX": "身份证", "XK_XDR_ZJHM": PERSON,
    }  # fmt: skip
    return row(**(about | changes))


def shop(**changes: str) -> dict[str, str]:
    """Return a row about a 个体工商户 that goes through as it is."""
    return row(**({"XK_XDR_MC": "某丙面馆", "XK_XDR_LB": "个体工商户", "XK_XDR_SHXYM": SHOP, "XK_FRDB": ""} | changes))


def check_all(rows: Iterable[Mapping[str, str]], **around: Any) -> list[Checked]:
    """Return what one checker makes of ``rows``, the first of which is row 2 of its sheet."""
    checker = Checker(Surroundings(TODAY, **around))
    return [checker.check(number, cells) for number, cells in enumerate(rows, 2)]


def accepted(cells: Mapping[str, str], **around: Any) -> PublishedPermit:
    """Return the permit that a row is; it must go through."""
    (found,) = check_all([cells], **around)
    assert isinstance(found, PublishedPermit), found
    return found


def refused(cells: Mapping[str, str], **around: Any) -> RefusedRow:
    """Return the refusal of a row; it must not go through."""
    (found,) = check_all([cells], **around)
    assert isinstance(found, RefusedRow), found
    return found


def lines(rows: Iterable[Mapping[str, str]], headings: Sequence[str] = HEADINGS) -> list[list[str]]:
    """Return the cells of a sheet: headings, then rows in the order of the columns."""
    return [list(headings), *([cells[column] for column in CODES] for cells in rows)]


def write_csv(path: Path, sheet: Iterable[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(sheet)
    return path


def write_xlsx(path: Path, sheet: Iterable[Sequence[str]], *, inline: bool = False) -> Path:
    """Write text cells: as shared strings, the way Excel does, or ``inline``, the way reporting programs do."""
    with xlsxwriter.Workbook(path, {"constant_memory": inline, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("行政许可")
        for number, cells in enumerate(sheet):
            for column, text in enumerate(cells):
                if text:
                    page.write_string(number, column, text)
    return path

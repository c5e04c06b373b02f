"""The 28 columns of the 双公示 permits file, and how a heading row is recognised.

Source: the data standard of 2018 for publishing administrative permits. A heading may be the column's code, its
Chinese name, or one of the names in use; in any order, with stars, notes in brackets and spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``needed``: a file without it is refused. ``personal``: its values never go to a log."""

    code: str
    heading: str
    needed: bool = True
    personal: bool = False
    also: tuple[str, ...] = ()


COLUMNS = (
    Column("XK_XDR_MC", "行政相对人名称", personal=True, also=("相对人名称",)),
    Column("XK_XDR_LB", "行政相对人类别", also=("相对人类别", "行政相对人类型", "类别")),
    Column("XK_XDR_SHXYM", "行政相对人代码_1(统一社会信用代码)", True, True, ("统一社会信用代码", "行政相对人代码1")),
    Column("XK_XDR_GSZC", "行政相对人代码_2(工商注册号)", False, True, ("工商注册号", "行政相对人代码2", "工商登记码")),
    Column("XK_XDR_ZZJG", "行政相对人代码_3(组织机构代码)", False, True, ("组织机构代码", "行政相对人代码3")),
    Column("XK_XDR_SWDJ", "行政相对人代码_4(税务登记号)", False, True, ("税务登记号", "行政相对人代码4")),
    Column("XK_XDR_SYDW", "行政相对人代码_5(事业单位证书号)", False, True, ("事业单位证书号", "行政相对人代码5")),
    Column("XK_XDR_SHZZ", "行政相对人代码_6(社会组织登记证号)", False, True, ("社会组织登记证号", "行政相对人代码6")),
    Column("XK_FRDB", "法定代表人", personal=True, also=("法定代表人姓名", "法人代表", "法定代表人(负责人)")),
    Column("XK_FR_ZJLX", "法定代表人证件类型", False),
    Column("XK_FR_ZJHM", "法定代表人证件号码", False, True, ("法定代表人证件号", "法定代表人身份证号")),
    Column("XK_XDR_ZJLX", "证件类型", also=("自然人证件类型", "行政相对人证件类型")),
    Column("XK_XDR_ZJHM", "证件号码", personal=True, also=("自然人证件号码", "行政相对人证件号码")),
    Column("XK_XKWS", "行政许可决定文书名称", also=("决定文书名称", "许可决定文书名称")),
    Column("XK_WSH", "行政许可决定文书号", also=("决定文书号", "许可决定文书号", "行政许可决定书文号")),
    Column("XK_XKLB", "许可类别", also=("行政许可类别",)),
    Column("XK_XKZS", "许可证书名称", False, also=("证书名称", "行政许可证书名称")),
    Column("XK_XKBH", "许可编号", personal=True, also=("行政许可编号", "许可证编号", "许可证书编号")),
    Column("XK_NR", "许可内容", personal=True, also=("行政许可内容",)),
    Column("XK_JDRQ", "许可决定日期", also=("决定日期", "行政许可决定日期")),
    Column("XK_YXQZ", "有效期自", also=("有效期起", "有效期自(起)")),
    Column("XK_YXQZI", "有效期至", also=("有效期止", "有效期至(止)")),
    Column("XK_XKJG", "许可机关", also=("行政许可机关", "许可机关名称")),
    Column("XK_XKJGDM", "许可机关统一社会信用代码", also=("许可机关代码", "行政许可机关统一社会信用代码")),
    Column("XK_ZT", "当前状态", also=("许可状态", "状态")),
    Column("XK_LYDW", "数据来源单位", False),
    Column("XK_LYDWDM", "数据来源单位统一社会信用代码", False, also=("数据来源单位代码",)),
    Column("BZ", "备注", False, personal=True),
)  # fmt: skip
BY_CODE = {column.code: column for column in COLUMNS}
CODES = tuple(BY_CODE)
REMARKS = ("行号", "列", "值", "原因", "修改办法")
"""The columns that a file of refused rows has besides: left out without a word when it comes back repaired."""

_CODE_IN_TEXT = re.compile(r"(?:CF|XK)_[A-Z]+(?:_[A-Z]+)*|\bBZ\b")
_NOTE = re.compile(r"\((?:必填|选填|条件必填|必填项|选填项|非必填)[^)]*\)")
_DECORATION = re.compile(r"[\s*_＊:\-()\[\]【】\"']+")


def _plain(heading: str) -> str:
    text = _NOTE.sub("", unicodedata.normalize("NFKC", heading).upper())
    return _DECORATION.sub("", text)


_BY_HEADING = {_plain(text): c.code for c in COLUMNS for text in (c.code, c.heading, *c.also)}


def column_named(heading: str) -> str | None:
    """Return the code of the column that ``heading`` names, or None."""
    found = _BY_HEADING.get(_plain(heading))
    if found:
        return found
    written = _CODE_IN_TEXT.search(unicodedata.normalize("NFKC", heading).upper())
    return written[0] if written and written[0] in BY_CODE else None


@dataclass(frozen=True, slots=True)
class Header:
    """What a heading row says. ``places``: (index in the row, code of the column)."""

    places: tuple[tuple[int, str], ...]
    missing: tuple[Column, ...]
    doubled: tuple[Column, ...]
    ignored: tuple[str, ...]

    @property
    def absent(self) -> tuple[Column, ...]:
        """Columns that are not needed and not there: taken as empty."""
        there = {code for _, code in self.places}
        return tuple(c for c in COLUMNS if not c.needed and c.code not in there)


HEADER_LIKE = 5
"""So many recognised headings make a row a heading row; fewer can happen in a title or a data row."""


def read_header(cells: Sequence[str]) -> Header | None:
    """Return the header that ``cells`` are, or None when this is no heading row."""
    named = [(index, column_named(cell)) for index, cell in enumerate(cells) if cell.strip()]
    places = tuple((index, code) for index, code in named if code)
    codes = [code for _, code in places]
    if len(set(codes)) < HEADER_LIKE:
        return None
    return Header(
        places=places,
        missing=tuple(c for c in COLUMNS if c.needed and c.code not in codes),
        doubled=tuple(c for c in COLUMNS if codes.count(c.code) > 1),
        ignored=tuple(
            cells[index].strip() for index, code in named if not code and cells[index].strip() not in REMARKS
        ),
    )

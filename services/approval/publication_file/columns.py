"""The 28 columns of the 双公示 permits file, 2018 layout."""

from __future__ import annotations

from services.approval.publication_file import wording
from services.publication_file.layout import Column, Layout
from services.publication_file.party_columns import CODES as PARTY_CODES
from services.publication_file.party_columns import meant, party_columns

COLUMNS = (
    *party_columns("XK_"),
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
LAYOUT = Layout(
    title="行政许可",
    body_title="许可机关",
    columns=COLUMNS,
    meant=meant("XK_", body="XK_XKJG", body_code="XK_XKJGDM", source_code="XK_LYDWDM", decided="XK_JDRQ"),
    codes=frozenset((*(f"XK_{code}" for code in PARTY_CODES), "XK_XKJGDM", "XK_LYDWDM")),
    dates=frozenset(("XK_JDRQ", "XK_YXQZ", "XK_YXQZI")),
    endless=frozenset(("XK_YXQZI",)),
    others=("CF_", "处罚", wording.PENALTY_FILE),
    genuine="请管理员登记为例外代码",
)  # fmt: skip
CODES = tuple(LAYOUT.by_code)
COLUMN_OF = {
    "valid_to": "XK_YXQZI",
    "decision_date": "XK_JDRQ",
    "permit_number": "XK_XKBH",
    "party": "XK_XDR_MC",
    "reason": "BZ",
}
"""In which column the fault lies that the desk finds in a field of a decision."""

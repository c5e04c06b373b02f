"""The 30 columns of the 双公示 penalties file, 2018 layout."""

from __future__ import annotations

from services.publication_file.layout import Column, Layout
from services.publication_file.party_columns import CODES as PARTY_CODES
from services.publication_file.party_columns import meant, party_columns
from services.supervision.penalty_file import wording

PREFIX = "CF_"
COLUMNS = (
    *party_columns(PREFIX),
    Column("CF_WSH", "行政处罚决定书文号", also=("处罚决定书文号", "决定书文号", "行政处罚决定文书号")),
    Column("CF_WFXW", "违法行为类型", also=("违法行为",)),
    Column("CF_SY", "违法事实", personal=True, also=("处罚事由", "主要违法事实")),
    Column("CF_YJ", "处罚依据", personal=True, also=("行政处罚依据",)),
    Column("CF_CFLB", "处罚类别", also=("行政处罚类别", "处罚种类")),
    Column("CF_NR", "处罚内容", personal=True, also=("行政处罚内容",)),
    Column("CF_NR_FK", "罚款金额(万元)", also=("罚款金额", "罚款数额")),
    Column(
        "CF_NR_WFFF", "没收违法所得、没收非法财物的金额(万元)",
        also=("没收金额", "没收金额(万元)", "没收违法所得、没收非法财物的金额"),
    ),
    Column("CF_NR_ZKDX", "暂扣或吊销证照名称及编号", personal=True, also=("暂扣或者吊销证照名称及编号",)),
    Column("CF_JDRQ", "处罚决定日期", also=("决定日期", "行政处罚决定日期")),
    Column("CF_YXQ", "处罚有效期", also=("处罚有效期至",)),
    Column("CF_GSJZQ", "公示截止期", also=("公示截止日期", "公示期限")),
    Column("CF_CFJG", "处罚机关", also=("行政处罚机关", "处罚机关名称")),
    Column("CF_CFJGDM", "处罚机关统一社会信用代码", also=("处罚机关代码", "行政处罚机关统一社会信用代码")),
    Column("CF_SJLY", "数据来源单位", False, also=("数据来源",)),
    Column("CF_SJLYDM", "数据来源单位统一社会信用代码", False, also=("数据来源单位代码",)),
    Column("BZ", "备注", False, personal=True),
)  # fmt: skip
LAYOUT = Layout(
    title="行政处罚",
    body_title="处罚机关",
    columns=COLUMNS,
    meant=meant(PREFIX, body="CF_CFJG", body_code="CF_CFJGDM", source_code="CF_SJLYDM", decided="CF_JDRQ"),
    codes=frozenset((*(f"{PREFIX}{code}" for code in PARTY_CODES), "CF_CFJGDM", "CF_SJLYDM")),
    dates=frozenset(("CF_JDRQ", "CF_YXQ", "CF_GSJZQ")),
    endless=frozenset(("CF_YXQ", "CF_GSJZQ")),
    others=("XK_", "许可", wording.PERMITS_FILE),
    genuine="请经接口登记该处罚",
)
CODES = tuple(LAYOUT.by_code)
REQUIRED = (
    "CF_XDR_MC", "CF_XDR_LB", "CF_WSH", "CF_WFXW", "CF_SY", "CF_YJ", "CF_CFLB", "CF_NR", "CF_JDRQ", "CF_CFJG",
    "CF_CFJGDM",
)  # fmt: skip
FACTS = {
    "document_number": "CF_WSH",
    "violation_kind": "CF_WFXW",
    "violation_facts": "CF_SY",
    "legal_basis": "CF_YJ",
    "penalty_kind": "CF_CFLB",
    "content": "CF_NR",
    "fine": "CF_NR_FK",
    "confiscated": "CF_NR_WFFF",
    "certificates": "CF_NR_ZKDX",
    "decision_date": "CF_JDRQ",
    "valid_to": "CF_YXQ",
    "published_until": "CF_GSJZQ",
    "department": "CF_CFJGDM",
    "department_name": "CF_CFJG",
    "data_source": "CF_SJLY",
    "data_source_code": "CF_SJLYDM",
    "remark": "BZ",
}
"""In which column stands each fact of a penalty, by its name in the event."""
COLUMN_OF = {**FACTS, "party": "CF_XDR_MC"}
"""In which column stands what a rule of the penalty's life refuses."""

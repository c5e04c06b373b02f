"""The form of one penalty: the columns of the 双公示 penalties file, those that are always needed first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from events.approval import PartyKind
from services.publication_file.defects import Defect
from services.supervision.pages.finding_forms import CHOICE, DAY, LINE, TEXT, Field


@dataclass(frozen=True, slots=True)
class Group:
    """``folded``: shown when somebody opens it, or when something in it is wrong."""

    title: str
    fields: tuple[Field, ...]
    folded: bool = False


KINDS = {kind.value: kind.value for kind in PartyKind}
GROUPS = (
    Group("行政相对人", (
        Field("CF_XDR_LB", "类别", CHOICE, choices=KINDS),
        Field("CF_XDR_MC", "名称或姓名"),
        Field("CF_XDR_SHXYM", "统一社会信用代码", required=False, when="非自然人必填"),
        Field("CF_FRDB", "法定代表人", required=False, when="法人必填"),
        Field("CF_XDR_ZJLX", "证件类型", required=False, hint="如 身份证", when="自然人必填"),
        Field("CF_XDR_ZJHM", "证件号码", required=False, when="自然人必填"),
    )),
    Group("处罚决定", (
        Field("CF_WSH", "决定书文号"),
        Field("CF_JDRQ", "处罚决定日期", DAY),
        Field("CF_WFXW", "违法行为类型"),
        Field("CF_CFLB", "处罚类别", hint="如 罚款；有多种的以顿号分隔"),
        Field("CF_SY", "违法事实", TEXT),
        Field("CF_YJ", "处罚依据", TEXT),
        Field("CF_NR", "处罚内容", TEXT),
    )),
    Group("所涉证照", (
        Field("CF_NR_ZKDX", "证照名称及编号", LINE, False, when="暂扣、吊销的必填",
              hint="写明的，只涉及所写许可，多个以顿号分隔；不写的，涉及该相对人全部现行许可"),
    )),
    Group("金额（万元）", (
        Field("CF_NR_FK", "罚款金额", LINE, False, hint="2000 元填 0.2", when="罚款的必填"),
        Field("CF_NR_WFFF", "没收金额", LINE, False, when="没收的必填"),
    )),
    Group("期限、其他证件和备注", (
        Field("CF_YXQ", "处罚有效期", DAY, False),
        Field("CF_GSJZQ", "公示截止期", DAY, False),
        Field("CF_FR_ZJLX", "法定代表人证件类型", LINE, False),
        Field("CF_FR_ZJHM", "法定代表人证件号码", LINE, False),
        Field("CF_XDR_GSZC", "工商注册号", LINE, False),
        Field("CF_XDR_ZZJG", "组织机构代码", LINE, False),
        Field("CF_XDR_SWDJ", "税务登记号", LINE, False),
        Field("CF_XDR_SYDW", "事业单位证书号", LINE, False),
        Field("CF_XDR_SHZZ", "社会组织登记证号", LINE, False),
        Field("CF_SJLY", "数据来源单位", LINE, False),
        Field("CF_SJLYDM", "数据来源单位代码", LINE, False),
        Field("BZ", "备注", TEXT, False),
    ), folded=True),
)  # fmt: skip
"""Everything but the deciding department, which is the reader's own."""

COLUMNS = tuple(field.name for group in GROUPS for field in group.fields)


def cells_of_form(sent: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, by column; what was left out is not there."""
    return {column: typed for column in COLUMNS if (typed := sent.get(column, "").strip())}


def wrong_in(defects: Iterable[Defect]) -> dict[str, str]:
    """Return what is said beside each field that is wrong; under the empty name what no field can mend."""
    said: dict[str, str] = {}
    for one in defects:
        where = one.column if one.column in COLUMNS else ""
        said[where] = said.get(where, "") + one.reason + one.repair
    return said

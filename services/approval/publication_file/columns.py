"""The 28 columns of the 双公示 permits file, 2018 layout."""

from __future__ import annotations

from services.approval.publication_file import wording
from services.publication_file.layout import Column, Layout, Meant

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
LAYOUT = Layout(
    title="行政许可",
    body_title="许可机关",
    columns=COLUMNS,
    meant=Meant(
        name="XK_XDR_MC",
        kind="XK_XDR_LB",
        uscc="XK_XDR_SHXYM",
        representative="XK_FRDB",
        representative_id_kind="XK_FR_ZJLX",
        representative_id="XK_FR_ZJHM",
        id_kind="XK_XDR_ZJLX",
        id_number="XK_XDR_ZJHM",
        body="XK_XKJG",
        body_code="XK_XKJGDM",
        source_code="XK_LYDWDM",
        decided="XK_JDRQ",
    ),
    codes=frozenset(
        (
            "XK_XDR_SHXYM", "XK_XDR_GSZC", "XK_XDR_ZZJG", "XK_XDR_SWDJ", "XK_FR_ZJHM", "XK_XDR_ZJHM", "XK_XKJGDM",
            "XK_LYDWDM",
        )
    ),
    dates=frozenset(("XK_JDRQ", "XK_YXQZ", "XK_YXQZI")),
    endless=frozenset(("XK_YXQZI",)),
    others=("CF_", "处罚", wording.PENALTY_FILE),
    genuine="请管理员登记为例外代码",
)  # fmt: skip
CODES = tuple(LAYOUT.by_code)

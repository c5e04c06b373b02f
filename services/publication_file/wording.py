"""Every sentence that is read about either 双公示 file, in one place: what is wrong, and what to do about it."""

from __future__ import annotations

from services.tables.faults import Fault

NO_ROWS = Fault("no_rows", "文件只有表头, 没有数据行。", "请确认导出时选择了数据范围。")
NO_HEADER = Fault(
    "no_header",
    "前 {rows} 行中没有找到表头。",
    "请使用 2018 版双公示{title}模板, 首行为 {columns} 个栏目的名称或代码。",
)
MISSING_COLUMNS = Fault(
    "missing_columns", "缺少必需的栏目: {columns}。", "请按 2018 版双公示{title}模板补齐栏目后重新导入。"
)
DOUBLED_COLUMNS = Fault("doubled_columns", "栏目重复出现: {columns}。", "请删除多余的栏目后重新导入。")
REQUIRED = Fault("required", "{heading}为空。", "请填写{heading}。")
PLACEHOLDER_REQUIRED = Fault(
    "placeholder", "{heading}填的是占位内容, 视为空。", "请填写真实的{heading}; 系统不会代填。"
)
UNREADABLE_TEXT = Fault(
    "unreadable_text", "含有无法识别的字符, 原内容已丢失。", "请从原系统重新导出, 或改正后重新导入。"
)
WIDER_THAN_HEADER = Fault(
    "wider_than_header", "该行的列数多于表头, 内容可能错位。", "请检查内容中的分隔符, 必要时另存为 XLSX 后导入。"
)
UNFIT = Fault("unfit", "该行内容不符合要求。", "请核对该行各栏的内容和长度。")
TOO_LONG = Fault("too_long", "内容超过 {limit} 个字。", "请精简内容。")
UNKNOWN_KIND = Fault("unknown_kind", "不是规定的行政相对人类别。", "请填写: 法人及非法人组织、自然人 或 个体工商户。")
BUSINESS_AS_LEGAL = Fault(
    "business_as_legal", "92 开头的代码是个体工商户, 类别填成了法人及非法人组织。", "请把行政相对人类别改为个体工商户。"
)
LEGAL_AS_BUSINESS = Fault(
    "legal_as_business", "该代码不是个体工商户的代码(应以 92 开头)。", "请核对行政相对人类别和统一社会信用代码。"
)
BAD_USCC = Fault("bad_uscc", "统一社会信用代码{why}。", "请核对营业执照; 代码确实无误的, {genuine}。")
PLACEHOLDER_BODY = Fault(
    "placeholder_body", "这是占位代码, 不是{body}的代码。", "请填写{body}自己的统一社会信用代码{hint}。"
)
BAD_IDENTITY_NUMBER = Fault("bad_identity_number", "身份证号码{why}。", "请核对身份证件后填写 18 位号码。")
LOST_DIGITS = Fault(
    "lost_digits", "被表格软件当作数字, 末尾的位数已经丢失。", "请把该列设为“文本”格式后重新填写, 不能由程序恢复。"
)
BAD_DATE = Fault("bad_date", "不是可以识别的日期。", "请按 2024/01/05 或 2024-01-05 填写。")
LONG_TERM_START = Fault("long_term_start", "{heading}不能填长期。", "请填写具体日期。")
FUTURE_DECISION = Fault("future_decision", "{heading}晚于今天。", "请核对{heading}。")
ANCIENT = Fault("ancient", "日期早于 1949 年 10 月 1 日。", "请核对日期。")
OTHER_NAME = Fault(
    "other_name", "同一统一社会信用代码在第 {row} 行是另一个名称。", "请核对名称与代码; 已更名的请先报送名称变更。"
)
NOT_KNOWN_NAME = Fault(
    "not_known_name", "名称与该统一社会信用代码登记的名称不一致。", "请核对名称与代码; 已更名的请先报送名称变更。"
)

EMPTIED = "占位内容视为空"
NARROWED = "全角字符改为半角"
UPPERED = "小写字母改为大写"
SQUEEZED = "去掉空格和不可见字符"
FOREVER = "识别为长期"
DATE_READ = "按日期读取"
SERIAL_READ = "表格日期序号换算为日期"
KIND_READ = "按规定的类别读取"
PLACEHOLDER_SOURCE = "占位代码视为空"
ABSENT_COLUMN = "缺少栏目“{heading}”, 按空处理。"
IGNORED_COLUMN = "栏目“{heading}”不在 2018 版模板中, 没有读取。"
USCC_LENGTH = "不是 18 位"
USCC_CHARACTERS = "含有不允许的字符"
USCC_CHECK = "校验位不符"
ID_LENGTH = "不是 18 位"
ID_OLD = "是 15 位旧号码"
ID_CHARACTERS = "含有不允许的字符"
ID_CHECK = "校验位不符"
ID_BIRTH = "中的出生日期不存在"

"""Every sentence that a clerk reads about a permits file, in one place: what is wrong, and what to do about it."""

from __future__ import annotations

from services.tables.faults import Fault

NO_ROWS = Fault("no_rows", "文件只有表头, 没有数据行。", "请确认导出时选择了数据范围。")
NO_HEADER = Fault(
    "no_header",
    "前 {rows} 行中没有找到表头。",
    "请使用 2018 版双公示行政许可模板, 首行为 28 个栏目的名称或代码。",
)
MISSING_COLUMNS = Fault(
    "missing_columns", "缺少必需的栏目: {columns}。", "请按 2018 版双公示行政许可模板补齐栏目后重新导入。"
)
DOUBLED_COLUMNS = Fault("doubled_columns", "栏目重复出现: {columns}。", "请删除多余的栏目后重新导入。")
PENALTY_FILE = Fault("penalty_file", "这是行政处罚文件, 不是行政许可文件。", "请选择行政许可文件。")

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
BAD_USCC = Fault("bad_uscc", "统一社会信用代码{why}。", "请核对营业执照; 代码确实无误的, 请管理员登记为例外代码。")
PLACEHOLDER_BODY = Fault(
    "placeholder_body", "这是占位代码, 不是许可机关的代码。", "请填写许可机关自己的统一社会信用代码{hint}。"
)
BAD_IDENTITY_NUMBER = Fault("bad_identity_number", "身份证号码{why}。", "请核对身份证件后填写 18 位号码。")
LOST_DIGITS = Fault(
    "lost_digits", "被表格软件当作数字, 末尾的位数已经丢失。", "请把该列设为“文本”格式后重新填写, 不能由程序恢复。"
)
BAD_DATE = Fault("bad_date", "不是可以识别的日期。", "请按 2024/01/05 或 2024-01-05 填写。")
LONG_TERM_START = Fault("long_term_start", "{heading}不能填长期。", "请填写具体日期。")
FUTURE_DECISION = Fault("future_decision", "许可决定日期晚于今天。", "请核对许可决定日期。")
ANCIENT = Fault("ancient", "日期早于 1949 年 10 月 1 日。", "请核对日期。")
END_BEFORE_START = Fault("end_before_start", "有效期至早于有效期自。", "请核对有效期的起止日期。")
NO_NUMBER = Fault("no_number", "决定文书号和许可编号都为空。", "请至少填写其中一项。")
NO_TERM = Fault("no_term", "有效期至为空, 不能视为长期。", "请填写有效期至; 长期有效的请填 2099/12/31。")
CONFLICTING = Fault(
    "conflicting",
    "与第 {row} 行是同一许可的同一决定, 内容却不一致。",
    "请核对两行, 保留正确的一行; 确为另一次决定的请改正决定文书号或决定日期。",
)
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
NUMBER_FROM_PERMIT = "决定文书号为空, 按标准以许可编号代替"
NUMBER_FROM_DOCUMENT = "许可编号为空, 以决定文书号识别"
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

"""The rules about freezes, suggestions, checks and inspections, in the words of those who read the refusal."""

from services.refusing import Rule

UNKNOWN_PERMIT = Rule("unknown_permit", "监管侧没有收到过该许可的任何决定。", "请核对许可标识。")
UNKNOWN_DEPARTMENT = Rule("unknown_department", "监管责任清单中没有该部门代码。", "请核对 18 位部门代码。")
UNKNOWN_FINDING = Rule("unknown_finding", "没有找到这一记录。", "请核对标识。")
NOT_WATCHED = Rule(
    "not_watched", "该许可不在本部门的监管名单中。", "请核对许可与部门; 职责有误的, 请联系审改部门修改责任清单。"
)
PERMIT_ENDED = Rule("permit_ended", "该许可已不在有效状态。", "请核对许可标识。")
NOT_ON_COMMITMENT = Rule(
    "not_on_commitment", "该许可不是以告知承诺方式取得的。", "请核对许可; 一般检查请登记检查记录。"
)
BEFORE_PERMIT = Rule("before_permit", "日期早于该许可的首次决定日期。", "请核对日期。")
FACTS_NEEDED = Rule("facts_needed", "结论不合格, 却没有写明事实。", "请写明发现的问题。")
NOTHING_WRONG = Rule("nothing_wrong", "未发现问题的检查不能要求整改。", "请改正检查结果, 或删去整改期限。")
END_BEFORE_START = Rule("end_before_start", "截止日期早于起始日期。", "请核对日期。")
ALREADY_INSPECTED = Rule("already_inspected", "该检查的结果已经登记。", "再次检查请登记新的检查; 整改情况请登记复查。")
NOTHING_TO_RECTIFY = Rule("nothing_to_rectify", "该检查没有待复查的整改。", "请核对检查; 新的问题请登记新的检查。")
NOT_FROZEN = Rule("not_frozen", "该冻结已经结束, 不能解除。", "请核对标识。")

NO_SUCH_FACT = Rule(
    "no_such_fact",
    "许可没有这一项公开信息。",
    "请填写许可查询答复中 facts 下的名称, 如 valid_to; 相对人有误的请致函许可机关。",
)
ALREADY_SO = Rule("already_so", "记录的内容与所称应为内容相同。", "请核对该项内容。")

FINDING_RULES = (
    NO_SUCH_FACT, ALREADY_SO,
    UNKNOWN_PERMIT, UNKNOWN_DEPARTMENT, UNKNOWN_FINDING, NOT_WATCHED, PERMIT_ENDED, NOT_ON_COMMITMENT, BEFORE_PERMIT,
    FACTS_NEEDED, NOTHING_WRONG, END_BEFORE_START, ALREADY_INSPECTED, NOTHING_TO_RECTIFY, NOT_FROZEN,
)  # fmt: skip

"""The rules of a permit's life, in the words of those who read the refusal."""

from services.approval.rules_in_force import BASIS_REPEALED, MATTER_CLOSED
from services.refusing import Rule

ALREADY_GRANTED = Rule(
    "already_granted",
    "该许可编号已经核发, 不能再次核发。",
    "如为延续或变更, 请选择相应的业务类型; 如编号有误, 请更正编号。",
)
UNKNOWN_PERMIT = Rule(
    "unknown_permit", "没有找到该许可编号的核发记录。", "请先补报核发决定, 或核对许可编号与许可机关。"
)
NOT_IN_FORCE = Rule(
    "not_in_force", "该许可已不在有效状态, 不能办理此业务。", "请核对许可编号; 已终止的许可只能更正或重新核发新证。"
)
FUTURE_DECISION = Rule("future_decision", "决定日期晚于今天。", "请核对决定日期。")
BEFORE_GRANT = Rule("before_grant", "决定日期早于该许可的核发日期。", "请核对决定日期。")
END_BEFORE_START = Rule("end_before_start", "有效期至早于有效期自。", "请核对有效期的起止日期。")
NO_TERM = Rule("no_term", "没有有效期至, 也没有注明长期。", "请填写有效期至; 长期有效的请填 2099/12/31 或注明长期。")
NOT_EXTENDED = Rule(
    "not_extended", "延续后的有效期至没有晚于原有效期至。", "请核对有效期至; 如只是更换证书, 请选择补发或变更。"
)
NOTHING_CHANGED = Rule(
    "nothing_changed", "与现有记录相比没有任何变化。", "无需重复报送; 如确有变更, 请填写变更后的内容。"
)
REASON_NEEDED = Rule("reason_needed", "吊销、撤销、撤回和不予许可必须说明理由或依据。", "请填写理由或法律依据。")
OTHER_PARTY = Rule("other_party", "行政相对人与核发时不一致。", "许可转让或更名请办理变更; 录入有误请办理更正。")
LATER_DECISION = Rule("later_decision", "其后已有新的决定以它为基础, 不能撤回录入。", "请先撤回其后的录入。")
NOT_RECORDED = Rule("not_recorded", "没有找到要撤回的录入。", "请核对批次号。")
STOCK_IS_GRANT = Rule("stock_is_grant", "存量移交只接收现行有效的许可。", "其他业务请按日常报送。")

RULES = (
    ALREADY_GRANTED, UNKNOWN_PERMIT, NOT_IN_FORCE, FUTURE_DECISION, BEFORE_GRANT, END_BEFORE_START, NO_TERM,
    NOT_EXTENDED, NOTHING_CHANGED, REASON_NEEDED, OTHER_PARTY, LATER_DECISION, NOT_RECORDED, STOCK_IS_GRANT,
    BASIS_REPEALED, MATTER_CLOSED,
)  # fmt: skip

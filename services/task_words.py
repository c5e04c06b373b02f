"""How tasks and their outcomes are called on both sides, in the words of those who read them."""

from __future__ import annotations

from collections.abc import Mapping

from events.tasks import AskedAgain, TaskKind, TaskOutcome, Withdrawal

KIND_WORDS: Mapping[str, str] = {
    TaskKind.PENALTY: "行政处罚",
    TaskKind.ANNULMENT_SUGGESTION: "撤销建议",
    TaskKind.FAILED_COMMITMENT: "承诺核查未通过",
    TaskKind.EXPIRY: "届满未注销",
    TaskKind.CORRECTION: "校核纠错",
}
OUTCOME_WORDS: Mapping[str, str] = {
    TaskOutcome.REVOKE: "吊销",
    TaskOutcome.ANNUL: "撤销",
    TaskOutcome.AMEND: "变更",
    TaskOutcome.SURRENDER: "注销",
    TaskOutcome.RENEW: "延续",
    TaskOutcome.CORRECT: "更正",
    TaskOutcome.NOTE: "备注",
    TaskOutcome.NO_ACTION: "不予处理",
    TaskOutcome.UNDO: "恢复",
}
STATE_WORDS: Mapping[str, str] = {"open": "待办", "answered": "已办结", "withdrawn": "已撤回"}
WITHDRAWAL_WORDS: Mapping[str, str] = {
    Withdrawal.ANNULLED: "监管部门已撤销",
    Withdrawal.NO_LONGER_MATCHED: "不再涉及该许可",
    Withdrawal.PASSED: "复查已通过",
    Withdrawal.NOT_EXPIRED: "已延续或已注销",
}
ASKED_AGAIN_WORDS: Mapping[str, str] = {
    AskedAgain.AMENDED: "监管部门已变更, 请重新确认",
    AskedAgain.ANNULLED: "监管部门已撤销, 请确认原决定是否须恢复",
    AskedAgain.NO_LONGER_MATCHED: "不再涉及该许可, 请确认原决定是否须恢复",
    AskedAgain.MATCHED_AGAIN: "再次涉及该许可, 请办理",
    AskedAgain.RETRACTED: "办结所依据的决定录入已撤回, 请重新办理",
}

"""The rules of answering a task, as the clerk reads them."""

from __future__ import annotations

from services.refusing import Rule

UNKNOWN_TASK = Rule("unknown_task", "没有找到该任务。", "请核对任务标识。")
TASK_ANSWERED = Rule("task_answered", "该任务已经办结。", "无需再次办理; 如对结果有异议, 请联系办结人。")
TASK_WITHDRAWN = Rule("task_withdrawn", "该任务已经撤回, 无需办理。", "请刷新任务列表。")
OUTCOME_NOT_ALLOWED = Rule("outcome_not_allowed", "此类任务不能以该结果办结。", "请选择允许的办理结果。")
ANSWER_REASON_NEEDED = Rule(
    "answer_reason_needed", "备注和不予处理必须说明理由。", "请填写理由, 理由将反馈给监管部门。"
)
DECISION_NEEDED = Rule(
    "decision_needed",
    "该办理结果须有许可决定为据。",
    "请先登记该决定, 再以 decision 指明 (许可标识@版本); 或以 recording 一并登记。",
)
NO_DECISION_WANTED = Rule("no_decision_wanted", "备注和不予处理不涉及许可决定。", "请去掉决定, 或改选相应的办理结果。")
UNKNOWN_DECISION = Rule(
    "unknown_decision", "该许可没有这一版本的决定, 或该决定的录入已撤回。", "请核对许可标识与版本。"
)
DECISION_DOES_NOT_FIT = Rule("decision_does_not_fit", "所指的决定与办理结果不符。", "请核对版本, 或改选办理结果。")
DECISION_TOO_EARLY = Rule(
    "decision_too_early", "所指的决定早于监管部门所通报的事实。", "请指明其后作出的决定; 无需另作决定的, 请选不予处理。"
)
OTHER_PERMIT = Rule("other_permit", "该决定不属于本任务所涉的许可。", "请核对许可。")
NOT_UNDONE = Rule(
    "not_undone", "原决定仍然有效, 该许可没有恢复。", "请先撤回或更正原决定; 决定不予恢复的, 请选不予处理并说明理由。"
)
NAMES_A_PERSON = Rule(
    "names_a_person",
    "理由中写有当事人的姓名、名称或证件号码, 不能反馈和留存。",
    "请改写为“当事人”, 或用决定文书号指明。",
)

TASK_RULES = (
    UNKNOWN_TASK, TASK_ANSWERED, TASK_WITHDRAWN, OUTCOME_NOT_ALLOWED, ANSWER_REASON_NEEDED, DECISION_NEEDED,
    NO_DECISION_WANTED, UNKNOWN_DECISION, DECISION_DOES_NOT_FIT, DECISION_TOO_EARLY, OTHER_PERMIT, NOT_UNDONE,
    NAMES_A_PERSON,
)  # fmt: skip

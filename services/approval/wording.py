"""What clerks read for the codes of the approval side alone. What both sides say is in ``services.wording``."""

from __future__ import annotations

from collections.abc import Mapping

from events.standing import FactKind, Means
from projections.bounced import Why
from services.pages.lag_words import PARKED_REASONS
from services.rule_reading import RuleState
from services.rule_wording import DONE as RULE_ACTS
from services.task_words import ASKED_AGAIN_WORDS, KIND_WORDS, OUTCOME_WORDS, STATE_WORDS, WITHDRAWAL_WORDS

TASK_KINDS, TASK_STATES, TASK_OUTCOMES = KIND_WORDS, STATE_WORDS, OUTCOME_WORDS
ASKED_AGAIN, TASK_WITHDRAWALS, RULE_DONE = ASKED_AGAIN_WORDS, WITHDRAWAL_WORDS, RULE_ACTS
PARKED = PARKED_REASONS
BOUNCED: Mapping[str, str] = {Why.WAITING: "没有部门接收", Why.RETURNED: "被退回，尚无部门签收"}
WAITS: Mapping[str, str] = {
    "matter_not_listed": "监管责任清单中没有该事项",
    "region_not_covered": "该事项在此区划没有监管部门",
    "level_not_covered": "该事项在此层级没有监管部门",
    "no_duty_on_this_day": "该事项的监管责任在当日未生效或已失效",
}
"""Why no department was told: what supervision says (``Uncovered``)."""
STEP_SHAPES: Mapping[str, str] = {
    "delivered": "○",
    "read": "◐",
    "signed": "●",
    "returned": "↩",
    "handled": "●",
    "closed": "●",
    "moved": "→",
}
STEPS: Mapping[str, str] = {
    "push_read": "已阅",
    "push_signed": "签收",
    "push_returned": "退回",
    "push_handled": "办理",
    "push_closed": "办结",
    "consultation_opened": "发起会商",
    "opinion_given": "提出会商意见",
    "ruling_made": "作出裁定",
}
RULE_STATES: Mapping[str, str] = {
    RuleState.OPEN: "待答复",
    RuleState.ANSWERED: "已答复",
    RuleState.WITHDRAWN: "已撤回",
    RuleState.ALL: "全部",
}
MEANS_SHAPES: Mapping[str, str] = {Means.BLOCK: "■", Means.WARN: "▲", Means.NOTE: "○", "clear": "●"}
MEANS_LIGHTS: Mapping[str, str] = {Means.BLOCK: "red", Means.WARN: "yellow", Means.NOTE: "green", "clear": "green"}
MEANS_ADVICE: Mapping[str, str] = {
    Means.BLOCK: "有监管部门要求暂停为该相对人办理，期间请暂缓准予，并与提出部门联系。",
    Means.WARN: "请先核实下列记录是否仍然有效、与拟办事项是否相关，再作决定。",
    Means.NOTE: "下列记录供审查时参考，不影响受理。",
    "clear": "监管侧没有通报仍在影响的处罚、冻结或未通过的核查。是否准予，仍按法定条件审查。",
}
FACT_MEANS: Mapping[str, str] = {
    FactKind.PENALTY: "受过行政处罚且仍在公示期内：核实是否属于法定不予许可的情形。",
    FactKind.FREEZE: "正在调查，监管部门要求暂停办理：期满或解除后再办。",
    FactKind.FAILED_COMMITMENT: "以告知承诺取得的许可未通过核查：先看是否已整改、是否应撤销。",
    FactKind.RECTIFICATION: "检查发现问题，尚未确认整改合格：请核对整改期限。",
    FactKind.PERMIT_REVOKED: "曾有许可被吊销：核实法定的再次申请限制期。",
    FactKind.PERMIT_ANNULLED: "曾有许可被撤销：核实是否以欺骗、贿赂取得及限制期。",
}
FIELDS: Mapping[str, str] = {
    "type": "业务类型",
    "kind": "任务种类",
    "state": "状态",
    "light": "期限",
    "batch": "批次号",
    "cursor": "页码标记",
    "file": "文件",
    "row": "行号",
    "reason": "理由",
    "outcome": "办理结果",
    "decision": "所依据的决定",
    "document_number": "决定文书号",
    "document_name": "决定文书名称",
    "decision_date": "决定日期",
    "valid_to": "有效期至",
    "identifier": "证件号码",
    "matter": "事项",
    "acts": "处理情况",
    "on": "处理日期",
    "permit": "许可标识",
    "task": "任务标识",
    "rule": "规则变更标识",
    "party": "相对人标识",
    "staff": "工号",
}
HINTS: Mapping[str, str] = {
    "decision_date": "应为日期，例如 2026-11-24",
    "valid_to": "应为日期，例如 2030-11-23",
    "batch": "应为导入文件时给出的批次号",
}

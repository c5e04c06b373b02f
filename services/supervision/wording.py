"""What officers of the supervision side read for its own codes. What both sides say is in ``services.wording``."""

from __future__ import annotations

from collections.abc import Mapping

from events.approval import PermitStatus
from events.code_mappings import CodeKind
from events.limits import LimitKind
from events.penalties import How
from projections.watch_list_filters import Standing
from services.supervision.case_questions import Which
from services.supervision.duty_list import UNCOVERED_WORDS, Uncovered
from services.supervision.penalty_matching import Why
from services.supervision.waiting_kinds import Kind
from services.wording import STATUSES

STANDINGS: Mapping[Standing, str] = {
    Standing.VALID: "现行（含已届满未注销）",
    Standing.EXPIRED: "已届满未注销",
    **{Standing(status): words for status, words in STATUSES.items() if status != PermitStatus.VALID},
    Standing.ALL: "全部",
}
CASE_TABS: Mapping[str, str] = {
    Which.UNSIGNED: "待签收",
    Which.DUE_SOON: "临期",
    Which.OVERDUE: "超期",
    Which.RETURNED: "已退回",
    Which.SIGNED: "已签收",
    Which.HANDLED: "已办理",
    Which.CLOSED: "已办结",
    Which.MOVED: "已转其他部门",
}
STEPS_TICKED: Mapping[str, str] = {"sign": "签收所选", "read": "标为已阅", "handle": "登记办理", "close": "办结所选"}
TODO: Mapping[str, str] = {
    LimitKind.CLAIM: "签收推送",
    LimitKind.OPINION: "发表会商意见",
    LimitKind.RULING: "裁定",
    LimitKind.COMMITMENT_CHECK: "核查告知承诺",
    LimitKind.RECTIFICATION_CHECK: "复查整改",
    LimitKind.EXCEPTION: "确认处罚所涉许可",
    LimitKind.RULE_ACKNOWLEDGEMENT: "回应规则变更",
}
REASONS: Mapping[str, str] = {reason.value: words for reason, words in UNCOVERED_WORDS.items()}
WAITING_KINDS: Mapping[str, str] = {
    Kind.UNKNOWN_MATTER: "清单中没有该事项的决定",
    Kind.UNCOVERED: "区划、层级或日期没有部门的决定",
    Kind.UNMATCHED_PENALTY: "待确认证照的处罚",
    Kind.CONSULTATION: "待裁定的会商",
    Kind.PARKED: "停放的许可",
}
PENALTY_WAITS: Mapping[str, str] = {
    Why.PARTY_WITHOUT_PERMITS: "监管名单中没有该行政相对人的许可",
    Why.CERTIFICATE_UNCLEAR: "所写证照与该行政相对人的许可对不上，须确认",
}
PENALTY_HOW: Mapping[str, str] = {
    How.CERTIFICATE: "按所写证照",
    How.PARTY: "按行政相对人",
    How.CONFIRMED: "经办人确认",
}
PENALTY_EVENTS: Mapping[str, str] = {
    "penalty_imposed": "登记处罚",
    "penalty_amended": "登记变更",
    "penalty_annulled": "登记撤销",
    "credit_repaired": "信用修复",
    "penalty_matched": "确定所涉许可",
    "penalty_unmatched": "待确认证照",
}
PENALTY_FACTS: Mapping[str, str] = {
    "violation_kind": "违法行为类型",
    "violation_facts": "违法事实",
    "legal_basis": "处罚依据",
    "penalty_kind": "处罚类别",
    "content": "处罚内容",
    "fine": "罚款金额",
    "confiscated": "没收金额",
    "certificates": "证照名称及编号",
    "decision_date": "处罚决定日期",
    "valid_to": "处罚有效期",
    "published_until": "公示截止期",
    "department_name": "处罚机关名称",
    "data_source": "数据来源单位",
    "data_source_code": "数据来源单位代码",
    "remark": "备注",
    "party": "行政相对人",
    "personal": "加密保存的内容",
}
FINDING_KINDS: Mapping[str, str] = {
    "freeze": "冻结审批",
    "annulment_suggestion": "撤销建议",
    "commitment_check": "承诺核查",
    "error_report": "校核纠错",
    "inspection": "检查",
}
FINDING_STATES: Mapping[str, str] = {
    "in_force": "冻结中",
    "lifted": "已解除",
    "lapsed": "已到期",
    "suggested": "已建议",
    "reported": "已报告",
    "passed": "合格",
    "failed": "不合格",
    "planned": "已计划",
    "in_order": "未发现问题",
    "problems": "发现问题",
    "not_found": "无法联系",
    "rectified": "整改合格",
    "not_rectified": "整改不合格",
}
NOBODY_REASONS: Mapping[str, str] = {
    "no_decision_yet": "当日尚未收到该许可的决定",
    **{reason.value: words for reason, words in UNCOVERED_WORDS.items()},
}
MAPPED: Mapping[str, str] = {CodeKind.MATTER: "事项", CodeKind.REGION: "区划", CodeKind.DEPARTMENT: "部门"}
DUTY_FACTS: Mapping[str, str] = {
    "matter_name": "事项名称",
    "lead": "牵头部门",
    "lead_name": "牵头部门名称",
    "co_departments": "协同部门",
    "mode": "认领方式",
    "claim_limit_days": "认领期限（工作日）",
    "legal_basis": "法律依据",
    "contact": "联系方式",
    "valid_to": "失效日期",
}
FIELDS: Mapping[str, str] = {
    "status": "状态",
    "matter": "事项编码",
    "region": "区划代码",
    "party": "相对人",
    "expiring_within": "届满期限（天）",
    "changed_since": "变化起始日期",
    "unsigned": "待签收",
    "cursor": "页码标记",
    "limit": "天数或条数",
    "on": "日期",
    "level": "层级",
    "department": "部门",
    "file": "文件",
    "wait_for": "等待版本",
    "permit": "许可标识",
    "known_on": "登记截止日期",
    "inspection_kind": "检查种类",
    "inspected_on": "检查日期",
    "planned_on": "计划日期",
    "checked_on": "核查日期",
    "suggested_on": "建议日期",
    "requested_on": "请求日期",
    "reported_on": "发现日期",
    "lifted_on": "解除日期",
    "annulled_on": "撤销日期",
    "amended_on": "变更日期",
    "repaired_on": "修复日期",
    "repair_document": "修复文书号",
    "permits": "所选许可",
    "until": "最后一日",
    "rectification_due": "整改期限",
    "result": "检查结果",
    "problems": "发现的问题",
    "plan": "检查内容",
    "passed": "结论",
    "facts": "事实",
    "why_lifted": "解除理由",
    "field": "有误的项目",
    "should_be": "应为",
    "candidate": "建议部门",
    "officer": "工号",
    "lead": "牵头部门",
    "co_departments": "协同部门",
    "invited": "邀请单位",
    "text": "正文或说明",
    "reason": "理由",
    "legal_basis": "依据",
    "effective": "生效日期",
    "body": "单位",
    "kind": "变化",
    "norm": "类别",
    "title": "名称",
    "issuing_body": "发布机关",
    "document_number": "文号",
    "effective_date": "施行日期",
    "readable_at": "查阅地址",
    "attachment_sha256": "附件的 SHA-256",
    "replaces": "被替代或废止的文件",
    "matters": "涉及的事项",
    "regions": "适用的区划",
    "bodies": "另须答复的机关",
}
HINTS: Mapping[str, str] = {
    "region": "应为 2、4、6、9 或 12 位数字，例如 370102",
    "matter": "应为监管责任清单中的事项编码",
    "expiring_within": "应为 0 至 366 的天数",
    "changed_since": "应为日期，例如 2026-11-24",
}

assert REASONS.keys() == {reason.value for reason in Uncovered}

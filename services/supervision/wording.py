"""What officers read for the codes that events and lists carry. One place, so that a page and an answer agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from events.approval import PermitStatus
from events.oversight import MoveReason, OpenedBy, ReturnReason
from events.supervision import Role
from projections.oversight import CaseState
from projections.watch_list_filters import Standing
from services.supervision.duty_list import UNCOVERED_WORDS, Uncovered
from services.supervision.penalty_matching import Why
from services.working_days import CHINA

STANDINGS: Mapping[Standing, str] = {
    Standing.VALID: "现行（含已届满未注销）",
    Standing.EXPIRED: "已届满未注销",
    Standing.SURRENDERED: "已注销",
    Standing.REVOKED: "已吊销",
    Standing.ANNULLED: "已撤销",
    Standing.WITHDRAWN: "已撤回",
    Standing.REFUSED: "不予许可",
    Standing.RETRACTED: "录入已撤回",
    Standing.ALL: "全部",
}
STATUSES: Mapping[str, str] = {
    PermitStatus.VALID: "现行",
    PermitStatus.SURRENDERED: "已注销",
    PermitStatus.REVOKED: "已吊销",
    PermitStatus.ANNULLED: "已撤销",
    PermitStatus.WITHDRAWN: "已撤回",
    PermitStatus.REFUSED: "不予许可",
    PermitStatus.RETRACTED: "录入已撤回",
}
DECISIONS: Mapping[str, str] = {
    "permit_granted": "核发",
    "permit_renewed": "延续",
    "permit_amended": "变更",
    "permit_reissued": "补发",
    "permit_surrendered": "注销",
    "permit_revoked": "吊销",
    "permit_annulled": "撤销",
    "permit_withdrawn": "撤回",
    "permit_corrected": "更正",
    "permit_refused": "不予许可",
    "decision_retracted": "撤回录入",
}
ROLES: Mapping[str, str] = {Role.LEAD: "牵头", Role.CO: "协同"}
REASONS: Mapping[str, str] = {reason.value: words for reason, words in UNCOVERED_WORDS.items()}
PENALTY_WAITS: Mapping[str, str] = {
    Why.PARTY_WITHOUT_PERMITS: "监管名单中没有该行政相对人的许可",
    Why.CERTIFICATE_UNCLEAR: "所写证照与该行政相对人的许可对不上，须确认",
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
PUSH_REASONS: Mapping[str, str] = {
    "decision": "按监管责任清单推送",
    "duty_found": "补录监管责任后推送",
    "no_duty_kept": "监管责任暂缺，仍由原部门负责",
    "kept": "按裁定或协调员指派，仍由原部门负责",
    MoveReason.RETURNED: "退回后按现行责任清单转办",
    MoveReason.RETURNED_TWICE: "两次退回，会商期间由清单牵头部门负责",
    MoveReason.REASSIGNED: "协调员转办",
    MoveReason.RULED: "按裁定转办",
    MoveReason.DUTY_CHANGED: "责任清单变更后转办",
}
CASE_STATES: Mapping[str, str] = {
    CaseState.DELIVERED: "已送达",
    CaseState.READ: "已阅",
    CaseState.SIGNED: "已签收",
    CaseState.RETURNED: "已退回",
    CaseState.HANDLED: "已办理",
    CaseState.CLOSED: "已办结",
    CaseState.MOVED: "已转其他部门",
}
RETURN_REASONS: Mapping[str, str] = {
    ReturnReason.MATTER: "事项不属于本部门职责",
    ReturnReason.PLACE: "场所不在本部门辖区",
    ReturnReason.ADDRESS: "住所不在本部门辖区",
    ReturnReason.OTHER: "其他",
}
OPENED_BY: Mapping[str, str] = {
    OpenedBy.SECOND_RETURN: "两次退回，自动发起",
    OpenedBy.DISPUTE: "职责争议",
    OpenedBy.BY_HAND: "协调员发起",
}
NOBODY_REASONS: Mapping[str, str] = {
    "no_decision_yet": "当日尚未收到该许可的决定",
    **{reason.value: words for reason, words in UNCOVERED_WORDS.items()},
}
FACTS: Mapping[str, str] = {
    "party.label": "行政相对人",
    "party.kind": "相对人类别",
    "party.uscc": "统一社会信用代码",
    "matter_code": "事项编码",
    "region_code": "区划代码",
    "level": "行使层级",
    "deciding_body": "许可机关代码",
    "deciding_body_name": "许可机关",
    "permit_number": "许可编号",
    "certificate_name": "证照名称",
    "document_name": "决定文书",
    "document_number": "决定文书号",
    "category": "许可类别",
    "content": "许可内容",
    "valid_from": "有效期自",
    "valid_to": "有效期至",
    "place": "地址",
    "commitment": "告知承诺",
    "contact": "联系方式",
    "remark": "备注",
}
FIELDS: Mapping[str, str] = {
    "status": "状态",
    "matter": "事项编码",
    "region": "区划代码",
    "party": "相对人",
    "expiring_within": "届满期限（天）",
    "changed_since": "变化起始日期",
    "cursor": "页码标记",
    "limit": "每页条数",
    "wait_for": "等待版本",
    "permit": "许可标识",
}
HINTS: Mapping[str, str] = {
    "region": "应为 2、4、6、9 或 12 位数字，例如 370102",
    "matter": "应为监管责任清单中的事项编码",
    "expiring_within": "应为 0 至 366 的天数",
    "changed_since": "应为日期，例如 2026-11-24",
}

assert STATUSES.keys() == set(PermitStatus)
assert REASONS.keys() == {reason.value for reason in Uncovered}


def day_in_words(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else "长期"


def moment_in_words(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def duration_in_words(seconds: float) -> str:
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} 秒"
    if whole < 3600:
        return f"{whole // 60} 分 {whole % 60} 秒"
    if whole < 86400:
        return f"{whole // 3600} 小时 {whole % 3600 // 60} 分"
    return f"{whole // 86400} 天 {whole % 86400 // 3600} 小时"

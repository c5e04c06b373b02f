"""What people read for the codes that events and lists carry: the catalogue of both sides, so that a page, an answer
and a printed sheet agree. Sentences that stand on one page alone are in that page's template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from events.approval import PermitStatus
from events.oversight import MoveReason, OpenedBy, ReturnReason
from events.supervision import Role
from projections.push_case import CaseState
from services.working_days import CHINA

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

assert STATUSES.keys() == set(PermitStatus)


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

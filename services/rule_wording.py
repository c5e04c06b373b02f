"""What officers and clerks read of rule changes, on both sides alike."""

from __future__ import annotations

from collections.abc import Mapping

from events.approval import Ground
from events.rule_answers import Done
from events.rule_changes import Change, Effect, Norm, Why
from services.refusing import Refused, Rule

UNKNOWN_RULE = Rule("unknown_rule_change", "没有找到这一规则变更。", "请核对标识; 全部规则变更见列表。")
RULE_WITHDRAWN = Rule("rule_withdrawn", "该规则变更已经撤回。", "已撤回的不能再更正, 也无需答复。")

CHANGES: Mapping[str, str] = {Change.ENACTED: "颁布", Change.AMENDED: "修订", Change.REPEALED: "废止"}
NORMS: Mapping[str, str] = {Norm.LAW: "法律法规规章", Norm.POLICY: "政策文件", Norm.STANDARD: "标准"}
EFFECTS: Mapping[str, str] = {Effect.REFUSE: "不予受理", Effect.FLAG: "受理并标注"}
GROUNDS: Mapping[str, str] = {Ground.BASIS: "所依据的规定已被废止或替代", Ground.MATTER: "事项受规则变更影响"}
WHYS: Mapping[str, str] = {
    Why.DECIDED: "作出过所涉事项的许可",
    Why.NAMED: "发布部门指定",
    Why.REGISTERED: "登记簿或事项对照中有此机关",
}
DONE: Mapping[str, str] = {
    Done.GUIDE_REVISED: "修订办事指南",
    Done.APPLICATIONS_REEXAMINED: "复核在办申请",
    Done.PERMITS_RECALLED: "收回或变更已发许可",
    Done.NOTHING: "无需处理",
}
STANDINGS: Mapping[str, str] = {"published": "已发布", "withdrawn": "已撤回"}
STATES: Mapping[str, str] = {
    "undelivered": "尚未送达",
    "open": "待答复",
    "answered": "已答复",
    "lapsed": "已撤回, 无需答复",
}

CONFLICTS = frozenset({"rule_withdrawn", "already_answered", "not_answered_yet", "already_published", "busy"})


def status_of(refused: Refused) -> int:
    """Return the HTTP status of a refusal: 404 for what is not there, 409 when the state is against it."""
    if refused.rule is UNKNOWN_RULE:
        return 404
    return 409 if refused.rule.code in CONFLICTS else 422

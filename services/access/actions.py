"""What a program may be allowed to do: each machine key names the actions it has, in the words of the field."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    PUBLISH_DECISIONS = "publish-decisions"
    READ_DECISIONS = "read-decisions"
    LOOK_UP_PARTIES = "look-up-parties"
    RESOLVE_PARTIES = "resolve-parties"
    REPORT_PENDING = "report-pending"
    ANSWER_TASKS = "answer-tasks"
    ANSWER_RULES = "answer-rules"
    READ_LISTS = "read-lists"
    READ_EVENTS = "read-events"
    WRITE_RECEIPTS = "write-receipts"
    READ_FINDINGS = "read-findings"
    WRITE_FINDINGS = "write-findings"
    PUBLISH_RULES = "publish-rules"
    READ_RULES = "read-rules"
    GIVE_OPINIONS = "give-opinions"
    COORDINATE = "coordinate"
    READ_DEADLINES = "read-deadlines"
    URGE = "urge"
    READ_STATISTICS = "read-statistics"
    READ_STATEMENTS = "read-statements"
    SIGN_STATEMENTS = "sign-statements"
    KEEP_OFFICERS = "keep-officers"
    REVEAL_PERSONAL = "reveal-personal"
    VERIFY = "verify"
    OPERATE = "operate"

    @property
    def words(self) -> str:
        return ACTION_WORDS[self]


ACTION_WORDS = {
    Action.PUBLISH_DECISIONS: "报送许可决定",
    Action.READ_DECISIONS: "查看本机关的许可决定及送达情况",
    Action.LOOK_UP_PARTIES: "查询行政相对人的现状",
    Action.RESOLVE_PARTIES: "登记行政相对人（监管侧服务）",
    Action.REPORT_PENDING: "报送在办申请数",
    Action.ANSWER_TASKS: "查看并办结任务",
    Action.ANSWER_RULES: "答复规则变更",
    Action.READ_LISTS: "查看监管名单和推送",
    Action.READ_EVENTS: "接收实时推送",
    Action.WRITE_RECEIPTS: "签收、退回、办理、办结",
    Action.READ_FINDINGS: "查看行政处罚和监管反馈",
    Action.WRITE_FINDINGS: "登记行政处罚和监管反馈",
    Action.PUBLISH_RULES: "发布规则变更",
    Action.READ_RULES: "查看规则变更",
    Action.GIVE_OPINIONS: "发表会商意见",
    Action.COORDINATE: "转办、会商、裁定",
    Action.READ_DEADLINES: "查看期限",
    Action.URGE: "督办",
    Action.READ_STATISTICS: "查看统计",
    Action.READ_STATEMENTS: "查看齐全性和对账单",
    Action.SIGN_STATEMENTS: "确认对账单",
    Action.KEEP_OFFICERS: "登记经办人员和指派",
    Action.REVEAL_PERSONAL: "逐项显示隐去的个人信息",
    Action.VERIFY: "核验存证",
    Action.OPERATE: "处置停放事件",
}

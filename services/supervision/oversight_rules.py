"""The rules about pushes and consultations, in the words of those who read the refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from projections.push_case import Case, CaseState
from services.refusing import Refused, Rule
from services.supervision.oversight_commands import Close, Handle, Read, Return, Sign, Step
from services.wording import CASE_STATES, moment_in_words

UNKNOWN_PERMIT = Rule("unknown_permit", "监管侧没有收到过该许可的任何推送。", "请核对许可标识。")
UNKNOWN_PUSH = Rule("unknown_push", "没有这件推送。", "请核对推送版本, 或省略推送版本以办理全部待办推送。")
NOT_YOURS = Rule("not_yours", "该许可没有推送给本部门。", "请核对许可标识和部门代码。")
STEP_NOT_ALLOWED = Rule("step_not_allowed", "该推送现在的状态不能这样办理。", "请刷新后按现在的状态办理。")
ALREADY_SIGNED = Rule("already_signed", "该推送已经签收。", "无需再次签收; 如有异议请申请会商。")
TEXT_NEEDED = Rule("text_needed", "退回原因为其他时必须写明理由。", "请填写退回理由。")
CANDIDATE_IS_SELF = Rule("candidate_is_self", "建议部门不能是本部门。", "请填写应当负责的部门, 或留空。")
UNKNOWN_DEPARTMENT = Rule("unknown_department", "监管责任清单中没有该部门。", "请核对 18 位部门代码。")
IN_CONSULTATION = Rule("in_consultation", "该许可正在会商, 裁定之前不能退回或转办。", "请在会商中提出意见, 等待裁定。")
RULED = Rule("ruled", "该许可的监管责任已经裁定, 不能退回。", "如情况有变, 请重新申请会商。")
NEEDS_RULING = Rule("needs_ruling", "该许可已转办两次, 不能再转办。", "请发起会商并裁定。")
NOTHING_MOVES = Rule("nothing_moves", "该许可已由这些部门负责。", "无需转办。")
ALREADY_OPEN = Rule("already_open", "该许可已有未结的会商。", "请在该会商中提出意见。")
NO_CONSULTATION = Rule("no_consultation", "该许可没有未结的会商。", "请先发起会商。")
NOT_ASKED = Rule("not_asked", "该单位不是本次会商的参加单位。", "请核对单位代码; 需要其参加的, 请协调员重新发起。")
FUTURE_RULING = Rule("future_ruling", "裁定的生效日期晚于今天。", "请填写今天或以前的日期; 将来的变化请改责任清单。")

STEPS: Mapping[type[Step], str] = {Read: "阅看", Sign: "签收", Return: "退回", Handle: "办理", Close: "办结"}


def not_allowed(case: Case, step: str, allowed: Sequence[str]) -> Refused:
    """Return the refusal that names the state, who brought it about and when, and what is allowed in it."""
    state = CaseState(case.state)
    at: datetime | None = {
        CaseState.READ: case.read_at,
        CaseState.SIGNED: case.signed_at,
        CaseState.RETURNED: case.returned_at,
        CaseState.HANDLED: case.handled_at,
        CaseState.CLOSED: case.closed_at,
        CaseState.MOVED: case.moved_at,
    }.get(state)
    who = f"由 {case.officer} " if case.officer and state is not CaseState.MOVED else ""
    when = f"于 {moment_in_words(at)} " if at else ""
    may = "、".join(allowed) if allowed else "无"
    rule = ALREADY_SIGNED if step == STEPS[Sign] and state is CaseState.SIGNED else STEP_NOT_ALLOWED
    return Refused(rule, f"该推送{who}{when}{CASE_STATES[state]}, 不能{step}; 现在可以: {may}。")

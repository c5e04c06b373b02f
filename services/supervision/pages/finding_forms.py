"""The forms in which an officer records what was found: which fields each has, how they are called, what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from events.penalties import InspectionResult
from services.supervision.finding_stated import (
    CheckCommitment,
    CheckRectification,
    Command,
    Inspect,
    InspectionKind,
    InspectUnplanned,
    LiftFreeze,
    PlanInspection,
    ReportError,
    RequestFreeze,
    SuggestAnnulment,
)
from services.supervision.wording import FINDING_STATES
from services.wording import FACTS

DAY, TEXT, LINE, CHOICE = "day", "text", "line", "choice"


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: DAY, TEXT (several lines), LINE or CHOICE; ``choices``: value and words of each. ``when``: for whom one
    that is not ``required`` is needed all the same, or in which case."""

    name: str
    words: str
    kind: str = LINE
    required: bool = True
    choices: Mapping[str, str] | None = None
    hint: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class FindingForm:
    """``lead``: what happens when it is sent. ``command``: what the desk is asked then."""

    title: str
    lead: str
    command: type[Command]
    fields: tuple[Field, ...]
    done: str


PASSED = {"true": "合格", "false": "不合格"}
RESULTS = {result.value: FINDING_STATES[result.value] for result in InspectionResult}
KINDS = {kind: kind for kind in get_args(InspectionKind)}
ERRORS = {name: words for name, words in FACTS.items() if not name.startswith("party.")}
RECTIFY_BY = Field("rectification_due", "整改期限", DAY, False, hint="要求整改的填写；到期提醒复查")
FOUND = (
    Field("inspected_on", "检查日期", DAY),
    Field("result", "检查结果", CHOICE, choices=RESULTS),
    Field("problems", "发现的问题", TEXT, False, when="发现问题的必填"),
    RECTIFY_BY,
)

NEW: Mapping[str, FindingForm] = {
    "inspection": FindingForm(
        "登记检查结果", "记入该许可和该相对人的监管记录。发现问题并定有整改期限的，到期后列入工作台，提醒复查。",
        InspectUnplanned, (Field("inspection_kind", "检查种类", CHOICE, choices=KINDS), *FOUND), "检查结果已登记",
    ),
    "plan": FindingForm(
        "登记检查计划", "记入该许可的监管记录。检查后从该许可页面登记结果。", PlanInspection,
        (Field("inspection_kind", "检查种类", CHOICE, choices=KINDS), Field("planned_on", "计划日期", DAY),
         Field("plan", "检查内容", TEXT, False)),
        "检查计划已登记",
    ),
    "commitment": FindingForm(
        "登记承诺核查", "该许可以告知承诺方式取得，须核查承诺是否属实。不合格的，审批侧随即收到任务。", CheckCommitment,
        (Field("checked_on", "核查日期", DAY), Field("passed", "核查结论", CHOICE, choices=PASSED),
         Field("facts", "查明的事实", TEXT, False, when="不合格的必填")),
        "承诺核查已登记",
    ),
    "annulment": FindingForm(
        "建议撤销许可", "审批侧随即收到任务，办理结果在“通知与回执 · 审批办理结果”中显示。", SuggestAnnulment,
        (Field("document_number", "建议书文号"), Field("facts", "事实", TEXT), Field("legal_basis", "法律依据", TEXT),
         Field("suggested_on", "建议日期", DAY)),
        "撤销建议已送审批侧",
    ),
    "freeze": FindingForm(
        "请求冻结审批", "冻结期间，审批侧办理该相对人的申请时会看到。到最后一日自动解除，也可提前解除。",
        RequestFreeze,
        (Field("document_number", "文书号"), Field("reason", "理由", TEXT), Field("requested_on", "请求日期", DAY),
         Field("until", "最后一日", DAY, False, hint="不填则至解除为止"),
         Field("matters", "限于哪些事项", LINE, False, hint="事项编码，多个以逗号分隔；不填则为全部事项")),
        "冻结请求已登记",
    ),
    "error": FindingForm(
        "校核纠错", "许可信息与事实不符的，报许可机关核对。许可机关予以更正，或者说明不更正的理由。", ReportError,
        (Field("field", "有误的项目", CHOICE, choices=ERRORS),
         Field("should_be", "应为", hint="日期写作 2026-11-28"), Field("facts", "如何得知", TEXT, False),
         Field("reported_on", "发现日期", DAY)),
        "已报许可机关核对",
    ),
}  # fmt: skip
"""Forms about a permit, by the last part of their address."""

NEXT: Mapping[str, FindingForm] = {
    "result": FindingForm("登记检查结果", "登记该项计划检查的结果。", Inspect, FOUND, "检查结果已登记"),
    "rectification": FindingForm(
        "登记整改复查", "合格的，该项检查了结；不合格的继续，可另定期限。", CheckRectification,
        (Field("checked_on", "复查日期", DAY), Field("passed", "复查结论", CHOICE, choices=PASSED),
         Field("facts", "查明的事实", TEXT, False), RECTIFY_BY),
        "整改复查已登记",
    ),
    "lifting": FindingForm(
        "解除冻结", "解除后，审批侧不再显示该冻结。", LiftFreeze,
        (Field("why_lifted", "解除理由", TEXT), Field("lifted_on", "解除日期", DAY)), "冻结已解除",
    ),
}  # fmt: skip
"""Forms that go on with a finding."""


def for_permit(*, watches: bool, on_promise: bool) -> dict[str, str]:
    """Return the forms about a permit that a department may fill in. One that does not watch it may only ask or
    suggest; there is a promise to check only where one was made."""
    open_to_all = {"annulment", "freeze"}
    return {
        name: form.title
        for name, form in NEW.items()
        if name in open_to_all or (watches and (name != "commitment" or on_promise))
    }


def goes_on(kind: str, state: str, *, is_open: bool) -> str:
    """Return the form that goes on with a finding as it stands; none when nothing is to come."""
    if kind == "freeze":
        return "lifting" if state == "in_force" else ""
    if kind == "inspection" and is_open:
        return "result" if state == "planned" else "rectification"
    return ""

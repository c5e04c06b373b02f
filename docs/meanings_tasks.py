"""What each field of the events about tasks and standing means; see ``docs/meanings.py``."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "task_opened": "The approval desk is asked to act on what supervision found about a permit, by a last day.",
    "task_answered": "The desk has acted, or says why not. The department gets it as a receipt.",
    "task_withdrawn": "The finding is gone, and nothing need be done any more; a note that was made is undone.",
    "task_reopened": "The desk is asked again: the finding was amended, or is gone after the desk had acted on it.",
    "task_redated": "The last day of a task was an estimate (预估); the calendar is known now.",
    "standing_rule_set": "What a known fact (a penalty, a freeze …) means for a grant, from a day on.",
}

_OF_TASKS = ("task_opened", "task_answered", "task_withdrawn", "task_reopened", "task_redated")
_OF_EVERY_TASK = {
    "kind": "`penalty` 行政处罚, `annulment_suggestion` 撤销建议, `failed_commitment` 承诺核查未通过, `expiry` 届满.",
    "about": "The stream of supervision that the task is about: a penalty, a suggestion, a check.",
    "department": "The department that waits for the answer.",
}

FIELDS: Mapping[str, str] = {
    **{f"{event}.{field}": meaning for event in _OF_TASKS for field, meaning in _OF_EVERY_TASK.items()},
    "about_version": "The version of that stream that caused this event.",
    "task_opened.facts": "What the clerk must know; see TaskFacts.",
    "task_reopened.facts": "What the clerk must know; see TaskFacts.",
    "limit": "The last day for an answer; see TaskLimit.",
    "task_opened.opened_on": "Day in China on which the desk was asked.",
    "outcome": "`revoke` 吊销, `annul` 撤销, `amend` 变更, `surrender` 注销, `renew` 延续, `note` 备注, "
    "`no_action` 不予处理, `undo` 恢复: what the desk had done was undone.",
    "task_answered.reason": "Why; needed for `note` and `no_action`. It names no person.",
    "decision_version": "The version of the permit whose decision carries the answer out; null where none is needed.",
    "clerk": "Who did it at the bureau, by staff number or short name.",
    "answered_on": "Day of the answer in China.",
    "task_withdrawn.why": "`annulled`: what was said was annulled. `no_longer_matched`: it touches another permit. "
    "`passed`: a later check was passed. `not_expired`: the permit was renewed or cancelled.",
    "withdrawn_on": "Day in China on which it was withdrawn.",
    "task_reopened.why": "`amended`: do you still answer so? `annulled`, `no_longer_matched`: must what was decided be "
    "undone? `matched_again`: the permit is touched after all. `retracted`: the decision was taken back (撤回录入).",
    "acted": "The version of the permit by which the desk had acted; null where it had not.",
    "redated_on": "Day in China on which the last day was counted again.",
    "reopened_on": "Day in China on which the desk was asked again.",
    "standing_rule_set.kind": "The kind of fact.",
    "standing_rule_set.matter_code": "Only when this matter is asked about; `*` for every one.",
    "same_matter": "Only facts about a permit of the very matter that is asked about.",
    "means": "`block` 暂缓准予, `warn` 核实后办理, `note` 供参考.",
    "standing_rule_set.legal_basis": "The law or document that it rests on.",
}

PARTS: Mapping[str, Mapping[str, str]] = {
    "TaskFacts": {
        "party": "Whom the finding is about (行政相对人).",
        "permit_number": "许可编号.",
        "matter_code": "Code of the matter (事项).",
        "department_name": "Name of the department that found it.",
        "document_number": "Number of its document, where there is one.",
        "happened_on": "Legal date of the finding: decision of the penalty, day of the suggestion or check.",
        "subject": "Kind of penalty and of breach.",
        "text": "What was found. Empty for natural persons and 个体工商户: it is sealed.",
        "legal_basis": "The law that the department names.",
    },
    "TaskLimit": {
        "due": "Last day, included.",
        "estimated": "预估: the State Council's notice for a year it reaches into is not known yet.",
        "calendar": "The version of the calendar by which it was counted.",
    },
}

"""What the events of rule changes mean, field by field: a part of ``docs/meanings.py``, under the same test."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "rule_changed": "规则变更. A law, policy or standard was enacted, amended or repealed, and is published to the "
    "approval bodies.",
    "rule_change_corrected": "更正. What was published was wrong; the whole content as it is right.",
    "rule_change_withdrawn": "撤回. It was published by mistake: nobody need answer, and no later decision meets it.",
    "rule_change_received": "送达. The rule change reached a body that must answer it; its limit begins.",
    "rule_change_acknowledged": "答复. What a body did about the rule change.",
    "pending_applications_counted": "在办申请. How many applications a body has pending; replaces what it said before.",
}

_SAID: Mapping[str, str] = {
    "kind": "What became of the rule: 颁布, 修订 or 废止.",
    "title": "Its title, without 《》.",
    "document_number": "Its document number (文号, 标准号).",
    "matters": "Codes of the matters touched; empty for every matter.",
    "department": "Code of the department that publishes.",
}

FIELDS: Mapping[str, str] = {
    "flagged": "The rule changes that the decision meets: it was recorded all the same; see RuleMet.",
    **{
        f"{event}.{name}": words for event in ("rule_changed", "rule_change_corrected") for name, words in _SAID.items()
    },
    "norm": "What kind of rule it is: 法律法规规章, 政策文件 or 标准.",
    "issuing_body": "Who issued it.",
    "effective_date": "First day on which it holds; decisions of that day and later meet it.",
    "text": "The text, or the part that matters.",
    "attachment_sha256": "SHA-256 of the attachment, in hexadecimal; empty where there is none.",
    "readable_at": "Where text and attachment can be read.",
    "replaces": "What it repeals or puts itself in the place of; see Document.",
    "regions": "Regions in which it holds; empty for everywhere.",
    "also": "Other codes of these matters and regions, by the mappings of codes; see OtherCode.",
    "effect": "What a decision meets that rests on what is repealed: `refuse` 不予受理, `flag` 受理并标注.",
    "covers_matters": "Every 核发, 延续 and 变更 of a touched matter meets the effect, whatever its basis.",
    "bodies": "The bodies that must answer, as supervision knows them; see BodyInScope. Approval may add others.",
    "rule_change_corrected.changed": "Names of the fields that differ from before.",
    "rule_change_corrected.reason": "What was wrong.",
    "asks_again": "Earlier answers do not answer this: every body is asked once more.",
    "rule_change_withdrawn.reason": "Why it was taken back.",
    "body_name": "Name of the body.",
    "rule_version": "Version, in the rule change's stream, that this is about.",
    "rule": "The rule change: its stream on the supervision side.",
    "rule_change_received.body": "Code of the body that must answer.",
    "why": "Why this body: `decided` it decided permits of a touched matter, `named` by the publisher, `registered` "
    "by the registers of the approval side.",
    "rule_change_acknowledged.body": "Code of the body that answers.",
    "clerk": "Who answered, by staff number or short name.",
    "acts": "What was done; see Act.",
    "addition": "More was done after the first answer.",
    "pending_applications_counted.body": "Code of the body whose applications they are.",
    "counted_at": "When they were counted.",
    "counts": "How many there are of each matter; one that is not named has none. See MatterCount.",
}

PARTS: Mapping[str, Mapping[str, str]] = {
    "RuleMet": {
        "rule": "The rule change: its stream on the supervision side.",
        "title": "Its title.",
        "document_number": "Its document number.",
        "effective_date": "First day on which it holds.",
        "ground": "By what the decision meets it: `basis` its legal basis is repealed, `matter` its matter is touched.",
    },
    "Document": {
        "title": "Its title, without 《》; may be empty when there is a number.",
        "number": "Its document number; may be empty when there is a title.",
    },
    "OtherCode": {
        "kind": "`matter` 事项 or `region` 区划.",
        "code": "The other code.",
        "stands_for": "The code that the rule change names.",
        "only_region": "Only for permits of this region and what lies in it; empty for all.",
    },
    "BodyInScope": {
        "body": "Code (USCC) of the body.",
        "name": "Its name, where it is known.",
        "why": "Why it must answer.",
    },
    "Act": {
        "done": "修订办事指南, 复核在办申请, 收回或变更已发许可, or 无需处理.",
        "text": "What exactly; of 无需处理 the reason.",
        "on": "Day on which it was done.",
    },
    "MatterCount": {
        "matter_code": "Code of the matter.",
        "count": "How many applications of it are pending.",
    },
}

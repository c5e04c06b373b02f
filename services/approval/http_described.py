"""What the OpenAPI document says of handing decisions in: the outcomes and the problems, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.approval.permit_rules import UNKNOWN_PERMIT
from services.handing_in import not_accepted, outcomes_too, too_many
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Rule

_ACCEPTED = {
    "accepted": True,
    "permit": "3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01",
    "version": 1,
    "event": "cf75ad98-a833-562f-8465-7639fc9d4d29",
    "type": "permit_granted",
    "wait_for": "3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01@1",
}
_FLAGGED = _ACCEPTED | {
    "flagged": [
        {
            "rule": "01a21199-290a-7848-8006-759bf295f367",
            "title": "海州市食品经营许可和备案管理办法",
            "document_number": "海政发〔2026〕18号",
            "effective_date": "2026-12-01",
            "ground": "basis",
        }
    ]
}
_REFUSED = {
    "accepted": False,
    "rule": UNKNOWN_PERMIT.code,
    "text": UNKNOWN_PERMIT.text,
    "repair": UNKNOWN_PERMIT.repair,
    "field": "permit_number",
}


def unknown_permit() -> Problem:
    return Problem(404, "unknown_permit", "没有这个许可", "没有找到该编号的许可。", "请核对编号。")


def unknown_batch() -> Problem:
    return Problem(404, "unknown_batch", "没有这个批次", "没有找到该批次的录入。", "请核对批次号。")


def _by(rule: Rule, **more: Any) -> Problem:
    return not_accepted(422, rule.code, rule.text, rule.repair, **more)


def _json(description: str, **examples: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: {"value": value} for name, value in examples.items()}
    return {"description": description, "content": {"application/json": {"examples": shown}}}


def _batch(*outcomes: Mapping[str, Any]) -> dict[str, Any]:
    accepted = sum(outcome["accepted"] for outcome in outcomes)
    return {"accepted": accepted, "refused": len(outcomes) - accepted, "outcomes": list(outcomes)}


def handed_in() -> dict[int | str, dict[str, Any]]:
    """Return the answers to decisions that are handed in."""
    refused = problems(too_many(), _by(UNKNOWN_PERMIT, field="permit_number"), _by(SAME_KEY_OTHER_CONTENT))
    refused[422]["content"] |= _json("", none_of_a_batch=_batch(_REFUSED))["content"]
    return outcomes_too(refused) | {
        200: _json("一批之中部分受理；逐条结果见 outcomes，次序与报送时相同。", part=_batch(_ACCEPTED, _REFUSED)),
        201: _json("全部受理。", one=_ACCEPTED, meets_a_rule_change=_FLAGGED, batch=_batch(_ACCEPTED)),
    }

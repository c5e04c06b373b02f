"""What the OpenAPI document says of handing decisions in: the form, the outcomes, and the problems, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.approval.decision import Decision
from services.approval.outcome import SAME_KEY_OTHER_CONTENT
from services.approval.permit import UNKNOWN_PERMIT
from services.approval.stating import NOT_JSON
from services.interface import REFERENCE, problems
from services.problems import Problem
from services.refusing import Rule

MOST_AT_ONCE = 1000
_ONE = {"$ref": REFERENCE.format(model=Decision.__name__)}
_ACCEPTED = {
    "accepted": True,
    "permit": "3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01",
    "version": 1,
    "event": "cf75ad98-a833-562f-8465-7639fc9d4d29",
    "type": "permit_granted",
    "wait_for": "3f0f1c0e-8a52-5d64-9c5e-0d7f3d0f6a01@1",
}
_REFUSED = {
    "accepted": False,
    "rule": UNKNOWN_PERMIT.code,
    "text": UNKNOWN_PERMIT.text,
    "repair": UNKNOWN_PERMIT.repair,
    "field": "permit_number",
}


def not_json() -> Problem:
    return Problem(400, NOT_JSON.code, "请求不是合法的 JSON", NOT_JSON.text, NOT_JSON.repair)


def too_many() -> Problem:
    return Problem(422, "too_many", "一次报送的数量不符", f"一次可报送 1 至 {MOST_AT_ONCE} 条。", "请分批报送。")


def unknown_permit() -> Problem:
    return Problem(404, "unknown_permit", "没有这个许可", "没有找到该编号的许可。", "请核对编号。")


def unknown_batch() -> Problem:
    return Problem(404, "unknown_batch", "没有这个批次", "没有找到该批次的录入。", "请核对批次号。")


def not_accepted(status: int, rule: str, text: str, repair: str, **more: Any) -> Problem:
    """Return the problem of one decision that was refused."""
    return Problem(status, rule, "未予受理", text, repair, **more)


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
    refused = problems(not_json(), too_many(), _by(UNKNOWN_PERMIT, field="permit_number"), _by(SAME_KEY_OTHER_CONTENT))
    refused[422]["content"] |= _json("", none_of_a_batch=_batch(_REFUSED))["content"]
    return refused | {
        200: _json("一批之中部分受理；逐条结果见 outcomes，次序与报送时相同。", part=_batch(_ACCEPTED, _REFUSED)),
        201: _json("全部受理。", one=_ACCEPTED, batch=_batch(_ACCEPTED)),
    }


FORM: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        _ONE,
                        {
                            "type": "object",
                            "required": ["decisions"],
                            "properties": {
                                "decisions": {"type": "array", "minItems": 1, "maxItems": MOST_AT_ONCE, "items": _ONE}
                            },
                        },
                    ]
                }
            }
        },
    }
}
"""One decision, or many. The route reads the body itself, since each decision of many is refused for itself."""

"""Of many things that one request states, those of another body are refused one by one; the others go through."""

from __future__ import annotations

from typing import Any

from services.access.callers import scope_now
from services.refusing import Rule

NOT_OWN = Rule("other_body", "不是本单位的事项。", "请只报送本单位的事项；代表其他单位须用该单位的密钥。")


def refused_as_anothers(body: str, field: str) -> dict[str, Any] | None:
    """Return the answer to a thing stated for another ``body`` than the caller's, named in ``field``; else None."""
    if scope_now.get().covers(body):
        return None
    return {"accepted": False, "rule": NOT_OWN.code, "text": NOT_OWN.text, "repair": NOT_OWN.repair, "field": field}


def is_anothers(body: str) -> bool:
    """Tell whether a row of a file is not of the body that hands it in; whoever is of no body hands in any."""
    scope = scope_now.get()
    return bool(scope.bodies) and not scope.covers(body)

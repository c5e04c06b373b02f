"""A daily statement as both sides answer it in JSON, and in the words of a document."""

from __future__ import annotations

from typing import Any

from events.numbers import in_words
from services.statement import SIDES, Agreement, Half, Side, Statement, Verdict
from services.working_days import CHINA

SIDE_WORDS: dict[Side, str] = {"supervision": "监管侧（推送）", "approval": "审批侧（收悉）"}
AGREEMENTS = {
    Agreement.AWAITED: "待另一方出具",
    Agreement.AGREED: "一致",
    Agreement.DIFFERENT: "不一致",
}


def shown(one: Statement) -> dict[str, Any]:
    """Return a statement: both halves as they stand, their parts, the verdicts, and where they differ."""
    return {
        "body": one.body,
        "department": one.department,
        "day": one.day.isoformat(),
        "agreement": one.agreement.value,
        "agreement_in_words": AGREEMENTS[one.agreement],
        "closed": one.closed,
        **{side: _side(one, side) for side in SIDES},
        "differences": differences(one),
        "verdicts": [_verdict(said) for said in one.verdicts],
    }


def differences(one: Statement) -> list[str]:
    """Return where the halves differ, in words that name the numbers; nothing when they agree or one is awaited."""
    if one.agreement is not Agreement.DIFFERENT:
        return []
    found = [
        f"仅{SIDE_WORDS[side][:3]}有: {in_words(numbers)} 号推送" for side in SIDES if (numbers := one.only_at(side))
    ]
    half = one.newest("supervision")
    if one.same_numbers_other_ids and half is not None:
        found.append(f"编号相同而决定不同, 须逐件核对: {in_words(half.runs)} 号推送")
    return found


def _side(one: Statement, side: Side) -> dict[str, Any] | None:
    half, verdict = one.newest(side), one.verdict(side)
    if half is None:
        return None
    parts = [_half(part) for part in one.halves[side]]
    return _half(half) | {"parts": parts, "verdict": _verdict(verdict) if verdict else None}


def _half(half: Half) -> dict[str, Any]:
    return {
        "part": half.part,
        "pushes": half.pushes,
        "first": half.first,
        "last": half.last,
        "runs": [list(run) for run in half.runs],
        "ids_hash": half.ids_hash,
        "drawn_at": half.drawn_at.isoformat() if half.drawn_at else None,
    }


def _verdict(said: Verdict) -> dict[str, Any]:
    return {
        "side": said.side,
        "part": said.part,
        "signed": said.signed,
        "officer": said.officer,
        "reason": said.reason,
        "at": said.at.astimezone(CHINA).isoformat(),
    }

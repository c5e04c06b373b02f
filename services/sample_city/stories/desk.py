"""The approval desk answers some of its tasks; the others wait for whoever opens the page."""

from __future__ import annotations

from typing import Any

from services.sample_city.stories.cast import Cast, Part
from services.sample_city.stories.sides import Sides

_CLERK = "C-0032"


def penalties_are_answered(sides: Sides, cast: Cast) -> None:
    """Two lead to a revocation, one to an amendment, two to a note, one to nothing. Four wait."""
    for number in (2, 8):
        part = cast[f"fined-{number}"]
        revoked = part.again("吊销", sides.ago(1), reason="情节严重的违法行为")
        _answer(sides, "penalty", part, outcome="revoke", recording=revoked)
    amended = cast["fined-4"].again("变更", sides.ago(1), content="准予食品经营（核减冷食类食品制售）")
    _answer(sides, "penalty", cast["fined-4"], outcome="amend", recording=amended)
    for number in (1, 9):
        _answer(sides, "penalty", cast[f"fined-{number}"], outcome="note", reason="列入重点核查名单")
    _answer(sides, "penalty", cast["fined-3"], outcome="no_action", reason="罚款已缴清，不影响许可条件")


def findings_are_answered(sides: Sides, cast: Cast) -> None:
    """What rested on a false promise is annulled; a wrong date is put right, a report is refused with reason."""
    annulled = cast["promised-4"]
    decision = annulled.again("撤销", sides.ago(1), reason="以欺骗手段取得许可")
    _answer(sides, "annulment_suggestion", annulled, outcome="annul", recording=decision)
    right = cast["misstated-1"]
    corrected = right.again("更正", sides.ago(0), valid_to=sides.ago(-1000), reason="录入有误")
    _answer(sides, "correction", right, outcome="correct", recording=corrected)
    _answer(sides, "correction", cast["misstated-3"], outcome="no_action", reason="证书副本已核对，登记无误")


def expiries_are_answered(sides: Sides, cast: Cast) -> None:
    """Of the permits whose last day is over one is cancelled, one renewed; the others wait."""
    cancelled, renewed = cast["expired-1"], cast["expired-2"]
    surrender = cancelled.again("注销", sides.ago(0), reason="有效期届满未延续")
    _answer(sides, "expiry", cancelled, outcome="surrender", recording=surrender)
    renewal = renewed.again("延续", sides.ago(0), valid_to=sides.ago(-1825))
    _answer(sides, "expiry", renewed, outcome="renew", recording=renewal)


def _answer(sides: Sides, kind: str, part: Part, **said: Any) -> None:
    """Answer the task of this kind about ``part`` once it is there, and wait until the lists have what was decided."""

    def asked() -> str | None:
        cursor: str | None = None
        while True:
            page = {"kind": kind, "limit": 200} | ({"cursor": cursor} if cursor else {})
            found = sides.told_by_bureau("tasks", **page)
            for task in found["tasks"]:
                if task["permit"] == part.permit:
                    return str(task["task"])
            cursor = found["next_cursor"]
            if cursor is None:
                return None

    task = sides.until(f"a task about {kind}", asked)
    key = f"answer/{kind}/{part.decision['permit_number']}"
    answered = sides.bureau(f"tasks/{task}/answer", key, clerk=_CLERK, **said)
    if answered["decision"]:
        part.listed(sides, answered["decision"])

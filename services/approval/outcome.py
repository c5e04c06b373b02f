"""What is handed to the desk, and what comes back: the event that was recorded, or the rule that refused it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.approval import RuleMet
from events.envelope import canonical, event_id
from services.approval.batch_signature import SignedItem
from services.approval.decision import Decision, Kind
from services.approval.permit_state import Permit
from services.approval.publication_file.kind_of_decision import Ambiguous, Unchanged
from services.refusing import Rule

SOURCE = "approval"

BUSY = Rule("busy", "该许可正被其他人同时办理。", "请稍后重试。")


@dataclass(frozen=True, slots=True)
class Submission:
    """A decision as handed in. ``key`` makes a repeat by the same ``caller`` get the first answer."""

    decision: Decision
    caller: str = ""
    key: str = ""
    read_kind: Callable[[Permit, bool], Kind | Unchanged | Ambiguous] | None = None
    """For a file's row, which does not say its kind: reads it from the permit as it stands, and from whether the row
    states nothing new."""
    signed: SignedItem | None = None
    """Which item it is of a batch that its body signed."""

    def digest(self) -> bytes:
        # Without a number it is the digest that releases before numbers kept for a repeat.
        unsaid = {"sender_number"} if self.decision.sender_number is None else None
        return hashlib.sha256(canonical(self.decision.model_dump(mode="json", exclude=unsaid))).digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one submission: the event that was recorded, or the rule that refused it."""

    accepted: bool
    permit: UUID | None = None
    version: int = 0
    type: str = ""
    rule: str = ""
    text: str = ""
    repair: str = ""
    field: str = ""
    repeated: bool = False
    known: bool = False
    candidates: tuple[str, ...] = ()
    flagged: tuple[RuleMet, ...] = ()

    @property
    def event(self) -> UUID | None:
        """The id of the event that was recorded."""
        return event_id(SOURCE, self.permit, self.version) if self.accepted and self.permit else None

    def answer(self) -> dict[str, Any]:
        """Return the outcome as the JSON that is kept for a repeat."""
        if not self.accepted:
            return {
                "accepted": False, "rule": self.rule, "text": self.text, "repair": self.repair, "field": self.field,
            }  # fmt: skip
        return {
            "accepted": True, "permit": str(self.permit), "version": self.version, "event": str(self.event),
            "type": self.type, "wait_for": f"{self.permit}@{self.version}",
        } | ({"flagged": [one.model_dump(mode="json") for one in self.flagged]} if self.flagged else {})  # fmt: skip

    def told(self) -> dict[str, Any]:
        """Return what the caller is told: the answer, and whether it is the first one once more."""
        return self.answer() | ({"repeated": True} if self.repeated else {})


def recalled(answer: dict[str, Any]) -> Outcome:
    """Return the outcome that ``answer`` was made of, marked as a repeat."""
    if not answer["accepted"]:
        return Outcome(repeated=True, **answer)
    flagged = tuple(RuleMet.model_validate(one) for one in answer.get("flagged", ()))
    permit = UUID(answer["permit"])
    return Outcome(True, permit, answer["version"], answer["type"], repeated=True, flagged=flagged)


def refusal(rule: Rule, text: str = "", field: str = "") -> Outcome:
    return Outcome(False, rule=rule.code, text=text or rule.text, repair=rule.repair, field=field)

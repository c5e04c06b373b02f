"""What is handed to the desk of penalties, and what comes back: the events that were recorded, or the rule that
refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.answered import Name
from events.envelope import event_id
from services.refusing import Refused
from services.supervision.penalty_stated import Command

SOURCE = "supervision"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as handed in, about ``penalty`` (none when it is imposed). ``key`` makes a repeat by the same
    ``caller`` get the first answer."""

    command: Command
    penalty: UUID | None = None
    caller: str = ""
    key: str = ""

    @property
    def name(self) -> Name:
        return self.caller, self.key


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command. ``said``: version and type of each event; none when it was all recorded before."""

    penalty: UUID | None = None
    said: tuple[tuple[int, str], ...] = ()
    refused: Refused | None = None
    first: dict[str, Any] | None = None
    """The first answer, when this is a repeat."""

    @property
    def accepted(self) -> bool:
        return bool(self.first["accepted"]) if self.first is not None else self.refused is None

    def answer(self) -> dict[str, Any]:
        """Return the outcome as the JSON that is kept for a repeat."""
        if self.first is not None:
            return self.first | {"repeated": True}
        if self.refused is not None:
            said = self.refused.said | {"field": self.refused.field}
            return {"accepted": False, **said}
        assert self.penalty is not None
        events = [
            {"event": str(event_id(SOURCE, self.penalty, version)), "version": version, "type": kind}
            for version, kind in self.said
        ]
        return {"accepted": True, "penalty": str(self.penalty), "events": events}

"""How a permit stands: its events folded, oldest first. Pure: no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from events.approval import Decided, DecisionRetracted, PermitFacts, PermitStatus, RuleMet


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision that stands: its version, what held after it, the keyed mark of its personal part, and the rule
    changes that it met."""

    version: int
    facts: PermitFacts
    status: PermitStatus
    decision_date: date
    personal_mark: str
    flagged: tuple[RuleMet, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit as its events leave it. ``entries`` are the decisions that stand, oldest first."""

    version: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def now(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    @property
    def flagged(self) -> tuple[RuleMet, ...]:
        """Every rule change that a decision which stands has met, each once."""
        met = {(one.rule, one.ground): one for entry in self.entries for one in entry.flagged}
        return tuple(met.values())


def evolve(permit: Permit, version: int, event: Decided) -> Permit:
    """Fold one event. A retraction takes its decision out; every other one adds itself."""
    if isinstance(event, DecisionRetracted):
        left = tuple(entry for entry in permit.entries if entry.version != event.retracted_version)
        return Permit(version, left)
    entry = Entry(version, event.facts, event.status, event.decision_date, event.personal_mark, event.flagged)
    return Permit(version, (*permit.entries, entry))

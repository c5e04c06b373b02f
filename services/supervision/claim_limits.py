"""By when must a push be signed? The duty's own limit, or the one that holds for its matter, in working days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import psycopg

from events.limits import LimitKind
from events.supervision import Claim
from services.limits import Limit
from services.supervision.duty_list import Duty
from services.time_rules import TimeRules, read_time_rules


@dataclass(frozen=True, slots=True)
class ClaimLimits:
    """Limits and calendar at one version. Answers are remembered: keep one for each version."""

    rules: TimeRules
    _answers: dict[tuple[int | None, str, date], Claim] = field(default_factory=dict)

    def claim(self, duty: Duty | None, matter: str, day: date) -> Claim:
        """Return the limit of a push that is delivered on ``day``."""
        own = duty.content.claim_limit_days if duty else None
        if (own, matter, day) not in self._answers:
            limit = self.rules.limits.of(LimitKind.CLAIM, matter=matter, day=day) if own is None else Limit(own)
            self._answers[own, matter, day] = self._said(limit, day)
        return self._answers[own, matter, day]

    def opinions(self, matter: str, day: date) -> Claim:
        """Return the limit for opinions in a consultation that is opened on ``day``."""
        return self._said(self.rules.limits.of(LimitKind.OPINION, matter=matter, day=day), day)

    def _said(self, limit: Limit, day: date) -> Claim:
        due, calendar = limit.due(day, self.rules.calendar), self.rules.calendar.version
        return Claim(on=due.day, estimated=due.estimated, calendar=calendar, days=limit.days, unit=limit.unit)


def read_claim_limits(connection: psycopg.Connection, known: ClaimLimits | None = None) -> ClaimLimits:
    """Return the limits in force; ``known`` itself when nothing changed since it was read from this database."""
    rules = read_time_rules(connection, known.rules if known else None)
    return known if known is not None and known.rules is rules else ClaimLimits(rules)

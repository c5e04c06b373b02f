"""What decisions about oversight rest on beside the permit: read once in a transaction, asked for each permit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

import psycopg

from projections.oversight import Oversight
from services.refusing import Refused
from services.supervision.claim_limits import ClaimLimits
from services.supervision.duty_list import Register
from services.supervision.oversight import Situation
from services.supervision.oversight_rules import UNKNOWN_PERMIT
from services.working_days import china_day


class Ground(NamedTuple):
    """Duty list, limits, and the departments with their names, as they hold ``now``."""

    register: Register
    limits: ClaimLimits
    departments: Mapping[str, str]
    now: datetime

    @property
    def today(self) -> date:
        return china_day(self.now)

    def situation(self, state: Oversight) -> Situation:
        """Return what holds for a permit; one that was never pushed is refused."""
        if state.decided is None:
            raise Refused(UNKNOWN_PERMIT)
        facts, today = state.decided.facts, self.today
        return Situation(
            today=today,
            route=self.register.route(facts.matter_code, facts.region_code, facts.level.value, today),
            departments=self.departments,
            claim=lambda duty: self.limits.claim(duty, facts.matter_code, today),
            opinions_due=self.limits.opinions(facts.matter_code, today),
        )


def departments_of(connection: psycopg.Connection) -> dict[str, str]:
    """Return the departments of the duty list with their names."""
    return dict(connection.execute("SELECT department, name FROM departments").fetchall())

"""What a decision about a permit's oversight rests on beside the permit, read in its transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import psycopg

from projections.oversight import Oversight
from services.refusing import Refused
from services.supervision.claim_limits import ClaimLimits
from services.supervision.duty_list import Register
from services.supervision.oversight import Situation
from services.supervision.oversight_rules import UNKNOWN_PERMIT


def situation(
    state: Oversight, register: Register, limits: ClaimLimits, day: date, departments: Collection[str]
) -> Situation:
    """Return what holds for a permit on ``day``; a permit that was never pushed is refused."""
    if state.decided is None:
        raise Refused(UNKNOWN_PERMIT)
    facts = state.decided.facts
    return Situation(
        today=day,
        route=register.route(facts.matter_code, facts.region_code, facts.level.value, day),
        departments=departments,
        claim=lambda duty: limits.claim(duty, facts.matter_code, day),
        opinions_due=limits.opinions(facts.matter_code, day),
    )


def departments_of(connection: psycopg.Connection) -> dict[str, str]:
    """Return the departments of the duty list with their names."""
    return dict(connection.execute("SELECT department, name FROM departments").fetchall())

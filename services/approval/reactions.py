"""What follows on the approval side from what supervision says: the whole table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from projections.reacting import Reacting
from projections.told import Telling
from services.approval.rule_receiving import RuleReceiving


def _now() -> datetime:
    return datetime.now(UTC)


def reactions(clock: Callable[[], datetime] = _now) -> Reacting:
    """Return the reader of the supervision side's log."""
    return Reacting(
        "told",
        [
            Telling(),  # push_made, exception_raised: who was told of a decision, who waits
            RuleReceiving(clock),  # rule_changed and what follows it: kept for the desks, bodies asked to answer
        ],
    )

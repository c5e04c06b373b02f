"""What follows on the approval side from what supervision says: the whole table."""

from __future__ import annotations

from projections.reacting import Reacting
from projections.told import Telling


def reactions() -> Reacting:
    """Return the reader of the supervision side's log."""
    return Reacting(
        "told",
        [
            Telling(),  # push_made, exception_raised: who was told of a decision, who waits
        ],
    )

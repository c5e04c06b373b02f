"""What the approval side says of applications that are not decided yet: how many there are, never whose.

One stream for each body that reports; each event is the body's whole count and replaces the one before.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE


def pending_stream(body: str) -> UUID:
    """Return the stream of what ``body`` reports."""
    return uuid5(NAMESPACE, f"pending-applications/{body}")


class MatterCount(Said):
    """How many applications of a matter are pending."""

    matter_code: str
    count: int


class PendingApplicationsCounted(Said):
    """在办申请: how many a body had at ``counted_at``. A matter that is not named has none."""

    body: str
    counted_at: datetime
    counts: tuple[MatterCount, ...]

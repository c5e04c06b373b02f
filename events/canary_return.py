"""What supervision says of a canary: it was applied."""

from __future__ import annotations

from events.approval import Said


class CanaryReturned(Said):
    """Applied, in the same transaction as the lists of its batch."""

    canary: int

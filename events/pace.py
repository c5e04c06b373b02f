"""How many bulk events may be on their way to the other side's lists? As many as those apply in about half a second.

A decision that somebody makes meanwhile stands behind what is on its way: for as long as the lists take for it, and
twice as long when they have just become half as fast. A fixed window of 10,000 events is three seconds of waiting where
lists take 3,000 a second, and half a minute on a busy machine; one that is too small leaves the lists idle between two
announcements.
"""

from __future__ import annotations

from datetime import datetime
from math import exp

AHEAD_SECONDS = 0.5
"""More than a batch in hand takes and until it is heard that it is done; little enough that lists which stumble for a
second still show a single decision within two."""
LEAST = 250
"""Where lists take 250 a second, who comes after waits a second for so many. With fewer, a machine so busy that each
answer takes a second hardly lets a file through."""
MOST = 10_000
REMEMBERED_SECONDS = 1.0
"""Lists move by whole batches: one that ends just before an announcement must not count for the pace."""
SOON_SECONDS = 0.1
"""Two announcements that are closer say too little of the pace."""


class BulkPace:
    """The window of bulk events ahead of the other side's lists, by how fast those were seen to move."""

    def __init__(self) -> None:
        self.a_second = 0.0
        self._reached = 0
        self._before: tuple[datetime, int] | None = None
        self._head = 0

    def hear(self, at: datetime, reached: int) -> None:
        """Take in that the other side's lists had ``reached`` a number at ``at``, by its own clock."""
        self._reached = reached
        if self._before is None or at < self._before[0]:  # the first, another clock, or one set back
            self._before = at, reached
            return
        seconds = (at - self._before[0]).total_seconds()
        if seconds >= SOON_SECONDS:
            seen = max(0, reached - self._before[1]) / seconds
            # Lists that had applied all they got could have done more: that is no sign that they are slow.
            if seen > self.a_second or reached < self._head:
                self.a_second += (seen - self.a_second) * (1 - exp(-seconds / REMEMBERED_SECONDS))
            self._before = at, reached

    def room(self, head: int) -> int:
        """Return how many bulk events may follow the ledger's ``head``. Silence admits one window, not more."""
        self._head = head
        window = min(MOST, max(LEAST, int(self.a_second * AHEAD_SECONDS)))
        return max(0, self._reached + window - head)

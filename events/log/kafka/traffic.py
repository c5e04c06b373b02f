"""How much comes, and so who is to read it: Faust what comes singly, kafka-python what comes by the thousand.

Faust needs nearly as much processor time for a message as the lists need for its event: it delivers 4,000 a second
where kafka-python delivers 60,000.
"""

from __future__ import annotations

import time

CALM_RECORDS = 700
BUSY_RECORDS = 1000
"""Between the two it stays as it is: who hands over at every breath reads nothing."""
SECONDS = 1.0


class Traffic:
    """Counts by the second. For one reader at a time: each begins anew."""

    def __init__(self) -> None:
        self._since = 0.0
        self._records = 0

    def begin(self) -> None:
        self._since = 0.0

    def calm(self, records: int, *, level: bool) -> bool:
        """Take in that so many came, and whether those were all; tell that for a second it was little enough."""
        now = time.monotonic()
        self._records += records
        calm = level and self._records <= CALM_RECORDS and self._since > 0
        if calm and now - self._since <= SECONDS:
            return False
        self._since, self._records = now, 0
        return calm

    def busy(self, records: int) -> bool:
        """Take in that so many came; tell that it was too much within a second."""
        now = time.monotonic()
        if now - self._since > SECONDS:
            self._since, self._records = now, 0
        self._records += records
        return self._records > BUSY_RECORDS

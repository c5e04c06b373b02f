"""A freeze whose last day is over ends by itself: said once, whoever asks, and after however long a standstill."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import psycopg

from events.penalties import FreezeRequested
from services.supervision.finding_desk import append, newest
from services.supervision.freezing import lapse
from services.working_days import china_day

AT_ONCE = 500


class FreezesLapse:
    """Freezes that were neither lifted nor said to have lapsed."""

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        """Say of each, the earliest first, that it has lapsed; as of the day after its last one."""
        said = 0
        while freezes := self._over(connection, now):
            with connection.transaction():
                for freeze in freezes:
                    before = newest(connection, freeze)
                    if isinstance(before.said, FreezeRequested):  # it may have been lifted just now
                        append(connection, freeze, before.version + 1, lapse(before.said), None, now)
                        said += 1
        return said

    def _over(self, connection: psycopg.Connection, now: datetime) -> list[UUID]:
        rows = connection.execute(
            "SELECT finding FROM findings WHERE kind = 'freeze' AND open AND due < %s ORDER BY due, finding LIMIT %s",
            (china_day(now), AT_ONCE),
        )
        return [row[0] for row in rows]

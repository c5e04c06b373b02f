"""督办: a superior demands that an open item be done, within a new limit that has a clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from events.deadlines import Urged
from events.store import VersionConflict
from services import deadline_store
from services.deadlines import ITEM_UNKNOWN, NOTHING_SAID, urge
from services.open_deadlines import find_open
from services.refusing import Refused
from services.scheduling import OpenItems
from services.time_rules import read_time_rules
from services.working_days import china_day

ATTEMPTS = 5


def urge_item(
    connection: psycopg.Connection,
    side: str,
    kinds: Sequence[OpenItems],
    wanted: UUID,
    days: int,
    officer: str,
    reason: str,
    now: datetime,
) -> Urged:
    """Record the demand, or raise ``Refused``. Load, decide, append; when the scheduler was faster, once more."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction():
                rules = read_time_rules(connection)
                item = find_open(connection, kinds, wanted, rules)
                if item is None:
                    raise Refused(ITEM_UNKNOWN)
                known = deadline_store.read_deadlines(connection, [item.id])
                state = known.get(item.id, NOTHING_SAID)
                urged = urge(item, state, days, officer, reason, china_day(now), rules.calendar)
                deadline_store.record(connection, side, [urged], known, now)
                return urged
        except VersionConflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError

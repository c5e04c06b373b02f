"""What has a limit on the approval side: the whole table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import uuid5

import psycopg

from events.envelope import NAMESPACE
from events.limits import LimitKind
from services.approval.task_items import Tasks
from services.deadlines import Item
from services.scheduling import OpenItems
from services.time_rules import TimeRules
from services.working_days import Due, china_day


def open_items(coordinator: str) -> Sequence[OpenItems]:
    """Return each kind of open item. ``coordinator`` is whom to tell when an owner does not do it."""
    return [
        Tasks(coordinator),  # what supervision found about a permit
        WaitingRows(coordinator),  # rows of files that a person must decide about
    ]


class WaitingRows:
    """Rows of files that a person must decide about. Gone from the queue, nothing is left to be credited."""

    kinds = frozenset({LimitKind.EXCEPTION})

    def __init__(self, coordinator: str) -> None:
        self.coordinator = coordinator

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterable[Item]:
        query = "SELECT id, owner, since FROM waiting_rows WHERE owner = coalesce(%(owner)s, owner) ORDER BY since, id"
        for row, owing, since in connection.execute(query, {"owner": owner}):
            item, opened = uuid5(NAMESPACE, f"waiting/{row}/{since.isoformat()}"), china_day(since)
            yield Item.by_rules(rules, LimitKind.EXCEPTION, item, opened, owing, self.coordinator)

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        return ()

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: the queue holds no due day, it is computed when it is read."""

"""What has a limit on the supervision side: the whole table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

import psycopg

from events.envelope import NAMESPACE
from events.limits import LimitKind
from services.deadlines import Item
from services.scheduling import OpenItems
from services.supervision.consultation_items import Opinions, Rulings
from services.supervision.finding_items import CommitmentChecks, Rectifications
from services.supervision.push_items import MovedDecisions, Pushes
from services.supervision.rule_items import RuleAnswers
from services.time_rules import TimeRules
from services.working_days import Due, china_day


def open_items(coordinator: str) -> Sequence[OpenItems]:
    """Return each kind of open item. ``coordinator`` is whom to tell when an owner does not do it."""
    return [
        Pushes(coordinator),  # pushes that a department has not signed
        MovedDecisions(coordinator),  # the decision's own clock, when its push went to others
        Opinions(coordinator),  # opinions in consultations
        Rulings(coordinator),  # consultations that the coordinator has not ruled
        Uncovered(coordinator),  # decisions that no duty covers
        UnmatchedPenalties(coordinator),  # penalties that seek a permit
        CommitmentChecks(coordinator),  # promises that permits rest on
        Rectifications(coordinator),  # what inspections ordered to be put right
        RuleAnswers(coordinator),  # answers to rule changes that approval bodies owe
    ]


class Uncovered:
    """Decisions that no duty covers: somebody must name one. Gone from the queue, nothing is left to be credited."""

    kinds = frozenset({LimitKind.EXCEPTION})

    def __init__(self, coordinator: str) -> None:
        self.coordinator = coordinator

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterable[Item]:
        rows = connection.execute(
            """SELECT permit, owner, since, matter_code FROM exceptions
               WHERE owner = coalesce(%(owner)s, owner) ORDER BY since, permit""",
            {"owner": owner},
        )
        for row in rows:
            yield self.item(rules, *row)

    def item(self, rules: TimeRules, permit: UUID, owner: str, since: datetime, matter: str) -> Item:
        """Return what one row of the queue is as an open item."""
        item, opened = uuid5(NAMESPACE, f"exception/{permit}/{since.isoformat()}"), china_day(since)
        return Item.by_rules(
            rules, LimitKind.EXCEPTION, item, opened, owner, self.coordinator, matter=matter, about=permit
        )

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        return ()

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: the queue holds no due day, it is computed when it is read."""


class UnmatchedPenalties:
    """Penalties that seek a permit: the department that imposed one must say which. Once it is found, nothing is left
    to be credited."""

    kinds = frozenset({LimitKind.EXCEPTION})

    def __init__(self, coordinator: str) -> None:
        self.coordinator = coordinator

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterable[Item]:
        rows = connection.execute(
            """SELECT penalty, department, since FROM penalty_queue
               WHERE department = coalesce(%(owner)s, department) ORDER BY since""",
            {"owner": owner},
        )
        for row in rows:
            yield self.item(rules, *row)

    def item(self, rules: TimeRules, penalty: UUID, department: str, since: datetime) -> Item:
        """Return what one row of the queue is as an open item."""
        item, opened = uuid5(NAMESPACE, f"penalty/{penalty}/{since.isoformat()}"), china_day(since)
        return Item.by_rules(rules, LimitKind.EXCEPTION, item, opened, department, self.coordinator)

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        return ()

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: the queue holds no due day, it is computed when it is read."""

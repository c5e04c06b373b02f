"""Answers to rule changes that approval bodies owe, as open items: reminded of, escalated and urged like all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

import psycopg

from events.limits import LimitKind
from projections import rule_changes
from projections.rule_changes import AnswerRow, RuleRow
from services.deadlines import Item
from services.rule_shown import item_of
from services.time_rules import TimeRules, read_time_rules
from services.working_days import CHINA, Due, china_day


class RuleAnswers:
    """``superior``: whom to tell of a body that does not answer. The owner is the body, by its code."""

    kinds = frozenset({LimitKind.RULE_ACKNOWLEDGEMENT})

    def __init__(self, superior: str) -> None:
        self.superior = superior

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterable[Item]:
        return [self._item(rule, answer, rules) for rule, answer in rule_changes.unanswered(connection, owner)]

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterator[Item]:
        rules = read_time_rules(connection)
        for rule, answer in rule_changes.answered_since(connection, datetime.combine(since, time(), CHINA)):
            assert answer.answered_at is not None
            yield self._item(rule, answer, rules, china_day(answer.answered_at))

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: the row of an answer holds no due day, it is computed when it is read."""

    def _item(self, rule: RuleRow, answer: AnswerRow, rules: TimeRules, done_on: date | None = None) -> Item:
        assert answer.asked_at is not None
        opened = china_day(answer.asked_at)
        limit = rules.limits.of(LimitKind.RULE_ACKNOWLEDGEMENT, day=opened)
        return Item(
            id=item_of(answer),
            kind=LimitKind.RULE_ACKNOWLEDGEMENT,
            owner=answer.body,
            superior=self.superior,
            opened_on=opened,
            limit=limit,
            due=limit.due(opened, rules.calendar),
            calendar_version=rules.calendar.version,
            done_on=done_on,
        )

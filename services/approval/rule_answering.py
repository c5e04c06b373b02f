"""A clerk answers a rule change for a body: load, decide, append, and the row, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine

from events import store
from events.catalogue import decode, encode
from events.database import raw
from events.envelope import NewEvent
from events.rule_answers import answer_stream
from projections import rule_changes
from services.approval.outcome import SOURCE
from services.approval.rule_answer import AnsweredRule, AnswerState, StatedAnswer, answer, evolve
from services.handled_once import handled_once
from services.working_days import china_day


def _now() -> datetime:
    return datetime.now(UTC)


class AnswerDesk:
    """Takes answers against one approval database. Safe for several clerks at once."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _now) -> None:
        self.engine = engine
        self.clock = clock

    def answer(self, rule: UUID, stated: StatedAnswer, caller: str = "", key: str = "") -> dict[str, Any]:
        """Record what a body did about ``rule``, or raise ``Refused``; a repeat gets the first answer."""

        def attempt(transaction: Connection) -> dict[str, Any]:
            connection = raw(transaction)
            known = rule_changes.read_rule(connection, rule)
            stream = answer_stream(rule, stated.body)
            state = self._load(connection, stream)
            now = self.clock()
            said = answer(state, _answered(known) if known else None, stated, china_day(now))
            name, schema, data = encode(said)
            event = NewEvent(stream, state.version + 1, name, schema, now, data, correlation=rule)
            at = store.append(connection, SOURCE, [event])
            rule_changes.write(connection, stream, state.version + 1, said, at)
            return {
                "rule_change": str(rule),
                "body": stated.body,
                "clerk": stated.clerk,
                "addition": stated.addition,
                "answered_at": at.isoformat(),
            }

        name = (caller, f"rule-answer/{key}" if key else "")
        return handled_once(self.engine, name, {"rule": str(rule), **stated.model_dump(mode="json")}, attempt)

    def _load(self, connection: psycopg.Connection, stream: UUID) -> AnswerState:
        state = AnswerState()
        for record in store.load_streams(connection, SOURCE, [stream])[stream]:
            said = decode(record.type, record.schema, record.data)
            state = evolve(state, record.version, said, record.recorded_at)
        return state


def _answered(rule: rule_changes.RuleRow) -> AnsweredRule:
    why = rule.withdrawn["reason"] if rule.withdrawn else None
    return AnsweredRule(rule.rule, rule.version, rule.required_version, why)

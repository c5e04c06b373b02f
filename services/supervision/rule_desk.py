"""Where rule changes are published, corrected and withdrawn: load, decide, append, and the rows in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, text

from events import store
from events.approval import Said
from events.catalogue import decode, encode
from events.database import raw
from events.envelope import NewEvent, new_stream
from events.rule_changes import Document, Effect, RuleSaid
from projections import rule_changes
from services.access.rows import decide_on_all
from services.handled_once import handled_once
from services.other_codes import other_codes
from services.rule_wording import EFFECTS
from services.supervision import rule_change
from services.supervision.code_register import read_mappings
from services.supervision.rule_change import RuleChange, Surroundings
from services.supervision.rule_stated import Correction, Publication, Withdrawal
from services.supervision.rule_touches import Scope, Touches, touches
from services.working_days import china_day

SOURCE = "supervision"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and under which idempotency key; without a key nothing is remembered."""

    caller: str = ""
    key: str = ""

    @property
    def name(self) -> tuple[str, str]:
        return self.caller, f"rule/{self.key}" if self.key else ""


NOBODY = Sender()


class RuleDesk:
    """Handles rule changes against one supervision database. ``effect``: what a publication means that names none."""

    def __init__(self, engine: Engine, effect: Effect = Effect.FLAG, clock: Callable[[], datetime] = _now) -> None:
        self.engine = engine
        self.effect = effect
        self.clock = clock

    def look(self, stated: Publication) -> dict[str, Any]:
        """Return what publishing ``stated`` would touch, and record nothing (a dry run)."""
        with self.engine.connect() as connection:
            around, touched = self._around(connection, stated)
            said = rule_change.publish(stated, around, _published(connection, stated))
        return {"dry_run": True} | _answer(said, touched)

    def publish(self, stated: Publication, sender: Sender = NOBODY) -> dict[str, Any]:
        """Publish, and answer with what it touches and who must answer; or raise ``Refused``."""

        def attempt(connection: Connection) -> dict[str, Any]:
            around, touched = self._around(connection, stated)
            said = rule_change.publish(stated, around, _published(connection, stated))
            rule = new_stream()
            return self._record(connection, rule, 1, said) | _answer(said, touched)

        return handled_once(self.engine, sender.name, {"publish": stated.model_dump(mode="json")}, attempt)

    def correct(self, rule: UUID, stated: Correction, sender: Sender = NOBODY) -> dict[str, Any]:
        """Correct what was published; the answer tells who must answer again."""

        def attempt(connection: Connection) -> dict[str, Any]:
            before = load(raw(connection), rule)
            around, touched = self._around(connection, stated)
            said = rule_change.correct(before, stated, around)
            told = {"changed": list(said.changed), "asks_again": said.asks_again}
            return self._record(connection, rule, before.version + 1, said) | told | _answer(said, touched)

        asked = {"correct": str(rule), "stated": stated.model_dump(mode="json")}
        return handled_once(self.engine, sender.name, asked, attempt)

    def withdraw(self, rule: UUID, stated: Withdrawal, sender: Sender = NOBODY) -> dict[str, Any]:
        """Take back what was published by mistake."""

        def attempt(connection: Connection) -> dict[str, Any]:
            before = load(raw(connection), rule)
            said = rule_change.withdraw(before, stated)
            return self._record(connection, rule, before.version + 1, said) | {"standing": rule_changes.WITHDRAWN}

        asked = {"withdraw": str(rule), "stated": stated.model_dump(mode="json")}
        return handled_once(self.engine, sender.name, asked, attempt)

    def _around(self, connection: Connection, stated: Publication) -> tuple[Surroundings, Touches]:
        # What a rule touches is on the lists of every department and with every bureau.
        decide_on_all(raw(connection))
        itself = Document(title=stated.title, number=stated.document_number)
        replaced = (Document(title=one.title, number=one.number) for one in stated.replaces)
        day = max(stated.effective_date, china_day(self.clock()))
        also = other_codes(stated.matters, stated.regions, read_mappings(raw(connection)), day)
        touched = touches(connection, Scope(stated.matters, stated.regions, (*replaced, itself), also))
        known = connection.scalar(
            text("SELECT count(*) FROM departments WHERE department = :code"), {"code": stated.department}
        )
        return Surroundings(self.effect, bool(known), touched.in_scope(stated.bodies), also), touched

    def _record(self, connection: Connection, rule: UUID, version: int, said: Said) -> dict[str, Any]:
        decide_on_all(raw(connection))
        name, schema, data = encode(said)
        event = NewEvent(rule, version, name, schema, self.clock(), data, correlation=rule)
        at = store.append(raw(connection), SOURCE, [event])
        rule_changes.write(raw(connection), rule, version, said, at)
        return {"rule_change": str(rule), "version": version, "recorded_at": at.isoformat()}


def load(connection: psycopg.Connection, rule: UUID) -> RuleChange:
    """Return a rule change as its events leave it; version 0 when there is none."""
    state = RuleChange()
    for record in store.load_streams(connection, SOURCE, [rule])[rule]:
        if record.type.startswith("rule_change"):
            said = decode(record.type, record.schema, record.data)
            state = rule_change.evolve(state, record.version, said)
    return state


def _published(connection: Connection, stated: Publication) -> str | None:
    """Return the rule change that was published with this number, title and kind, and stands."""
    found = connection.scalar(
        text(
            """SELECT rule FROM rule_changes WHERE standing = 'published' AND content->>'document_number' = :number
               AND content->>'title' = :title AND content->>'kind' = :kind LIMIT 1"""
        ),
        {"number": stated.document_number, "title": stated.title, "kind": stated.kind.value},
    )
    return str(found) if found else None


def _answer(said: RuleSaid, touched: Touches) -> dict[str, Any]:
    return {
        "title": said.title,
        "document_number": said.document_number,
        "effective_date": said.effective_date.isoformat(),
        "effect": said.effect.value,
        "effect_in_words": EFFECTS[said.effect],
        "touches": touched.as_json(said.bodies),
        "must_answer": [one.model_dump(mode="json") for one in said.bodies],
    }

"""Which rule changes are there, who must answer them, and who has? The same fold on both sides.

A row of ``rule_changes`` follows from the events of the rule's own stream, a row of ``rule_answers`` from these and
from the stream of the body's answers. What each stream writes is its own columns, so it does not matter which of two
streams comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events.approval import Said
from events.envelope import partition_of
from events.rule_answers import RuleChangeAcknowledged, RuleChangeReceived
from events.rule_changes import (
    RuleChangeCorrected,
    RuleChanged,
    RuleChangeWithdrawn,
    RuleSaid,
)

PUBLISHED, WITHDRAWN = "published", "withdrawn"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule change as it stands. ``required_version``: the last version that a body must have answered."""

    rule: UUID
    version: int
    standing: str
    required_version: int
    said: RuleSaid
    published_at: datetime
    changed_at: datetime
    withdrawn: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A body that must answer. ``asked_version`` 0: nothing has reached it yet."""

    rule: UUID
    body: str
    name: str
    why: str
    asked_version: int
    asked_at: datetime | None
    answered_version: int
    answered_at: datetime | None
    clerk: str
    answers: Sequence[dict[str, Any]]

    def delivered(self, rule: RuleRow) -> bool:
        return self.asked_version >= rule.required_version

    def answered(self, rule: RuleRow) -> bool:
        return self.answered_version >= rule.required_version


def write(connection: psycopg.Connection, stream: UUID, version: int, said: Said, recorded_at: datetime) -> None:
    """Write what one event of a rule change, or of an answer to it, changes in the rows. Others change nothing."""
    if isinstance(said, RuleChanged | RuleChangeCorrected):
        _content(connection, stream, version, said, recorded_at)
    elif isinstance(said, RuleChangeWithdrawn):
        connection.execute(
            """UPDATE rule_changes SET version = %s, standing = %s, withdrawn = %s, changed_at = %s WHERE rule = %s""",
            (version, WITHDRAWN, Jsonb(said.model_dump(mode="json")), recorded_at, stream),
        )
    elif isinstance(said, RuleChangeReceived):
        connection.execute(
            """INSERT INTO rule_answers AS a (rule, body, name, why, asked_version, asked_at)
               VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (rule, body) DO UPDATE SET
                   name = CASE WHEN a.name = '' THEN excluded.name ELSE a.name END,
                   asked_version = excluded.asked_version, asked_at = excluded.asked_at""",
            (said.rule, said.body, said.body_name, said.why, said.rule_version, recorded_at),
        )
    elif isinstance(said, RuleChangeAcknowledged):
        _answered(connection, said, recorded_at)


def _content(
    connection: psycopg.Connection,
    rule: UUID,
    version: int,
    said: RuleChanged | RuleChangeCorrected,
    recorded_at: datetime,
) -> None:
    asks = isinstance(said, RuleChanged) or said.asks_again
    content = said.model_dump(mode="json", include=set(RuleSaid.model_fields))
    connection.execute(
        """INSERT INTO rule_changes AS r (rule, partition, version, standing, required_version, content, published_at,
                                          changed_at)
           VALUES (%(rule)s, %(partition)s, %(version)s, %(standing)s, %(version)s, %(content)s, %(at)s, %(at)s)
           ON CONFLICT (rule) DO UPDATE SET version = excluded.version, content = excluded.content,
               required_version = CASE WHEN %(asks)s THEN excluded.version ELSE r.required_version END,
               changed_at = excluded.changed_at""",
        {
            "rule": rule,
            "partition": partition_of(rule),
            "version": version,
            "standing": PUBLISHED,
            "content": Jsonb(content),
            "at": recorded_at,
            "asks": asks,
        },
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO rule_answers (rule, body, name, why) VALUES (%s, %s, %s, %s)
               ON CONFLICT (rule, body) DO UPDATE SET name = excluded.name, why = excluded.why""",
            [(rule, one.body, one.name, one.why) for one in said.bodies],
        )


def _answered(connection: psycopg.Connection, said: RuleChangeAcknowledged, recorded_at: datetime) -> None:
    acts = said.model_dump(mode="json", include={"rule_version", "clerk", "acts", "addition"})
    kept = Jsonb([acts | {"at": recorded_at.isoformat()}])
    if said.addition:
        connection.execute(
            "UPDATE rule_answers SET answers = answers || %s WHERE rule = %s AND body = %s",
            (kept, said.rule, said.body),
        )
        return
    connection.execute(
        """UPDATE rule_answers SET answers = answers || %s, answered_version = %s, answered_at = %s, clerk = %s
           WHERE rule = %s AND body = %s""",
        (kept, said.rule_version, recorded_at, said.clerk, said.rule, said.body),
    )


_RULE = "rule, version, standing, required_version, content, published_at, changed_at, withdrawn"
_ANSWER = """rule, body, name, why, asked_version, asked_at, answered_version, answered_at, clerk, answers"""


def read_rule(connection: psycopg.Connection, rule: UUID) -> RuleRow | None:
    """Return a rule change, or None when nothing is known of it."""
    row = connection.execute(f"SELECT {_RULE} FROM rule_changes WHERE rule = %s".encode(), (rule,)).fetchone()
    return _rule(row) if row else None


def find_rules(
    connection: psycopg.Connection,
    state: str,
    body: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    department: str | None = None,
) -> list[RuleRow]:
    """Return rule changes, newest first. ``state``: ``open`` (somebody, or ``body``, has not answered), ``answered``,
    ``withdrawn`` or ``all``; with ``body`` only what it must answer, with ``department`` only what that published."""
    lacking = """EXISTS (SELECT FROM rule_answers a WHERE a.rule = r.rule AND a.answered_version < r.required_version
                         AND (%(body)s::text IS NULL OR a.body = %(body)s))"""
    holds = {
        "open": f"r.standing = '{PUBLISHED}' AND {lacking}",
        "answered": f"r.standing = '{PUBLISHED}' AND NOT {lacking}",
        "withdrawn": f"r.standing = '{WITHDRAWN}'",
        "all": "true",
    }[state]
    rows = connection.execute(
        f"""SELECT {_RULE} FROM rule_changes r
            WHERE {holds}
              AND (%(body)s::text IS NULL
                   OR EXISTS (SELECT FROM rule_answers a WHERE a.rule = r.rule AND a.body = %(body)s))
              AND (%(department)s::text IS NULL OR r.content->>'department' = %(department)s)
              AND (%(at)s::timestamptz IS NULL OR (published_at, rule) < (%(at)s, %(rule)s::uuid))
            ORDER BY published_at DESC, rule DESC LIMIT %(limit)s""".encode(),
        {
            "body": body, "at": after and after[0], "rule": after and after[1], "limit": limit,
            "department": department,
        },
    )  # fmt: skip
    return [_rule(row) for row in rows]


def read_answers(connection: psycopg.Connection, rules: Sequence[UUID]) -> dict[UUID, list[AnswerRow]]:
    """Return, for each of ``rules``, the bodies that must answer it."""
    rows = connection.execute(
        f"SELECT {_ANSWER} FROM rule_answers WHERE rule = ANY(%s) ORDER BY rule, body".encode(), (list(rules),)
    )
    found: dict[UUID, list[AnswerRow]] = {rule: [] for rule in rules}
    for row in rows:
        found[row[0]].append(AnswerRow(*row))
    return found


def unanswered(connection: psycopg.Connection, body: str | None = None) -> list[tuple[RuleRow, AnswerRow]]:
    """Return every answer that is owed and has been asked for, the longest asked first; ``body``: only what it owes."""
    holds = (
        f"r.standing = '{PUBLISHED}' AND a.answered_version < a.asked_version AND a.body = coalesce(%(body)s, a.body)"
    )
    return _owed(connection, holds, {"body": body})


def answered_since(connection: psycopg.Connection, since: datetime) -> list[tuple[RuleRow, AnswerRow]]:
    """Return every answer that was given at ``since`` or later and answers what was asked last."""
    return _owed(connection, "a.answered_version >= a.asked_version AND a.answered_at >= %(since)s", {"since": since})


def _owed(connection: psycopg.Connection, holds: str, given: dict[str, Any]) -> list[tuple[RuleRow, AnswerRow]]:
    rule = ", ".join(f"r.{name.strip()}" for name in _RULE.split(","))
    answer = ", ".join(f"a.{name.strip()}" for name in _ANSWER.split(","))
    rows = connection.execute(
        f"""SELECT {rule}, {answer} FROM rule_answers a JOIN rule_changes r ON r.rule = a.rule
            WHERE a.asked_version > 0 AND {holds} ORDER BY a.asked_at, a.rule, a.body""".encode(),
        given,
    )
    width = len(_RULE.split(","))
    return [(_rule(row[:width]), AnswerRow(*row[width:])) for row in rows]


def _rule(row: Sequence[Any]) -> RuleRow:
    rule, version, standing, required, content, published_at, changed_at, withdrawn = row
    said = RuleSaid.model_validate(content)
    return RuleRow(rule, version, standing, required, said, published_at, changed_at, withdrawn)

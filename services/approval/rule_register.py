"""The rule changes that decisions may meet, as supervision said them, with a version that every change raises."""

from __future__ import annotations

import psycopg

from events.rule_changes import RuleSaid
from services.approval.rules_in_force import RulesInForce


def read_rules(connection: psycopg.Connection) -> RulesInForce:
    """Return those that stand and can meet a decision, and the version they stand at, both from one moment."""
    rows = connection.execute(
        """SELECT g.version, c.rule, c.content FROM rule_register g
           LEFT JOIN rule_changes c ON c.standing = 'published'
           ORDER BY c.content->>'effective_date', c.rule"""
    ).fetchall()
    return RulesInForce.of(rows[0][0], ((rule, RuleSaid.model_validate(said)) for _, rule, said in rows if rule))


def raise_version(connection: psycopg.Connection) -> None:
    """Let every desk read the rules again. The row stays locked to the end of the transaction."""
    connection.execute("UPDATE rule_register SET version = version + 1")

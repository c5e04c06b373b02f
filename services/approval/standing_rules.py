"""What a site has set a known fact to mean: recorded as events, each rule a stream, read as one small table."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

import psycopg

from events import store
from events.catalogue import encode
from events.envelope import NAMESPACE, NewEvent
from events.standing import StandingRuleSet
from services.approval.outcome import SOURCE

_COLUMNS = "kind, matter_code, same_matter, means, legal_basis, clerk, valid_from, valid_to"


def rule_stream(rule: StandingRuleSet) -> UUID:
    """Return the stream of a rule: kind, matter, reach, and the day from which it holds."""
    return uuid5(NAMESPACE, f"standing/{rule.kind}/{rule.matter_code}/{rule.same_matter}/{rule.valid_from}")


def set_rule(connection: psycopg.Connection, rule: StandingRuleSet, now: datetime) -> bool:
    """Record ``rule`` in the caller's transaction. Said again it changes nothing; another one of the same stream holds
    instead. ``VersionConflict`` when somebody set it at the same time."""
    stream = rule_stream(rule)
    row = connection.execute(
        "SELECT coalesce(max(version), 0) FROM standing_rules WHERE rule = %s", (stream,)
    ).fetchone()
    assert row is not None
    if rule in rules_set(connection):
        return False
    version = row[0] + 1
    name, schema, data = encode(rule)
    store.append(connection, SOURCE, [NewEvent(stream, version, name, schema, now, data)])
    connection.execute(
        f"""INSERT INTO standing_rules (rule, version, {_COLUMNS})
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            stream, version, rule.kind.value, rule.matter_code, rule.same_matter, rule.means.value, rule.legal_basis,
            rule.clerk, rule.valid_from, rule.valid_to,
        ),
    )  # fmt: skip
    return True


def rules_set(connection: psycopg.Connection) -> list[StandingRuleSet]:
    """Return the rules as they stand, future and past ones too: the last version of each."""
    rows = connection.execute(
        f"SELECT DISTINCT ON (rule) {_COLUMNS} FROM standing_rules ORDER BY rule, version DESC"
    ).fetchall()
    names = _COLUMNS.split(", ")
    rules = [StandingRuleSet.model_validate(dict(zip(names, row, strict=True))) for row in rows]
    return sorted(rules, key=lambda rule: (rule.kind, rule.matter_code, rule.valid_from))

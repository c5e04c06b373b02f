"""What both sides of a linkage know of permits, penalties and rule changes, to be compared with what they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from events.database import raw
from services.rule_reading import one_of
from tests.linkage import Linkage


def permits_of(linkage: Linkage, permits: Sequence[UUID]) -> dict[UUID, Any]:
    """Return where each permit is listed, as what; its pushes; whether it is argued about; and what the bureau was
    told of all that."""
    ask = linkage.rows
    listed = {permit: where for permit, *where in ask("SELECT permit, department, status FROM watch_list")}
    argued = {row[0] for row in ask("SELECT permit FROM consultations WHERE ruled_at IS NULL")}
    cases: dict[UUID, Counter[tuple[str, str]]] = {permit: Counter() for permit in permits}
    for permit, department, state in ask("SELECT permit, department, state FROM cases"):
        cases[permit][department, state] += 1
    told: dict[UUID, list[str]] = {permit: [] for permit in permits}
    for permit, step in ask("SELECT permit, step FROM told_steps ORDER BY permit, version", side="approval"):
        told[permit].append(step)
    return {
        permit: (*listed.get(permit, (None, None)), cases[permit], permit in argued, told[permit]) for permit in permits
    }


def penalties_of(linkage: Linkage, penalties: Sequence[UUID]) -> dict[UUID, Any]:
    """Return how each penalty stands, whether it stands against its party, its task, and the receipt for that."""
    status = dict(linkage.rows("SELECT penalty, status FROM penalties"))
    against = dict(linkage.rows("SELECT fact, holds FROM party_facts WHERE kind = 'penalty'", side="approval"))
    tasks = dict(linkage.rows("SELECT about, state FROM tasks", side="approval"))
    receipts = dict(linkage.rows("SELECT about, state FROM task_receipts"))
    return {
        penalty: (status[penalty], against[penalty], tasks.get(penalty), receipts.get(penalty)) for penalty in penalties
    }


def rules_of(linkage: Linkage, rules: Sequence[UUID]) -> dict[UUID, str]:
    """Return what supervision shows of the bureau's answer to each."""
    with linkage.supervision.connect() as connection:
        seen = [one_of(raw(connection), rule, linkage.today) for rule in rules]
    return {UUID(str(one["rule_change"])): one["bodies"][0]["state"] for one in seen}

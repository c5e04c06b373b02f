"""What the web processes write, by table: nothing else is theirs to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Side = Literal["approval", "supervision"]

_ADDED = frozenset({"INSERT"})
_KEPT = frozenset({"INSERT", "UPDATE"})
_FOLDED = _KEPT | {"DELETE"}
_CHANGED = frozenset({"UPDATE"})

_BOTH: Mapping[str, frozenset[str]] = {
    # What is recorded, and its first answers. Numbering it is the sequencer's.
    "streams": _KEPT, "outbox": _ADDED, "answers": _ADDED,
    # Limits, calendar, urging, and who holds what.
    "time_rules": _CHANGED, "time_rule_entries": _KEPT, "deadlines": _KEPT, "tidings": _ADDED, "holders": _KEPT,
    "people_register": _CHANGED, "officers": _KEPT, "appointments": _KEPT,
    # Statements that are signed, records that an operator settles, alerts that are silenced.
    "statement_verdicts": _KEPT, "statement_days": _KEPT,
    "parked_requests": _FOLDED, "parked_acts": _ADDED, "parked_streams": _CHANGED, "silences": _KEPT,
    "notices": _CHANGED,
    # Which checkpoint was written to an open line.
    "checkpoints_sent": _ADDED,
    # Who signs in, and what they tried.
    "accounts": _KEPT, "account_sessions": _FOLDED, "sign_in_attempts": _FOLDED, "provider_visits": _FOLDED,
    # The audit trail is only added to; linking it into its chain is the linker's.
    "audit": _ADDED, "audit_unlinked": _ADDED,
}  # fmt: skip

COLUMNS: Mapping[str, str] = {"machine_keys": "last_used_at"}
"""Of what is otherwise only read, the column that is written: when a key was used last."""
UNREAD = frozenset({"alembic_version", "webhook_secrets"})
"""What no web process reads."""

WRITES: Mapping[Side, Mapping[str, frozenset[str]]] = {
    "approval": {
        **_BOTH,
        # What a decision leaves behind at once, and what signs it.
        "permit_numbers": _ADDED, "parties": _ADDED, "published": _ADDED, "batch_entries": _ADDED, "party_facts": _KEPT,
        "signed_batches": _ADDED, "signed_decisions": _ADDED, "received_numbers": _FOLDED, "missing_numbers": _FOLDED,
        # Files and their rows; tasks, rule changes and counts that bureaus answer.
        "file_imports": _FOLDED, "refused_rows": _KEPT, "waiting_rows": _FOLDED, "tasks": _KEPT, "rule_answers": _KEPT,
        "pending_applications": _KEPT,
    },
    "supervision": {
        **_BOTH,
        # What an officer's act, or a ruling, leaves behind in the lists at once.
        "watch_list": _FOLDED, "cases": _KEPT, "placements": _KEPT, "consultations": _KEPT, "push_numbers": _KEPT,
        "penalties": _KEPT, "penalty_permits": _FOLDED, "penalty_queue": _FOLDED, "penalty_second_looks": _KEPT,
        "findings": _KEPT, "commitment_checks": _KEPT, "handovers": _KEPT, "handover_rows": _CHANGED,
        # The duty list and rule changes.
        "duty_register": _CHANGED, "duties": _KEPT, "departments": _KEPT, "reroutes": _KEPT, "code_mappings": _KEPT,
        "rule_changes": _KEPT, "rule_answers": _KEPT, "rule_marks": _FOLDED,
    },
}  # fmt: skip

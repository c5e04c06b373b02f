"""What Prometheus is told about proofs: when the last was made, what differed, and which places of the ledger fell."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from services.access.audit_copy import waiting_since
from services.access.audit_walks import last_audit_walk
from services.checkpoints.stamps import unstamped_since
from services.checkpoints.standing import CheckpointFault, checkpoint_faults
from services.completeness_answers import other_side
from services.databases import BOTH
from services.ledger_walks import faults_found
from services.metrics import Fact
from services.migrating import Side
from services.proofs import RECONCILE, newest, proven_at
from services.reconciling import COMPARED
from services.scheduler import database_clock


def proof_facts(connection: psycopg.Connection, side: Side) -> Iterator[Fact]:
    """Yield them for one side; what was never found is 0."""
    found = newest(connection)
    for kind, at in proven_at(connection, found).items():
        yield Fact("linkage_proven_timestamp_seconds", at.timestamp() if at else 0.0, {"source": side, "kind": kind})
    for kind, count in faults_found(connection).items():
        yield Fact("linkage_ledger_verify_failures", count, {"source": side, "kind": kind})
    audit = last_audit_walk(connection)
    yield Fact("linkage_audit_faults", audit.faults if audit else 0, {"source": side})
    uncopied = waiting_since(connection)
    since = uncopied.timestamp() if uncopied else 0.0
    yield Fact("linkage_audit_uncopied_since_timestamp_seconds", since, {"source": side})
    now = database_clock(connection)
    unstamped = unstamped_since(connection, now)
    failing = unstamped.timestamp() if unstamped else 0.0
    yield Fact("linkage_checkpoint_stamps_failing_since_timestamp_seconds", failing, {"source": side})
    wrong_now = checkpoint_faults(connection, side, now)
    for source in sorted(BOTH):
        for fault in CheckpointFault:
            labels = {"source": source, "kind": fault.value}
            yield Fact("linkage_checkpoint_fault", float(wrong_now.get(source) is fault), labels)
    said = found[RECONCILE].said["compared"] if RECONCILE in found else []
    wrong = {one["between"]: one["wrong"] for one in said}
    for between, own in COMPARED[side].items():
        source = side if own else other_side(side)
        yield Fact("linkage_reconcile_differences", wrong.get(between, 0), {"source": source, "between": between})

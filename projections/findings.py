"""What did departments find or ask about permits and parties? Freezes, suggestions, checks, inspections: one row each.

A row follows from the newest event of its stream alone, but for a last day to put things right that a later check
leaves as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row, text

from events.approval import Said
from events.penalties import (
    AnnulmentSuggested,
    CommitmentChecked,
    ErrorReported,
    FreezeLapsed,
    FreezeLifted,
    FreezeRequested,
    FreezeSaid,
    InspectionPlanned,
    InspectionRecorded,
    OfPermit,
    RectificationChecked,
)
from projections.commitments import close_checks
from projections.penalty_page import After

FindingSaid = FreezeSaid | OfPermit


def write(connection: psycopg.Connection, finding: UUID, version: int, said: FindingSaid, at: datetime) -> None:
    """Write the row of ``finding`` as its newest event leaves it."""
    kind, state, is_open, due = _as_it_stands(said)
    connection.execute(
        """INSERT INTO findings AS f (finding, version, kind, state, open, due, permit, party, department,
               said, recorded_at, changed_at)
           VALUES (%(finding)s, %(version)s, %(kind)s, %(state)s, %(open)s, %(due)s, %(permit)s,
               %(party)s, %(department)s, %(said)s, %(at)s, %(at)s)
           ON CONFLICT (finding) DO UPDATE SET version = excluded.version, state = excluded.state,
               open = excluded.open, said = excluded.said, changed_at = excluded.changed_at,
               due = CASE WHEN excluded.open THEN coalesce(excluded.due, f.due) END""",
        {
            "finding": finding,
            "version": version,
            "kind": kind,
            "state": state,
            "open": is_open,
            "due": due,
            "permit": said.permit if isinstance(said, OfPermit) else None,
            "party": said.party.party_id,
            "department": said.department,
            "said": Jsonb(said.model_dump(mode="json")),
            "at": at,
        },
    )
    if isinstance(said, CommitmentChecked):
        close_checks(connection, said.permit, at)


def _as_it_stands(said: Said) -> tuple[str, str, bool, date | None]:
    """Return kind and state, whether something is still to come, and its last day."""
    match said:
        case FreezeRequested():
            return "freeze", "in_force", True, said.until
        case FreezeLifted():
            return "freeze", "lifted", False, None
        case FreezeLapsed():
            return "freeze", "lapsed", False, None
        case AnnulmentSuggested():
            return "annulment_suggestion", "suggested", False, None
        case ErrorReported():
            return "error_report", "reported", False, None
        case CommitmentChecked():
            return "commitment_check", "passed" if said.passed else "failed", False, None
        case InspectionPlanned():
            return "inspection", "planned", True, said.planned_on
        case InspectionRecorded():
            return "inspection", said.result.value, said.rectification_due is not None, said.rectification_due
        case RectificationChecked():
            return (
                "inspection",
                "rectified" if said.passed else "not_rectified",
                not said.passed,
                said.rectification_due,
            )
    raise TypeError(type(said).__name__)


def findings(
    connection: Connection, wanted: dict[str, Any], after: After | None, limit: int
) -> tuple[Sequence[Row[Any]], After | None]:
    """Return a page of findings, the newest recorded first, and where the next page begins.

    ``wanted``: kind, department, permit, party, open; what is None does not filter.
    """
    asked = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = :{name}" for name in asked]
    if after:
        conditions.append("(recorded_at, finding) < (:at, :penalty)")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.execute(
        text(
            f"""SELECT finding, version, kind, state, open, due, said, recorded_at, changed_at FROM findings {where}
                ORDER BY recorded_at DESC, finding DESC LIMIT :limit"""
        ),
        {**asked, **(after._asdict() if after else {}), "limit": limit + 1},
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], After(last.recorded_at, last.finding) if last else None

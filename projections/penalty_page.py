"""Which penalties are there, newest first; and which of them seek a permit, longest waiting first? Pages of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text


class After(NamedTuple):
    """Where a page begins: behind this moment and penalty, in the order of the list."""

    at: datetime
    penalty: UUID

    @classmethod
    def read(cls, cursor: str) -> After:
        """Return what ``written`` wrote, or raise ``ValueError``."""
        at, penalty = cursor.replace(" ", "+").split("~")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(cursor)
        return cls(moment, UUID(penalty))

    def written(self) -> str:
        return f"{self.at.isoformat()}~{self.penalty}"


class Wanted(NamedTuple):
    """Filters of the list; None does not filter."""

    department: str | None = None
    permit: UUID | None = None
    party: UUID | None = None
    status: str | None = None


def penalties(
    connection: Connection, wanted: Wanted, after: After | None, limit: int
) -> tuple[Sequence[Row[Any]], After | None]:
    """Return a page of penalties, each with the permits that it touches, and where the next page begins."""
    conditions = [f"p.{name} = :{name}" for name in ("department", "party", "status") if getattr(wanted, name)]
    if wanted.permit:
        conditions.append("p.penalty IN (SELECT penalty FROM penalty_permits WHERE permit = :permit)")
    if after:
        conditions.append("(p.recorded_at, p.penalty) < (:at, :penalty)")
    rows = connection.execute(
        text(f"{_PENALTY} {_where(conditions)} ORDER BY p.recorded_at DESC, p.penalty DESC LIMIT :limit"),
        {**wanted._asdict(), **(after._asdict() if after else {}), "limit": limit + 1},
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], After(last.recorded_at, last.penalty) if last else None


def penalty(connection: Connection, penalty: UUID) -> Row[Any] | None:
    """Return one penalty as it stands."""
    return connection.execute(text(f"{_PENALTY} WHERE p.penalty = :penalty"), {"penalty": penalty}).one_or_none()


_PENALTY = """
    SELECT p.penalty, p.version, p.status, p.settled, p.facts, p.recorded_at, p.changed_at,
        coalesce((SELECT jsonb_agg(jsonb_build_object('permit', m.permit, 'deciding_body', m.deciding_body,
            'permit_number', m.permit_number, 'how', m.how, 'certificate', m.certificate,
            'confirmed_by', m.confirmed_by) ORDER BY m.permit)
            FROM penalty_permits m WHERE m.penalty = p.penalty), '[]') AS permits,
        (SELECT jsonb_build_object('reason', q.reason, 'owner', q.owner, 'since', q.since, 'sought', q.sought,
            'candidates', q.candidates) FROM penalty_queue q WHERE q.penalty = p.penalty) AS waiting
    FROM penalties p
"""


def unmatched(
    connection: Connection, department: str | None, after: After | None, limit: int
) -> tuple[Sequence[Row[Any]], After | None]:
    """Return a page of the penalties that seek a permit, longest waiting first, and where the next page begins."""
    conditions = ["q.department = :department"] if department else []
    if after:
        conditions.append("(q.since, q.penalty) > (:at, :penalty)")
    rows = connection.execute(
        text(
            f"""SELECT q.penalty, q.reason, q.owner, q.department, q.since, q.sought, q.candidates,
                    p.facts ->> 'document_number' AS document_number, p.facts -> 'party' ->> 'label' AS party_label,
                    p.party, p.decision_date
                FROM penalty_queue q JOIN penalties p USING (penalty) {_where(conditions)}
                ORDER BY q.since, q.penalty LIMIT :limit"""
        ),
        {"department": department, **(after._asdict() if after else {}), "limit": limit + 1},
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], After(last.since, last.penalty) if last else None


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""

"""Which consultations (会商) was an approval body asked for its opinion in? As the other side recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from events.opinions import opinion_stream


class ConsultationTold(NamedTuple):
    """A consultation. ``answered``: the bodies whose opinion the other side has."""

    permit: UUID
    number: int
    bodies: Sequence[str]
    opened_at: datetime
    opinions_due: date
    due_estimated: bool
    text: str
    answered: Sequence[str]
    ruled_at: datetime | None
    lead: str

    def as_json(self) -> dict[str, Any]:
        said = self._asdict()
        return said | {
            "permit": str(self.permit),
            "bodies": list(self.bodies),
            "answered": list(self.answered),
            "opened_at": self.opened_at.isoformat(),
            "opinions_due": self.opinions_due.isoformat(),
            "ruled_at": self.ruled_at.isoformat() if self.ruled_at else None,
        }


_QUERY = """
    SELECT o.permit, (o.said->>'number')::integer AS number,
           ARRAY(SELECT jsonb_array_elements_text(o.said->'parties')) AS bodies, o.at,
           (o.said->'opinions_due'->>'on')::date, coalesce((o.said->'opinions_due'->>'estimated')::boolean, false),
           coalesce(o.said->>'text', ''),
           ARRAY(SELECT DISTINCT g.said->>'body' FROM told_steps g WHERE g.permit = o.permit
                 AND g.step = 'opinion_given' AND g.said->>'number' = o.said->>'number' ORDER BY 1),
           r.at, coalesce(r.said->>'lead', '')
    FROM told_steps o
    LEFT JOIN told_steps r
        ON r.permit = o.permit AND r.step = 'ruling_made' AND r.said->>'number' = o.said->>'number'
    WHERE o.step = 'consultation_opened'"""


def of_permit(connection: psycopg.Connection, permit: UUID) -> list[ConsultationTold]:
    """Return a permit's consultations, the first one first."""
    rows = connection.execute(f"{_QUERY} AND o.permit = %s ORDER BY 2".encode(), (permit,))
    return [ConsultationTold(*row) for row in rows]


def asked_of(connection: psycopg.Connection, body: str, *, still_open: bool, limit: int) -> list[dict[str, Any]]:
    """Return the consultations in which ``body`` is asked: the open ones, longest open first, or those that were ruled,
    newest first. ``own``: ``given`` when the other side has its opinion, ``on_its_way`` when it was stated here."""
    ruled, order = ("IS NULL", "o.at, o.permit, 2") if still_open else ("IS NOT NULL", "r.at DESC, o.permit, 2")
    query = f"{_QUERY} AND o.said->'parties' ? %s AND r.at {ruled} ORDER BY {order} LIMIT %s"
    rows = [ConsultationTold(*row) for row in connection.execute(query.encode(), (body, limit))]
    streams = {opinion_stream(row.permit, row.number, body): row for row in rows}
    stated = connection.execute("SELECT stream FROM streams WHERE stream = ANY(%s)", (list(streams),)).fetchall()
    on_their_way = {stream for (stream,) in stated}
    shown = []
    for stream, row in streams.items():
        own = "given" if body in row.answered else "on_its_way" if stream in on_their_way else "wanted"
        shown.append(row.as_json() | {"own": own, "own_in_words": OWN[own]})
    return shown


OWN = {"wanted": "待提出意见", "on_its_way": "已提出, 正在送达", "given": "已提出"}

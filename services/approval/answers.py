"""The first answer to a request is its answer for ever: kept under its caller's key, and found again."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from events import columns
from events.envelope import canonical
from events.store import VersionConflict
from services.approval.outcome import Outcome, Submission, recalled


def first_answers(
    connection: psycopg.Connection, submissions: Sequence[Submission]
) -> dict[tuple[str, str], tuple[bytes, Outcome]]:
    """Return what was asked (keyed) and answered under each key that was used before."""
    keyed = [(s.caller, s.key) for s in submissions if s.key]
    if not keyed:
        return {}
    rows = connection.execute(
        """SELECT a.caller, a.key, a.request, a.answer FROM answers a
           JOIN unnest(%s::text[], %s::text[]) AS k (caller, key) ON a.caller = k.caller AND a.key = k.key""",
        (columns.texts(k[0] for k in keyed), columns.texts(k[1] for k in keyed)),
    )
    return {(row[0], row[1]): (row[2], recalled(row[3])) for row in rows}


def keep_answers(connection: psycopg.Connection, keep: dict[tuple[str, str], tuple[bytes, Outcome]]) -> None:
    """Keep the first answer of each key; ``VersionConflict`` when the same key was answered at the same time."""
    if not keep:
        return
    names = sorted(keep)
    kept = connection.execute(
        """INSERT INTO answers (caller, key, request, answer)
           SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[]::jsonb[]) ON CONFLICT DO NOTHING""",
        (
            columns.texts(n[0] for n in names),
            columns.texts(n[1] for n in names),
            columns.blobs(keep[n][0] for n in names),
            columns.utf8(canonical(keep[n][1].answer()) for n in names),
        ),
    ).rowcount
    if kept != len(names):
        raise VersionConflict  # the same key was handled at the same time: answer with what that one did

"""The first answer to a request is its answer for ever: kept under its caller's key, and found again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import psycopg

from events import columns
from events.envelope import canonical
from events.store import VersionConflict

Name = tuple[str, str]
"""Who asked, and the key that was given to the request."""


class Answered(NamedTuple):
    """What was asked (a digest of it, keyed where it is about persons) and what was answered."""

    request: bytes
    answer: dict[str, Any]


def first_answers(connection: psycopg.Connection, names: Iterable[Name]) -> dict[Name, Answered]:
    """Return those of ``names`` that were answered before. A name without a key never was."""
    keyed = [name for name in names if name[1]]
    if not keyed:
        return {}
    rows = connection.execute(
        """SELECT a.caller, a.key, a.request, a.answer FROM answers a
           JOIN unnest(%s::text[], %s::text[]) AS k (caller, key) ON a.caller = k.caller AND a.key = k.key""",
        (columns.texts(name[0] for name in keyed), columns.texts(name[1] for name in keyed)),
    )
    return {(row[0], row[1]): Answered(row[2], row[3]) for row in rows}


def keep_answers(connection: psycopg.Connection, keep: Mapping[Name, Answered]) -> None:
    """Keep the first answer of each name; ``VersionConflict`` when the same one was answered at the same time."""
    if not keep:
        return
    names = sorted(keep)
    kept = connection.execute(
        """INSERT INTO answers (caller, key, request, answer)
           SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[]::jsonb[]) ON CONFLICT DO NOTHING""",
        (
            columns.texts(name[0] for name in names),
            columns.texts(name[1] for name in names),
            columns.blobs(keep[name].request for name in names),
            columns.utf8(canonical(keep[name].answer) for name in names),
        ),
    ).rowcount
    if kept != len(names):
        raise VersionConflict  # the same key was handled at the same time: answer with what that one did

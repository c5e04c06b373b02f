"""Which permits were granted on a promise (告知承诺), and is it checked that it holds? One row a promise.

A grant and a renewal on a promise open a check each; a recorded check closes all that are open for the permit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import columns

ON_A_PROMISE = frozenset({"permit_granted", "permit_renewed"})
"""Decisions that a promise can be made for. A change of a permit that rests on one is no new promise."""


class Promised(NamedTuple):
    """A decision that rests on a promise: the permit, the decision's version in its stream, the matter."""

    permit: UUID
    decision_version: int
    matter: str


def open_checks(connection: psycopg.Connection, promised: Sequence[Promised], at: datetime) -> None:
    """Open a check of each, as of its delivery ``at``; one that is delivered to others again keeps its clock."""
    if promised:
        connection.execute(
            """INSERT INTO commitment_checks (permit, decision_version, matter_code, opened_at)
               SELECT p, v, m, %s FROM unnest(%s::uuid[], %s::integer[], %s::text[]) AS t (p, v, m)
               ON CONFLICT DO NOTHING""",
            (
                at,
                columns.uuids(one.permit for one in promised),
                columns.integers(one.decision_version for one in promised),
                columns.texts(one.matter for one in promised),
            ),
        )


def close_checks(connection: psycopg.Connection, permit: UUID, at: datetime) -> None:
    """Note that the permit was checked, whatever was found."""
    connection.execute(
        "UPDATE commitment_checks SET checked_at = %s WHERE permit = %s AND checked_at IS NULL AND opened_at <= %s",
        (at, permit, at),
    )

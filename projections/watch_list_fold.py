"""How pushes become rows of the watch list: the same fold for the live list and for a rebuild."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import psycopg
from sqlalchemy.dialects.postgresql import dialect

from events import columns
from events.supervision import Role
from projections.erased import LABEL
from projections.listed_decision import ListedDecision
from projections.watch_list import watch_list

TYPES = {column.name: column.type.compile(dialect()) for column in watch_list.columns}  # type: ignore[no-untyped-call]
COLUMNS = tuple(TYPES)
_FIRST_LISTED = COLUMNS.index("first_listed_at")
_KEPT = ("department", "permit", "first_listed_at")

UPSERT = f"""
    INSERT INTO watch_list ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in TYPES.values())})
    ON CONFLICT (department, permit) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in _KEPT)}
"""
REMOVE = """
    DELETE FROM watch_list w USING unnest(%s::text[], %s::uuid[]) AS gone (department, permit)
    WHERE w.department = gone.department AND w.permit = gone.permit
"""

Row = tuple[object, ...]
"""In the order of ``COLUMNS``."""
Key = tuple[str, int]
"""A department, and the number that a permit's id is: sorted, in the order of the primary key."""


class Carried(Protocol):
    """A decision's attributes, as its record or the push that carries it has them."""

    @property
    def type(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...


class Receiving(Protocol):
    """A department that a push reaches, as ``events.supervision.Receiver`` says it."""

    @property
    def department(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def push_number(self) -> int: ...


@dataclass(slots=True)
class Changes:
    """What pushes do to the list: the newest row for each department and permit, and what left it on the way.

    The outcome does not depend on how pushes are cut into batches, so a rebuild is equal to the byte. ``erased``: the
    parties whose mask is shown no more.
    """

    erased: Collection[UUID] = ()
    rows: dict[Key, Row] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)

    def push(
        self,
        permit: UUID,
        push_version: int,
        carried: Carried,
        decided: ListedDecision,
        receivers: Iterable[Receiving],
        left: Iterable[str],
        pushed_at: datetime,
    ) -> None:
        """Fold one push. ``pushed_at`` is when the push was recorded, so a rebuild writes the same times."""
        said = _said(carried, decided, self.erased)
        number = permit.int  # a UUID as a key calls Python for each look
        for receiver in receivers:
            key = (receiver.department, number)
            before = self.rows.get(key)
            first_listed = pushed_at if before is None else before[_FIRST_LISTED]
            numbers = (receiver.push_number, push_version, carried.version)
            times = (first_listed, carried.recorded_at, pushed_at)
            self.rows[key] = (receiver.department, permit, str(receiver.role), *said, *numbers, *times)
        for department in left:
            self.rows.pop((department, number), None)
            self.gone.add((department, number))

    def write(self, connection: psycopg.Connection) -> None:
        """Write the changes, in key order so that two writers never wait for one another in a circle."""
        if self.gone:
            gone = sorted(self.gone)
            connection.execute(
                REMOVE, (columns.texts(key[0] for key in gone), columns.uuids(UUID(int=key[1]) for key in gone))
            )
        rows = [self.rows[key] for key in sorted(self.rows)]
        if rows:
            connection.execute(UPSERT, columns.of_rows(TYPES.values(), rows))


def _said(carried: Carried, decided: ListedDecision, erased: Collection[UUID]) -> Row:
    """Return what all rows of a push have in common: the columns from ``status`` to ``opening_stock``."""
    facts = decided.facts
    party = facts.party
    return (
        str(decided.status),
        facts.matter_code,
        facts.region_code,
        str(facts.level),
        party.party_id,
        str(party.kind),
        LABEL if erased and party.party_id in erased else party.label,
        facts.permit_number,
        facts.certificate_name,
        facts.document_number,
        facts.valid_from,
        facts.valid_to,
        carried.type,
        decided.decision_date,
        facts.deciding_body,
        facts.deciding_body_name,
        facts.commitment,
        decided.opening_stock,
    )

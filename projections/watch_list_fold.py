"""How pushes become rows of the watch list: the same fold for the live list and for a rebuild."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Protocol
from uuid import UUID

import psycopg
from sqlalchemy.dialects.postgresql import dialect

from events import columns
from events.supervision import Role
from projections.erased import LABEL
from projections.listed_decision import ListedDecision
from projections.watch_list import watch_list

_TYPES = {column.name: column.type.compile(dialect()) for column in watch_list.columns}  # type: ignore[no-untyped-call]
COLUMNS = tuple(_TYPES)
_FIRST_LISTED = COLUMNS.index("first_listed_at")
_KEPT = ("department", "permit", "first_listed_at")

UPSERT = f"""
    INSERT INTO watch_list ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES.values())})
    ON CONFLICT (department, permit) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in _KEPT)}
"""
REMOVE = """
    DELETE FROM watch_list w USING unnest(%s::text[], %s::uuid[]) AS gone (department, permit)
    WHERE w.department = gone.department AND w.permit = gone.permit
"""

Row = tuple[object, ...]
_row: Callable[[Mapping[str, object]], Row] = itemgetter(*COLUMNS)


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
    rows: dict[tuple[str, UUID], Row] = field(default_factory=dict)
    gone: set[tuple[str, UUID]] = field(default_factory=set)

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
        values = _values(permit, push_version, carried, decided, pushed_at)
        if values["party"] in self.erased:
            values["party_label"] = LABEL
        for receiver in receivers:
            key = (receiver.department, permit)
            before = self.rows.get(key)
            values["department"] = receiver.department
            values["role"] = receiver.role.value
            values["push_number"] = receiver.push_number
            values["first_listed_at"] = pushed_at if before is None else before[_FIRST_LISTED]
            self.rows[key] = _row(values)
        for department in left:
            self.rows.pop((department, permit), None)
            self.gone.add((department, permit))

    def write(self, connection: psycopg.Connection) -> None:
        """Write the changes, in key order so that two writers never wait for one another in a circle."""
        if self.gone:
            gone = sorted(self.gone, key=_by_key)
            connection.execute(REMOVE, (columns.texts(key[0] for key in gone), columns.uuids(key[1] for key in gone)))
        rows = [self.rows[key] for key in sorted(self.rows, key=_by_key)]
        if rows:
            connection.execute(UPSERT, columns.of_rows(_TYPES.values(), rows))


def _by_key(key: tuple[str, UUID]) -> tuple[str, int]:
    """The order of the primary key. Comparing UUIDs themselves calls Python for each pair."""
    return key[0], key[1].int


def _values(
    permit: UUID, push_version: int, carried: Carried, decided: ListedDecision, pushed_at: datetime
) -> dict[str, object]:
    """Return what all rows of a push have in common, by column."""
    facts = decided.facts
    return {
        "permit": permit,
        "status": decided.status.value,
        "matter_code": facts.matter_code,
        "region_code": facts.region_code,
        "level": facts.level.value,
        "party": facts.party.party_id,
        "party_kind": facts.party.kind.value,
        "party_label": facts.party.label,
        "permit_number": facts.permit_number,
        "certificate_name": facts.certificate_name,
        "document_number": facts.document_number,
        "valid_from": facts.valid_from,
        "valid_to": facts.valid_to,
        "decision": carried.type,
        "decision_date": decided.decision_date,
        "deciding_body": facts.deciding_body,
        "deciding_body_name": facts.deciding_body_name,
        "commitment": facts.commitment,
        "opening_stock": decided.opening_stock,
        "push_version": push_version,
        "permit_version": carried.version,
        "recorded_at": carried.recorded_at,
        "changed_at": pushed_at,
    }

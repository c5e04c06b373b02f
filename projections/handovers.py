"""Which handover lists (移交清单) are there, and who has signed them? The same rows on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events.approval import Said
from events.catalogue import decode
from events.envelope import Record
from events.handovers import HandoverListMade, HandoverListSigned

HANDOVERS_1 = """
CREATE TABLE handovers (
    list uuid PRIMARY KEY,
    version integer NOT NULL,
    number bigint NOT NULL,
    body text NOT NULL,
    body_name text NOT NULL,
    department text NOT NULL,
    batch uuid NOT NULL,
    permits integer NOT NULL,
    pushes jsonb NOT NULL,
    sha256 text NOT NULL,
    made_at timestamptz NOT NULL,
    signed_at timestamptz,
    officer text NOT NULL DEFAULT '',
    signed integer NOT NULL DEFAULT 0,
    apart integer NOT NULL DEFAULT 0,
    withdrawn integer NOT NULL DEFAULT 0,
    returned jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON COLUMN handovers.pushes IS 'the push numbers of its rows, as stretches without a gap';
CREATE INDEX handovers_of_department ON handovers (department, made_at, list);
CREATE INDEX handovers_of_body ON handovers (body, made_at, list);
CREATE INDEX handovers_of_batch ON handovers (batch);
"""


class Handover(NamedTuple):
    """A handover list as it stands. ``signed``, ``apart`` and ``withdrawn`` count rows once it is signed."""

    list: UUID
    version: int
    number: int
    body: str
    body_name: str
    department: str
    batch: UUID
    permits: int
    pushes: Sequence[dict[str, int]]
    sha256: str
    made_at: datetime
    signed_at: datetime | None
    officer: str
    signed: int
    apart: int
    withdrawn: int
    returned: Sequence[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return {
            "list": str(self.list),
            "number": self.number,
            "body": self.body,
            "body_name": self.body_name,
            "department": self.department,
            "batch": str(self.batch),
            "permits": self.permits,
            "pushes": list(self.pushes),
            "sha256": self.sha256,
            "made_at": self.made_at.isoformat(),
            "state": "signed" if self.signed_at else "unsigned",
            "state_in_words": _in_words(self),
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "officer": self.officer,
            "signed": self.signed,
            "apart": self.apart,
            "withdrawn": self.withdrawn,
            "returned": list(self.returned),
        }


def _in_words(handover: Handover) -> str:
    if handover.signed_at is None:
        return "待签收"
    return "已签收, 部分退回" if handover.returned else "已签收"


_COLUMNS = ", ".join(Handover._fields)


def write(connection: psycopg.Connection, stream: UUID, version: int, said: Said, recorded_at: datetime) -> None:
    """Write what one event of a list changes in its row."""
    if isinstance(said, HandoverListMade):
        whole = said.model_dump(mode="json")
        connection.execute(
            """INSERT INTO handovers (list, version, number, body, body_name, department, batch, permits, pushes,
                   sha256, made_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (
                stream, version, said.number, said.body, said.body_name, said.department, said.batch, said.permits,
                Jsonb(whole["pushes"]), said.sha256, recorded_at,
            ),
        )  # fmt: skip
    elif isinstance(said, HandoverListSigned):
        connection.execute(
            """UPDATE handovers SET version = %s, signed_at = %s, officer = %s, signed = %s, apart = %s,
                   withdrawn = %s, returned = %s WHERE list = %s""",
            (
                version, recorded_at, said.officer, said.signed, said.apart, said.withdrawn,
                Jsonb([one.model_dump(mode="json") for one in said.returned]), stream,
            ),
        )  # fmt: skip


def read(connection: psycopg.Connection, handover: UUID, *, lock: bool = False) -> Handover | None:
    """Return one list; with ``lock`` nobody else signs it before the transaction ends."""
    query = f"SELECT {_COLUMNS} FROM handovers WHERE list = %s{' FOR UPDATE' if lock else ''}"
    row = connection.execute(query.encode(), (handover,)).fetchone()
    return Handover(*row) if row else None


class Wanted(NamedTuple):
    """Which lists: of a department, of a body, of a batch, signed or not; None: all."""

    department: str | None = None
    body: str | None = None
    batch: UUID | None = None
    signed: bool | None = None


def find(
    connection: psycopg.Connection, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
) -> list[Handover]:
    """Return lists, newest first, those before ``after``."""
    said: dict[str, Any] = {"department": wanted.department, "body": wanted.body, "batch": wanted.batch}
    holds = [f"{name} = %({name})s" for name, value in said.items() if value is not None]
    if wanted.signed is not None:
        holds.append(f"signed_at IS {'NOT ' if wanted.signed else ''}NULL")
    if after is not None:
        holds.append("(made_at, list) < (%(at)s, %(list)s)")
        said |= {"at": after[0], "list": after[1]}
    where = f"WHERE {' AND '.join(holds)}" if holds else ""
    query = f"SELECT {_COLUMNS} FROM handovers {where} ORDER BY made_at DESC, list DESC LIMIT %(limit)s"
    rows = connection.execute(query.encode(), said | {"limit": limit})
    return [Handover(*row) for row in rows]


@dataclass(slots=True)
class HandoverUnit:
    """What was said of lists in one batch."""

    heard: list[tuple[Record, Said]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        self.heard.append((record, decode(record.type, record.schema, record.data)))

    def write(self, connection: psycopg.Connection) -> None:
        for record, said in self.heard:
            write(connection, record.stream, record.version, said, record.recorded_at)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class HandoversTold:
    """A reaction of the approval side: the lists that its departments were given, and their signatures."""

    types = frozenset({"handover_list_made", "handover_list_signed"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> HandoverUnit:
        return HandoverUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

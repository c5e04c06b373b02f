"""Which codes stand for one matter? As supervision maps them, for the side that takes no mapping of its own.

Each mapping is a stream of its own, so that their order is none; of one that was changed the newest version stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events.catalogue import decode
from events.code_mappings import CodeKind, CodeMapped
from events.envelope import Record


@dataclass(slots=True)
class MappingsUnit:
    """The mappings of matters of one batch, the newest of each stream with its version."""

    mappings: dict[UUID, tuple[int, CodeMapped]] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, CodeMapped)
        if said.kind is not CodeKind.MATTER:
            return  # nothing on this side is asked by region or department
        known = self.mappings.get(record.stream)
        if known is None or known[0] < record.version:
            self.mappings[record.stream] = (record.version, said)

    def write(self, connection: psycopg.Connection) -> None:
        if not self.mappings:
            return
        rows = [
            (mapping, version, said.old, said.new, Jsonb(said.model_dump(mode="json")))
            for mapping, (version, said) in sorted(self.mappings.items())
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO code_mappings (mapping, version, old, new, content) VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT (mapping) DO UPDATE
                       SET version = excluded.version, old = excluded.old, new = excluded.new,
                           content = excluded.content
                       WHERE code_mappings.version < excluded.version""",
                rows,
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class CodeMappingsHeard:
    """A reaction of the approval side."""

    types = frozenset({"code_mapped"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> MappingsUnit:
        return MappingsUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def linked_to(connection: psycopg.Connection, matter: str) -> list[CodeMapped]:
    """Return every mapping of the codes that lead to ``matter`` or from it, past and future ones too.

    It walks along two indexes: a question must not read the whole mapping, which has a row for every code of a list.
    """
    rows = connection.execute(
        """WITH RECURSIVE linked (code) AS (
               SELECT %s::text
               UNION
               SELECT next.code FROM linked, LATERAL (
                   SELECT new FROM code_mappings WHERE old = linked.code
                   UNION ALL SELECT old FROM code_mappings WHERE new = linked.code
               ) AS next (code)
           )
           SELECT content FROM code_mappings WHERE old IN (SELECT code FROM linked) ORDER BY mapping""",
        (matter,),
    )
    return [CodeMapped.model_validate(row[0]) for row in rows]

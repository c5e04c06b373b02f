"""Does a record still stand in the ledger as it was recorded? Asked of one stream, without walking the whole chain.

Each record of the stream is digested anew, and its row held against the rows before and after it. A row that was
changed, taken out or put in does not hold; one whose digest, hash and all later hashes were made anew would, and is
found by what left the house before: a code on paper, a signed statement, the other side's log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg

from events.envelope import GENESIS, Record, digest_of, link
from events.store import COLUMNS, as_record

MOST = 1000
"""How many records of a stream are looked at, half of them before the one that is asked for; a permit has some tens."""
CODE_LENGTH = 16


class Wrong(StrEnum):
    """What does not hold. ``before``, ``after``: the row does not follow, or is not followed, as the chain says."""

    CONTENT = "content"
    BEFORE = "before"
    AFTER = "after"
    NONE_BEFORE = "none_before"
    NONE_AFTER = "none_after"


@dataclass(frozen=True, slots=True)
class Checked:
    """One record. ``position`` of its row: 0 while it waits for its number. ``digest`` (SHA-256) is that of what stands
    there now; ``hash`` is the row's link, None while it waits."""

    record: Record
    digest: bytes
    hash: bytes | None
    wrong: Sequence[Wrong]

    @property
    def code(self) -> str:
        return code_of(self.digest)


@dataclass(frozen=True, slots=True)
class Check:
    """By version. ``missing``: versions that were recorded and are not there. ``head``: last number of the ledger."""

    records: Mapping[int, Checked]
    missing: Sequence[int]
    head: int

    @property
    def holds(self) -> bool:
        return not self.missing and not any(one.wrong for one in self.records.values())


def code_of(digest: bytes) -> str:
    """Return the code that a printed sheet bears: the first 16 hexadecimal digits of the record's digest. To find
    another content with the same ones takes 2⁶⁴ tries."""
    return digest.hex()[:CODE_LENGTH]


_ROWS = f"""
    SELECT head.position, head.hash, (SELECT version FROM streams WHERE stream = %(stream)s), found.*
    FROM ledger_head head LEFT JOIN (
        SELECT l.position, {", ".join(f"l.{name.strip()}" for name in COLUMNS.split(","))}, l.digest, l.hash,
            before.hash AS hash_before, after.recorded_at AS after_at, after.digest AS digest_after,
            after.hash AS hash_after
        FROM ledger l LEFT JOIN ledger before ON before.position = l.position - 1
            LEFT JOIN ledger after ON after.position = l.position + 1
        WHERE l.stream = %(stream)s AND l.version > %(after)s
        UNION ALL SELECT 0, {COLUMNS}, digest, NULL, NULL, NULL, NULL, NULL FROM outbox
            WHERE stream = %(stream)s AND version > %(after)s
        ORDER BY version LIMIT %(most)s
    ) found ON true"""


def check_stream(connection: psycopg.Connection, source: str, stream: UUID, version: int) -> Check | None:
    """Look at what the side ``source`` has recorded under ``stream``, around ``version``; None when that is nothing.

    One statement, so that a record that is just being numbered is seen once, and the head is that of the same moment.
    """
    after = max(0, version - MOST // 2)
    rows = connection.execute(_ROWS, {"stream": stream, "after": after, "most": MOST}).fetchall()
    head, known = (rows[0][0], rows[0][1]), rows[0][2] or 0
    found = [_checked(source, row[3:], head) for row in rows if row[3] is not None]
    if not found and not known:
        return None
    records = {one.record.version: one for one in found}
    last = min(max(known, *records, 0), after + MOST)
    return Check(records, [one for one in range(after + 1, last + 1) if one not in records], head[0])


def _checked(source: str, row: tuple[Any, ...], head: tuple[int, bytes]) -> Checked:
    record, recorded, hashed = as_record(source, row[:11]), row[11], row[12]
    digest = digest_of(record, source)
    wrong = [Wrong.CONTENT] if digest != recorded else []
    if hashed is not None:
        wrong += _of_chain(record.position, record.recorded_at, recorded, hashed, row[13:], head)
    return Checked(record, digest, hashed, wrong)


def _of_chain(
    position: int, at: datetime, digest: bytes, hashed: bytes, beside: Sequence[Any], head: tuple[int, bytes]
) -> list[Wrong]:
    before, after_at, digest_after, hash_after = beside
    wrong = []
    previous = GENESIS if position == 1 else before
    if previous is None:
        wrong.append(Wrong.NONE_BEFORE)
    elif link(previous, position, at, digest) != hashed:
        wrong.append(Wrong.BEFORE)
    if position >= head[0]:
        follows = (position, hashed) == head
    elif hash_after is None:
        return [*wrong, Wrong.NONE_AFTER]
    else:
        follows = link(hashed, position + 1, after_at, digest_after) == hash_after
    return wrong if follows else [*wrong, Wrong.AFTER]


def at_position(connection: psycopg.Connection, position: int) -> tuple[UUID, int] | None:
    """Return stream and version of what the ledger has under a number."""
    found = connection.execute("SELECT stream, version FROM ledger WHERE position = %s", (position,)).fetchone()
    return (found[0], found[1]) if found else None

"""Taking records of a side's ledger out as a proof file, under its newest checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from events.envelope import Record
from events.proof.signing import Signer
from events.store import COLUMNS, as_record
from services.checkpoints.ledger_tree import LedgerTree
from services.checkpoints.own import Signed, first_covering, newest_signed, signed_at
from services.checkpoints.signing_keys import signing_keys
from services.checkpoints.stamps import Stamp, first_stamp_over
from services.proof_file.layout import Earlier, Head, Proven, Stamped
from services.proof_file.writing import proof_file
from services.trouble import Trouble, WronglyAsked

PAGE = 1000
MOST_EARLIER = 100


class NothingSigned(Trouble):
    """There is no checkpoint yet that could prove anything."""

    def __init__(self) -> None:
        super().__init__("this side has signed no checkpoint yet: linkage run sequencer signs one every minute")


def export(
    connection: psycopg.Connection,
    source: str,
    signer: Signer,
    now: datetime,
    *,
    streams: Sequence[UUID] = (),
    first: int | None = None,
    last: int | None = None,
    kept: Sequence[int] = (),
) -> Iterator[bytes]:
    """Yield the lines of a file: of ``streams`` as far as they are under the newest checkpoint, or of the numbers
    ``first`` … ``last``, which are all of them when neither is said. ``kept``: sizes of earlier checkpoints that
    somebody keeps, to be held against the file."""
    newest = newest_signed(connection)
    if newest is None:
        raise NothingSigned
    tree = LedgerTree(connection)
    if streams:
        chosen: dict[str, object] = {"streams": sorted({str(stream) for stream in streams})}
        found = _of_streams(connection, source, streams, newest.size)
        named = {one.stream for one, _ in found}
        if missing := sorted(set(streams) - named):
            raise WronglyAsked(f"nothing is recorded under {missing[0]}, or not under a checkpoint yet: wait a minute")
        sizes = [one.position for one, _ in found]
        records = iter(found)
    else:
        first, last = first or 1, last or newest.size
        if not 1 <= first <= last <= newest.size:
            raise WronglyAsked(f"numbers go from 1 to {newest.size}, where the newest checkpoint is")
        chosen, sizes = {"from": first, "to": last}, [first, last]
        records = _between(connection, source, first, last)
    before = {one.size: one for one in (*_earlier(connection, sizes, newest), *_kept(connection, kept, newest))}
    earlier = [Earlier(one.note, tree.consistency(one.size, newest.size)) for one in before.values()]
    stamps = [
        Stamped(one.note, one.answer, tree.consistency(one.size, newest.size))
        for one in _stamps(connection, sizes, newest)
    ]
    keys = signing_keys(connection)
    head = Head(source, tree.origin, tree.hash, keys, newest.newest_note, earlier, chosen, stamps)
    proven = (Proven(record, link, tree.inclusion(record.position, newest.size)) for record, link in records)
    return proof_file(head, proven, signer, now)


def _earlier(connection: psycopg.Connection, positions: Sequence[int], newest: Signed) -> Sequence[Signed]:
    """Return the first checkpoint of each of the newest ``positions``: what a sheet printed at the time may name."""
    found: dict[int, Signed] = {}
    for position in sorted(set(positions))[-MOST_EARLIER:]:
        one = first_covering(connection, position)
        if one is not None and one.size < newest.size:
            found[one.size] = one
    return list(found.values())


def _stamps(connection: psycopg.Connection, positions: Sequence[int], newest: Signed) -> Sequence[Stamp]:
    """Return the first time stamp over each of the newest ``positions``."""
    found: dict[int, Stamp] = {}
    for position in sorted(set(positions))[-MOST_EARLIER:]:
        one = first_stamp_over(connection, position)
        if one is not None and one.size <= newest.size:
            found[one.size] = one
    return list(found.values())


def _kept(connection: psycopg.Connection, sizes: Sequence[int], newest: Signed) -> Iterator[Signed]:
    for size in sizes:
        one = signed_at(connection, size)
        if one is None:
            raise WronglyAsked(f"this side has no checkpoint of {size} records")
        if one.size < newest.size:
            yield one


_ROW = f"position, {COLUMNS}, hash"


def _of_streams(
    connection: psycopg.Connection, source: str, streams: Sequence[UUID], size: int
) -> list[tuple[Record, bytes]]:
    rows = connection.execute(
        f"SELECT {_ROW} FROM ledger WHERE stream = ANY(%s) AND position <= %s ORDER BY position", (list(streams), size)
    )
    return [(as_record(source, row[:-1]), row[-1]) for row in rows]


def _between(connection: psycopg.Connection, source: str, first: int, last: int) -> Iterator[tuple[Record, bytes]]:
    while rows := connection.execute(
        f"SELECT {_ROW} FROM ledger WHERE position >= %s AND position <= %s ORDER BY position LIMIT {PAGE}",
        (first, last),
    ).fetchall():
        yield from ((as_record(source, row[:-1]), row[-1]) for row in rows)
        first = rows[-1][0] + 1

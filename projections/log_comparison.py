"""Does the log hold what the ledger holds? Its topic, read back, against the ledger that was carried into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import orjson
import psycopg

from events.envelope import Record, digest_of
from events.log import Log, LogUnavailable
from events.store import COLUMNS, as_record
from events.uncarried import RELAY
from projections.reading_through import read_through
from projections.received_numbers import day_of
from projections.tallies import Compared, Entry, compare

BETWEEN = "ledger-log"
PAGE = 2000
ITSELF = "日志即台账（内置）"


def compare_with_log(connection: psycopg.Connection, log: Log, day: date | None = None) -> Compared:
    """Compare the ledger of this side, behind ``connection``, with ``log``, which its relay carries it to.

    Counts and hashes of each day and department; the hash covers all of an event. What the relay has not written yet is
    left out, and so is what lies before the first number of a topic that was made anew. ``LogUnavailable`` as a read.
    """
    if log.name.startswith("embedded:"):
        return Compared(BETWEEN, log.source, note=ITSELF)
    carried = _carried(connection, log)
    begins = carried + 1

    def received() -> Iterator[Entry]:
        nonlocal begins
        for record in read_through(log):
            if record.defect is None and record.position <= carried:
                begins = min(begins, record.position)
                yield _entry(record)

    def recorded() -> Iterator[Entry]:
        with connection.transaction(), connection.cursor(name="recorded") as rows:
            rows.itersize = PAGE
            rows.execute(
                f"SELECT position, {COLUMNS} FROM ledger WHERE position BETWEEN %s AND %s ORDER BY position",
                (begins, carried),
            )
            for row in rows:
                yield _entry(as_record(log.source, row))

    found = compare(BETWEEN, log.source, recorded, received, day=day)
    if begins > 1 and carried:
        found.note = f"日志自第 {begins} 号起（主题曾重建），之前的不比对"
    return found


def _carried(connection: psycopg.Connection, log: Log) -> int:
    rows = connection.execute(
        "SELECT ledger_position, cluster, topic FROM checkpoints WHERE reader = %s AND log = %s", (RELAY, log.name)
    ).fetchall()
    identity = log.identity()
    if any((cluster, topic) != (identity.cluster, identity.topic) for _, cluster, topic in rows):
        raise LogUnavailable(f"the log of {log.source} was made anew, and its relay has not noticed yet")
    return max((int(row[0]) for row in rows), default=0)


def _entry(record: Record) -> Entry:
    digest = digest_of(record, record.source)
    return Entry(department_of(record), day_of(record.recorded_at), record.id, digest)


def department_of(record: Record) -> str:
    """Return the body that said it, or the department that it is about; empty for what is about none."""
    said = orjson.loads(record.data)
    if not isinstance(said, dict):
        return ""
    facts = said.get("facts")
    receivers = said.get("receivers")
    found = (
        facts.get("deciding_body") if isinstance(facts, dict)
        else receivers[0].get("department") if isinstance(receivers, list) and receivers
        else said.get("department") or said.get("body")
    )  # fmt: skip
    return found if isinstance(found, str) else ""

"""Is everything that approval recorded in the lists, and nothing else? Ledger against pushes, pushes against lists.

Two comparisons. Every decision of the ledger must have been pushed or wait as an exception: counts and hashes by
deciding body and day, and where they differ, the missing decisions by name. Every row of a list must be what its
recorded pushes make of it, folded anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import psycopg

from events.catalogue import DECISIONS
from events.envelope import Record
from events.store import COLUMNS, as_record
from events.supervision import CarriedDecision, Receiver
from projections.listed_decision import read_decision
from projections.surely_read import relayed_by, surely_read
from projections.watch_list_fold import COLUMNS as LIST_COLUMNS
from projections.watch_list_fold import Changes, Row

PAGE = 2000
NAMED_AT_MOST = 100

Day = tuple[str, date]


@dataclass(slots=True)
class Tally:
    """A count, and a sum of hashes that does not depend on the order."""

    count: int = 0
    hash: int = 0

    def add(self, event: UUID) -> None:
        self.count += 1
        self.hash = (self.hash + int.from_bytes(sha256(event.bytes).digest()[:8], "big")) % 2**64


@dataclass(slots=True)
class Difference:
    """A body's day on which ledger and pushes differ. ``missing`` names decisions that were neither pushed nor wait."""

    body: str
    day: str
    recorded: int
    received: int
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What a reconciliation found. ``wrong_rows`` counts, by department, rows that are not what their pushes say."""

    decisions: int = 0
    pushed_or_waiting: int = 0
    parked: int = 0
    list_rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    wrong_rows: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not self.differences and not self.wrong_rows

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"clean": self.clean}


def reconcile(
    approval: psycopg.Connection, supervision: psycopg.Connection, source: str = "approval", reader: str = "intake"
) -> Report:
    """Compare the approval ledger with the pushes and lists of supervision. Reads only; memory flat but for tallies.

    Each database is read in one snapshot, supervision first: what is decided meanwhile, or is still on its way to
    ``reader``, is not yet in the ledger's part that is compared, so a busy system shows no false difference.
    ``source``: as whose the ledger is read.
    """
    report = Report()
    relayed = relayed_by(approval, source)
    with supervision.transaction():
        supervision.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = supervision.execute("SELECT count(*) FROM parked_records").fetchone()
        assert row is not None
        report.parked = row[0]
        ledger = _Ledger(approval, source, surely_read(supervision, reader, source, relayed))
        received = _tallies(_received(supervision))
        recorded = _tallies(ledger.decisions())
        report.decisions = sum(tally.count for tally in recorded.values())
        report.pushed_or_waiting = sum(tally.count for tally in received.values())
        for key in sorted(recorded.keys() | received.keys()):
            theirs, ours = recorded.get(key, Tally()), received.get(key, Tally())
            if theirs != ours:
                report.differences.append(_named(ledger, supervision, key, theirs.count, ours.count))
        _compare_lists(supervision, report)
    return report


def _tallies(events: Iterable[tuple[Day, UUID]]) -> dict[Day, Tally]:
    tallies: dict[Day, Tally] = {}
    for key, event in events:
        tallies.setdefault(key, Tally()).add(event)
    return tallies


@dataclass(frozen=True, slots=True)
class _Ledger:
    """The decisions of a ledger that must have been read. ``read``: up to which number, in each partition."""

    connection: psycopg.Connection
    source: str
    read: Mapping[int, int]

    def decisions(self) -> Iterator[tuple[Day, UUID]]:
        with self.connection.transaction(), self.connection.cursor(name="recorded") as rows:
            rows.itersize = PAGE
            rows.execute(
                f"""SELECT position, {COLUMNS} FROM ledger WHERE position <= %s AND type = ANY(%s) ORDER BY position""",
                (max(self.read.values()), sorted(DECISIONS)),
            )
            for row in rows:
                record = as_record(self.source, row)
                if record.position <= self.read[record.partition]:
                    body = orjson.loads(record.data)["facts"]["deciding_body"]
                    yield (body, record.recorded_at.date()), record.id


def _received(connection: psycopg.Connection) -> Iterator[tuple[Day, UUID]]:
    """Yield each decision that was pushed or waits, once, however often it was pushed."""
    with connection.cursor(name="received") as rows:
        rows.itersize = PAGE
        rows.execute(
            """SELECT DISTINCT ON (causation) causation, data::jsonb #>> '{decision,recorded_at}',
                      data::jsonb #>> '{decision,payload,facts,deciding_body}'
               FROM (SELECT causation, type, data FROM ledger
                     UNION ALL SELECT causation, type, data FROM outbox) AS said
               WHERE type IN ('push_made', 'exception_raised') ORDER BY causation"""
        )
        for causation, recorded_at, body in rows:
            yield (body, date.fromisoformat(recorded_at[:10])), causation


def _named(ledger: _Ledger, supervision: psycopg.Connection, key: Day, recorded: int, received: int) -> Difference:
    there = {event for day, event in _received(supervision) if day == key}
    missing = [str(event) for day, event in ledger.decisions() if day == key and event not in there]
    return Difference(key[0], key[1].isoformat(), recorded, received, missing[:NAMED_AT_MOST])


def _compare_lists(connection: psycopg.Connection, report: Report) -> None:
    actual = _listed(connection)
    listed = next(actual, None)
    for permit, expected in _expected(connection):
        while listed is not None and listed[0] < permit:
            _wrong(report, listed[1].keys())
            listed = next(actual, None)
        rows = listed[1] if listed is not None and listed[0] == permit else {}
        if rows:
            listed = next(actual, None)
        report.list_rows += len(rows)
        _wrong(report, (name for name in rows.keys() | expected.keys() if rows.get(name) != expected.get(name)))
    while listed is not None:
        _wrong(report, listed[1].keys())
        listed = next(actual, None)


def _wrong(report: Report, departments: Iterable[str]) -> None:
    for department in departments:
        report.wrong_rows[department] = report.wrong_rows.get(department, 0) + 1


def _listed(connection: psycopg.Connection) -> Iterator[tuple[UUID, dict[str, Row]]]:
    with connection.cursor(name="listed") as rows:
        rows.itersize = PAGE
        rows.execute(f"SELECT permit, {', '.join(LIST_COLUMNS)} FROM watch_list ORDER BY permit")
        permit, found = None, dict[str, Row]()
        for row in rows:
            if row[0] != permit:
                if permit is not None:
                    yield permit, found
                permit, found = row[0], {}
            found[row[1]] = tuple(row[1:])
        if permit is not None:
            yield permit, found


def _expected(connection: psycopg.Connection) -> Iterator[tuple[UUID, dict[str, Row]]]:
    """Yield what each permit's rows must be: its pushes folded anew, permit by permit."""
    with connection.cursor(name="pushes") as rows:
        rows.itersize = PAGE
        rows.execute(
            f"""SELECT * FROM (SELECT position, {COLUMNS} FROM ledger
                               UNION ALL SELECT 0, {COLUMNS} FROM outbox) AS said
                WHERE type IN ('push_made', 'push_moved') ORDER BY stream, version"""
        )
        permit, changes = None, Changes()
        for row in rows:
            record = as_record("supervision", row)
            if record.stream != permit:
                if permit is not None:
                    yield permit, _by_department(changes)
                permit, changes = record.stream, Changes()
            fold_push(changes, record)
        if permit is not None:
            yield permit, _by_department(changes)


def _by_department(changes: Changes) -> dict[str, Row]:
    return {department: row for (department, _), row in changes.rows.items()}


def fold_push(changes: Changes, record: Record) -> None:
    """Fold a recorded push, as a rebuild does."""
    said = orjson.loads(record.data)
    carried = CarriedDecision.model_validate(said["decision"])
    decided = read_decision(carried.type, carried.schema_version, orjson.dumps(carried.payload))
    receivers = [Receiver.model_validate(receiver) for receiver in said["receivers"]]
    changes.push(record.stream, record.version, carried, decided, receivers, said["left"], record.recorded_at)

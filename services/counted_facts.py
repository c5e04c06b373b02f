"""What Prometheus is told of what a side said and carried, asked of tables at each scrape: never a whole count.

Counts begin when the service does, as those of every process: what was there before is not counted anew at each start.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime

import psycopg

from events.announcing import unnumbered_since
from events.catalogue import CATALOGUE
from events.uncarried import RELAY
from services.kept_answers import KeptAnswers
from services.metrics import Fact
from services.migrating import Side
from services.time_rules import TimeRules
from services.working_days import Light, china_day, light

RECEIPTS: Mapping[str, str] = {
    "push_read": "read", "push_signed": "signed", "push_returned": "returned", "push_handled": "handled",
    "push_closed": "closed",
}  # fmt: skip


class SaidSince:
    """Counts what a side recorded since ``begin``, from its ledger: only what is new is looked at."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._lock = threading.Lock()
        self._upto: int | None = None
        self._events: Counter[str] = Counter()
        self._receipts: Counter[tuple[str, str]] = Counter()

    def begin(self, connection: psycopg.Connection) -> None:
        """Note where the ledger ends; without it counting begins with the first ``facts``."""
        with self._lock:
            self._look(connection)

    def facts(self, connection: psycopg.Connection, departments: frozenset[str]) -> Iterator[Fact]:
        """Yield a figure for each type of event, and on the supervision side for each department's receipts."""
        with self._lock:
            self._look(connection)
            events, receipts = Counter(self._events), Counter(self._receipts)
        for kind in sorted(CATALOGUE):
            yield Fact("linkage_events_appended", events[kind], {"event_type": kind, "source": self.side})
        for department in sorted(departments):
            for kind in RECEIPTS.values():
                count = receipts[department, kind]
                yield Fact("linkage_receipts", count, {"department": department, "kind": kind})

    def _look(self, connection: psycopg.Connection) -> None:
        row = connection.execute("SELECT position FROM ledger_head").fetchone()
        assert row is not None
        head = int(row[0])
        if self._upto is not None and head > self._upto:
            rows = connection.execute(
                """SELECT type, CASE WHEN type = ANY(%s) THEN data::json ->> 'department' END, count(*)
                   FROM ledger WHERE position > %s AND position <= %s GROUP BY 1, 2""",
                (sorted(RECEIPTS), self._upto, head),
            )
            for kind, department, count in rows:
                self._events[kind] += count
                if department is not None:
                    self._receipts[department, RECEIPTS[kind]] += count
        self._upto = head


def departments_of(connection: psycopg.Connection) -> frozenset[str]:
    """Return the departments of the duty list: what a label may be."""
    return frozenset(row[0] for row in connection.execute("SELECT department FROM departments"))


class Overdue:
    """How many pushes wait for a signature, by department and light: counted anew at most a thirtieth of the time."""

    def __init__(self) -> None:
        self._kept: KeptAnswers[Counter[tuple[str, date, date]]] = KeptAnswers(datetime.now)

    def facts(
        self, connection: psycopg.Connection, rules: TimeRules, departments: frozenset[str], now: datetime
    ) -> Iterator[Fact]:
        waiting, _ = self._kept.get("waiting", lambda: _waiting(connection))
        today, lights = china_day(now), Counter[tuple[str, Light]]()
        for (department, opened, due), count in waiting.items():
            lights[department, light(opened, due, today, rules.calendar)] += count
        for department in sorted(departments):
            for one in (Light.YELLOW, Light.RED):
                labels = {"department": department, "light": one.value}
                yield Fact("linkage_receipts_overdue", lights[department, one], labels)


def _waiting(connection: psycopg.Connection) -> Counter[tuple[str, date, date]]:
    rows = connection.execute(
        """SELECT department, (delivered_at AT TIME ZONE 'Asia/Shanghai')::date, due_on, count(*)
           FROM cases WHERE state IN ('delivered', 'read') AND due_on IS NOT NULL GROUP BY 1, 2, 3"""
    )
    return Counter({(department, opened, due): count for department, opened, due, count in rows})


def outbox_facts(connection: psycopg.Connection, side: Side) -> Iterator[Fact]:
    """Yield since when a live event waits for its number; the bulk lane waits on purpose."""
    since = unnumbered_since(connection)
    yield Fact(
        "linkage_outbox_live_oldest_pending_timestamp_seconds", since.timestamp() if since else 0.0, {"source": side}
    )


def relay_facts(connection: psycopg.Connection, side: Side) -> Iterator[Fact]:
    """Yield how many records the relay of ``side`` wrote to its topic; 0 with the embedded log, which has none."""
    row = connection.execute(
        "SELECT coalesce(max(ledger_position), 0), coalesce(sum(cursor), 0) FROM checkpoints WHERE reader = %s",
        (RELAY,),
    ).fetchone()
    assert row is not None
    first, written = int(row[0]), int(row[1])
    for outcome, count in (("first", min(first, written)), ("again", max(0, written - first))):
        yield Fact("linkage_relay_published", count, {"topic": f"linkage.{side}.events", "outcome": outcome})


def kafka_facts(
    connection: psycopg.Connection, reader: str, log: str, topic: str, head: Mapping[int, int]
) -> Iterator[Fact]:
    """Yield, for each partition of ``topic``, how many records lie after the bookmark of ``reader`` in ``log``, and
    when that last moved. ``head``: where each partition ends."""
    rows = connection.execute(
        "SELECT partition, cursor, advanced_at FROM checkpoints WHERE reader = %s AND log = %s",
        (reader, log),
    ).fetchall()
    marks = {partition: (cursor, at) for partition, cursor, at in rows}
    for partition, end in sorted(head.items()):
        cursor, at = marks.get(partition, (0, None))
        labels = {"group": f"linkage.{reader}", "topic": topic, "partition": str(partition)}
        yield Fact("linkage_kafka_consumer_lag_records", max(0, end - cursor), labels)
        yield Fact("linkage_kafka_last_commit_timestamp_seconds", at.timestamp() if at else 0.0, labels)

"""The relay: the ledger, in order, into a log that is not the ledger itself.

It remembers how far it came in a bookmark of its own. Publishing twice is harmless (readers skip by version), leaving
out is not: when the log lost its disk or was made anew, the relay goes back to what the readers have certainly applied.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import ceil

import psycopg
import structlog

from events import ledger, sending_again
from events.envelope import Record
from events.leading import Leader, Wait, lead
from events.locks import Lock
from events.log import CursorsOutOfRange, Log, LogIdentity, LogUnavailable, Publisher
from events.uncarried import RELAY

log = structlog.get_logger()

BATCH = 2000
PAUSE = 0.004
LOOK_SECONDS = 5.0
"""How often the relay asks whether the log still holds what it published, and what it must send again."""
STOP_SECONDS = 2.0
SILENT_SECONDS = 25.0
"""When a frozen relay loses the lead. Longer than a log may take to answer for a page (Kafka: 14 s): while it waits for
that, the session says nothing, and a server that ended it then took away a page that was written, and had it written
again, for as long as the log was that slow."""
FEWER_AT_MOST = 6


class Relay:
    """Carries one ledger. ``publisher`` and ``feedback`` (the other side's log, for its announcements) open anew after
    an outage."""

    def __init__(self, url: str, source: str, publisher: Callable[[], Publisher], feedback: Callable[[], Log]) -> None:
        self.url = url
        self.source = source
        self.publisher = publisher
        self.feedback = feedback
        self._halved = 0.0
        """How often the page was halved. A log that does not answer for two thousand records in its time answers for
        fewer; and what may have been written, and is written again, is less."""

    def run(self, stop: threading.Event) -> None:
        """Relay until ``stop``. One relay at a time carries a ledger; others wait for its lock."""
        lead(
            Leader(self.url, f"{self.source}-relay", Lock.RELAYING, SILENT_SECONDS, stand_by_seconds=0.5),
            stop,
            lambda connection: self._carry(connection, stop),
            waits={
                # What is lost is found when the log is opened anew.
                CursorsOutOfRange: Wait("relay_opens_log_anew", 0),
                LogUnavailable: Wait("relay_waits_for_log"),
            },
        )

    def _carry(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        # A bookmark lost with the server's last half second only publishes that much twice.
        connection.execute("SET synchronous_commit = off")
        publisher = self.publisher()
        try:
            identity = publisher.identity()
            position = self._resume(connection, identity, publisher)
            log.info("relay_carries", source=self.source, after=position)
            published = self._published(connection, identity.log)
            with (
                self._watching(publisher, identity, published) as lost,
                ThreadPoolExecutor(1, "relay-reads-ahead") as ahead,
            ):
                records = self._read(connection, position)
                looked = 0.0
                while not stop.is_set():
                    if lost.is_set():
                        raise CursorsOutOfRange(self.source)
                    if time.monotonic() - looked > LOOK_SECONDS:
                        looked = time.monotonic()
                        cursors = sending_again.send(connection, self.source, publisher)
                        if cursors:
                            self._note(connection, identity, cursors, position)
                            published.update(cursors)
                    if not records:
                        stop.wait(PAUSE)
                        records = self._read(connection, position)
                        continue
                    position = records[-1].position
                    # A full page is followed by another: it is read while the broker writes this one.
                    full = len(records) == self._page
                    following = ahead.submit(self._read, connection, position) if full else None
                    cursors = publisher.publish(records)
                    if _short(published, records, cursors):
                        # Said by nobody else: what was just written hides it from whoever compares the head alone.
                        position = self._go_back(connection, identity, publisher)
                        published.clear()
                        records = self._read(connection, position)
                        continue
                    self._note(connection, identity, cursors, position)
                    published.update(cursors)
                    self._halved = max(0.0, self._halved - 0.1)
                    records = following.result() if following else self._read(connection, position)
        except LogUnavailable:
            self._halved = min(FEWER_AT_MOST, self._halved + 2)
            raise
        finally:
            publisher.close()

    @property
    def _page(self) -> int:
        return max(1, BATCH >> ceil(self._halved))

    def _read(self, connection: psycopg.Connection, position: int) -> list[Record]:
        return ledger.read(connection, self.source, position, self._page)

    @contextmanager
    def _watching(
        self, publisher: Publisher, identity: LogIdentity, published: Mapping[int, int]
    ) -> Iterator[threading.Event]:
        """Look after what was ``published`` in a thread of its own, and set the event once the log lost some of it.

        Nobody else would: a producer goes on into a topic that was made anew, or waits for the next event, and what was
        lost unread would be missed only when this process is started again.
        """
        lost, over = threading.Event(), threading.Event()

        def look() -> None:
            while not over.wait(LOOK_SECONDS) and not lost.is_set():
                before = dict(published)
                try:
                    same = publisher.identity() == identity
                    held = publisher.head()
                except LogUnavailable:
                    continue
                if not same or any(held.get(partition, 0) < cursor for partition, cursor in before.items()):
                    lost.set()

        watch = threading.Thread(target=look, name=f"{self.source}-relay-watch", daemon=True)
        watch.start()
        try:
            yield lost
        finally:
            over.set()
            watch.join(STOP_SECONDS)

    def _resume(self, connection: psycopg.Connection, identity: LogIdentity, publisher: Publisher) -> int:
        """Return the ledger position to go on after; go back when the log no longer holds what was published."""
        rows = connection.execute(
            "SELECT partition, cursor, ledger_position, cluster, topic FROM checkpoints WHERE reader = %s AND log = %s",
            (RELAY, identity.log),
        ).fetchall()
        if not rows:
            return 0
        held = publisher.head()
        same = all((cluster, topic) == (identity.cluster, identity.topic) for *_, cluster, topic in rows)
        noted = {partition: cursor for partition, cursor, *_ in rows}
        if same and all(held.get(partition, 0) >= cursor for partition, cursor in noted.items()):
            position = max(int(row[2]) for row in rows)
            # What a page left there that was never acknowledged is an end that can be lost, too.
            more = {partition: cursor for partition, cursor in held.items() if cursor > noted.get(partition, 0)}
            if more:
                self._note(connection, identity, more, position)
            return position
        return self._go_back(connection, identity, publisher)

    def _go_back(self, connection: psycopg.Connection, identity: LogIdentity, publisher: Publisher) -> int:
        """Forget what was published, and return the ledger position that the readers have certainly applied."""
        applied, held = self._certainly_applied(), publisher.head()
        log.warning("log_lost_events", source=self.source, published_again_after=applied)
        lost = connection.execute(
            """DELETE FROM checkpoints WHERE reader = %s AND log = %s
               RETURNING partition, cursor, (cluster, topic) = (%s, %s)""",
            (RELAY, identity.log, identity.cluster, identity.topic),
        ).fetchall()
        # Forgotten first: a relay that dies meanwhile must not find the log as long as it left it, and go on.
        self._fill({p: cursor - held.get(p, 0) for p, cursor, same in lost if same}, connection, publisher)
        return applied

    def _fill(self, missing: Mapping[int, int], connection: psycopg.Connection, publisher: Publisher) -> None:
        """Write again what each partition begins with until it is as long as it was.

        A reader may stand where the lost end was, and look again only when as much has been written as was lost: what
        stands before that it would take for read. So that must be nothing new.
        """
        for partition, many in missing.items():
            if many > 0:
                first = ledger.first_of(connection, self.source, partition)
                for begun in range(0, many, BATCH):
                    publisher.publish([first] * min(BATCH, many - begun))

    def _published(self, connection: psycopg.Connection, name: str) -> dict[int, int]:
        rows = connection.execute(
            "SELECT partition, cursor FROM checkpoints WHERE reader = %s AND log = %s", (RELAY, name)
        )
        return dict(rows.fetchall())

    def _certainly_applied(self) -> int:
        other = self.feedback()
        try:
            heard = other.announcement()
        finally:
            other.close()
        return heard.applied.get(self.source, 0) if heard else 0

    def _note(
        self, connection: psycopg.Connection, identity: LogIdentity, cursors: Mapping[int, int], position: int
    ) -> None:
        partitions = sorted(cursors)
        connection.execute(
            """INSERT INTO checkpoints (reader, log, partition, cursor, ledger_position, cluster, topic, advanced_at)
               SELECT %s, %s, p, c, %s, %s, %s, clock_timestamp() FROM unnest(%s::smallint[], %s::bigint[]) AS t (p, c)
               ON CONFLICT (reader, log, partition) DO UPDATE SET cursor = excluded.cursor,
                   ledger_position = excluded.ledger_position, cluster = excluded.cluster, topic = excluded.topic,
                   advanced_at = excluded.advanced_at""",
            (
                RELAY,
                identity.log,
                position,
                identity.cluster,
                identity.topic,
                partitions,
                [cursors[p] for p in partitions],
            ),
        )


def _short(published: Mapping[int, int], records: Sequence[Record], cursors: Mapping[int, int]) -> bool:
    """Tell that the log lost the end of a partition before ``records`` were written there: they stand at cursors lower
    than what was ``published`` before and they themselves would reach."""
    written = Counter(record.partition for record in records)
    return any(cursor < published.get(partition, 0) + written[partition] for partition, cursor in cursors.items())

"""A second copy of the audit trail on another system: each linked entry, in the order of the chain, at least once.

A collector of logs answers nothing. So an entry counts as copied when the connection on which it was sent still stood
some seconds later; after a break all are sent again that do not count yet. Some come twice: their position tells.
"""

from __future__ import annotations

import platform
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import islice

import psycopg
import structlog

from events.database import connect
from events.leading import Leader, lead
from events.locks import Lock
from projections.following import beat, keep_going
from services.access import audit_chain
from services.access.audit_reading import linked
from services.access.syslog_line import Collector, Line, frame

log = structlog.get_logger()

PART = "audit-copy"
HOLD_SECONDS = 10.0
SILENT_SECONDS = 10.0
PAUSE = 0.5
AGAIN_SECONDS = 5.0
BATCH = 500


class Copier:
    """Leads the copying of one side's trail to ``to``, or waits until it may. Without a collector it says so once, so
    that nobody waits for a copy that nobody wants. ``hold``: seconds for which a connection must stand."""

    def __init__(
        self, url: str, side: str, to: Collector | None, *, hold: float = HOLD_SECONDS, pause: float = PAUSE,
        again: float = AGAIN_SECONDS, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.url, self.side, self.to = url, side, to
        self.hold, self.pause, self.again, self.clock = hold, pause, again, clock
        self.machine = platform.node() or "-"

    def run(self, stop: threading.Event) -> None:
        """Copy until ``stop``. An outage of the database, or of the collector, is waited out."""
        name, to = f"{self.side}-audit-copy", self.to
        if to is None:
            keep_going(stop, self._want_none, who=name)
            return
        lead(
            Leader(self.url, name, Lock.COPYING_AUDIT, SILENT_SECONDS),
            stop,
            lambda connection: self._at_work(connection, to, stop),
        )

    def _want_none(self, stop: threading.Event) -> None:
        with connect(self.url, application=f"{self.side}-audit-copy") as connection:
            _keep(connection, "", 0)
        stop.wait()

    def _at_work(self, connection: psycopg.Connection, to: Collector, stop: threading.Event) -> None:
        _keep(connection, str(to), copied(connection, str(to)))
        while not stop.is_set():
            try:
                with Line(to) as line:
                    self._follow(connection, line, str(to), stop)
            except OSError as error:
                log.warning("audit_copy_away", side=self.side, error=type(error).__name__)
                stop.wait(self.again)

    def _follow(self, connection: psycopg.Connection, line: Line, to: str, stop: threading.Event) -> None:
        sent = counted = copied(connection, to)
        waiting: deque[tuple[float, int]] = deque()
        while not stop.is_set():
            last = audit_chain.head(connection).position
            entries = list(islice(linked(connection, sent, last), BATCH)) if last > sent else []
            if entries:
                line.send(frame(one, self.side, self.machine) for one in entries)
                sent = entries[-1].position
                waiting.append((self.clock(), sent))
            line.must_stand()
            now = counted
            while waiting and self.clock() - waiting[0][0] >= self.hold:
                now = waiting.popleft()[1]
            if now != counted:
                counted = now
                _keep(connection, to, counted)
            if not entries:
                stop.wait(self.pause)


def copied(connection: psycopg.Connection, to: str) -> int:
    """Return up to which position of the chain the trail counts as copied to ``to``: to another collector than the last
    one all of it is copied."""
    row = connection.execute("SELECT state FROM heartbeats WHERE part = %s", (PART,)).fetchone()
    return int(row[0]["position"]) if row and row[0]["to"] == to else 0


def waiting_since(connection: psycopg.Connection) -> datetime | None:
    """Return the time of the oldest entry that a collector is to get and does not have for certain; None when there is
    none, or no copy is wanted."""
    row = connection.execute(
        """SELECT min(c.recorded_at) FROM heartbeats h JOIN audit_chain c ON c.position = (
               SELECT min(position) FROM audit_chain n WHERE n.position > (h.state ->> 'position')::bigint
               AND EXISTS (SELECT FROM audit a WHERE a.id = n.entry))
           WHERE h.part = %s AND h.state ->> 'to' <> ''""",
        (PART,),
    ).fetchone()
    return row[0] if row else None


def _keep(connection: psycopg.Connection, to: str, position: int) -> None:
    beat(connection, PART, "copier", {"to": to, "position": position})

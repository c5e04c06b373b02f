"""Is there room for new facts? Below the disk's reserve nothing new is taken, and what was acknowledged goes on.

A database whose disk is full stops as a whole: nothing is numbered, no list follows, and what it acknowledged a moment
ago waits where no department sees it. So new facts are refused while there is still room to bring those home.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import structlog

from events.database import connect, is_outage

log = structlog.get_logger()

EVERY_SECONDS = 5.0
OPENS_AT = 1.1
"""New facts are taken again from this multiple of the reserve on: at its edge the gate would open and shut with every
file that the server writes."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What is watched. ``reserve`` in bytes, 0: nothing is ever refused; ``folder``: on the disk of the database, where
    it is of this machine; ``room``: how many bytes the database may grow to, where its disk cannot be seen."""

    reserve: int
    folder: Path | None = None
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """What was last seen. ``free`` and ``reserve`` in bytes; ``closed_at``: since when nothing new is taken."""

    free: int
    reserve: int
    closed_at: datetime | None
    looked_at: datetime


def not_watched() -> None:
    """Return the room of a disk that nobody watches."""


def read_room(connection: psycopg.Connection) -> Room | None:
    """Return what was last seen; None when nobody watches."""
    row = connection.execute("SELECT free, reserve, closed_at, looked_at FROM disk_room").fetchone()
    return Room(*row) if row else None


def look(connection: psycopg.Connection, disk: Disk) -> Room | None:
    """Look how much is free, and open or shut the gate; None when there is nothing to look at. ``OSError``: the folder
    cannot be looked at, and the gate stays as it is."""
    free = _free(connection, disk)
    if free is None:
        connection.execute("DELETE FROM disk_room")
        return None
    row = connection.execute(
        """INSERT INTO disk_room AS was (free, reserve, closed_at, looked_at)
           VALUES (%(free)s, %(reserve)s, CASE WHEN %(free)s < %(reserve)s THEN clock_timestamp() END,
                   clock_timestamp())
           ON CONFLICT (only_row) DO UPDATE SET free = excluded.free, reserve = excluded.reserve,
               looked_at = excluded.looked_at,
               closed_at = CASE WHEN excluded.free >= excluded.reserve * %(opens)s THEN NULL
                                ELSE coalesce(was.closed_at, excluded.closed_at) END
           RETURNING free, reserve, closed_at, looked_at""",
        {"free": free, "reserve": disk.reserve, "opens": OPENS_AT},
    ).fetchone()
    return Room(*row) if row else None


def _free(connection: psycopg.Connection, disk: Disk) -> int | None:
    seen = []
    if disk.folder is not None:
        seen.append(shutil.disk_usage(disk.folder).free)
    if disk.room is not None:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        seen.append(max(0, disk.room - row[0]))
    return min(seen, default=None)


class DiskWatch:
    """Looks every few seconds, beside the sequencer of a side."""

    def __init__(self, url: str, source: str, disk: Disk) -> None:
        self.url = url
        self.source = source
        self.disk = disk

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop``. An outage of the database is waited out; a full disk is one."""
        while not stop.is_set():
            try:
                with connect(self.url, application=f"{self.source}-disk") as connection:
                    self._watch(connection, stop)
            except psycopg.Error as error:
                if not is_outage(error):
                    raise
                log.warning("disk_watch_waits", source=self.source, error=type(error).__name__)
                stop.wait(EVERY_SECONDS)

    def _watch(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        before = read_room(connection)
        closed = before is not None and before.closed_at is not None
        while not stop.is_set():
            try:
                room = look(connection, self.disk)
            except OSError as error:
                log.warning("disk_not_measured", source=self.source, error=type(error).__name__)
            else:
                now_closed = room is not None and room.closed_at is not None
                if room is not None and now_closed != closed:
                    said = log.error if now_closed else log.info
                    said(
                        "disk_reserve_reached" if now_closed else "disk_reserve_free_again",
                        source=self.source,
                        free=room.free,
                        reserve=room.reserve,
                    )
                closed = now_closed
            stop.wait(EVERY_SECONDS)

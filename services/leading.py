"""The loop of whoever must be alone at some work of a side: one session leads, the others stand by."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

from events.database import connect, is_outage, leads

log = structlog.get_logger()

STAND_BY_SECONDS = 1.0


def lead(
    url: str,
    name: str,
    lock: int,
    stop: threading.Event,
    work: Callable[[psycopg.Connection], object],
    look_seconds: float,
    silent_seconds: float,
) -> None:
    """Call ``work`` every ``look_seconds`` while this session holds the ``lock``, until ``stop``. An outage of the
    database is waited out. ``silent_seconds``: after so long without a word the server gives the lock to others."""
    while not stop.is_set():
        try:
            with connect(url, application=name, session_timeout=silent_seconds) as connection:
                leading = leads(connection, lock)
                while leading and not stop.is_set():
                    work(connection)
                    stop.wait(look_seconds)
                stop.wait(STAND_BY_SECONDS)
        except psycopg.Error as error:
            if not is_outage(error):
                raise
            log.warning("waits_for_database", who=name, error=type(error).__name__)
            stop.wait(STAND_BY_SECONDS)

"""The loop of whoever must be alone at some work of a side: one session leads, the others stand by.

Lock and work are on the same connection: a leader that lost the one has lost the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg
import structlog

from events.database import connect, is_outage, leads
from events.locks import Lock
from events.log import LogUnavailable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Leader:
    """``name``: as the database server and the journal show it. ``silent_seconds``: after so long without a word it is
    taken for frozen, the server ends its session and gives the lock to others. ``away_seconds``: between two tries
    while the database is away."""

    url: str
    name: str
    lock: Lock
    silent_seconds: float
    stand_by_seconds: float = 1.0
    away_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Wait:
    """What the journal says of an error that is waited out, and for how many seconds; then another session is begun."""

    said: str
    seconds: float = 1.0


def lead(
    who: Leader,
    stop: threading.Event,
    session: Callable[[psycopg.Connection], object],
    *,
    waits: Mapping[type[Exception], Wait] | None = None,
    stands_by: Callable[[psycopg.Connection], object] = lambda _: None,
    away: Callable[[], object] = lambda: None,
) -> None:
    """Call ``session`` with a connection that holds the lock, until ``stop``; when it returns, again with another one.

    An outage of the database is waited out, and so is what ``waits`` names; any other error ends the loop.
    ``stands_by`` is told of a connection that has to wait for the lock, ``away`` of each try while there is none.
    """
    while not stop.is_set():
        try:
            with connect(who.url, application=who.name, session_timeout=who.silent_seconds) as connection:
                if leads(connection, who.lock):
                    session(connection)
                else:
                    stands_by(connection)
                    # Then on a new connection, which knows what the database says by now: that it was restored.
                    stop.wait(who.stand_by_seconds)
        except Exception as error:
            wait = _wait(error, waits or {}, who.away_seconds)
            words = str(error) if isinstance(error, LogUnavailable) else type(error).__name__
            log.warning(wait.said, who=who.name, error=words)
            if is_outage(error):
                away()
            if wait.seconds:
                stop.wait(wait.seconds)


def take_turns(
    who: Leader,
    stop: threading.Event,
    seconds: float,
    turn: Callable[[psycopg.Connection], object],
    waits: Mapping[type[Exception], Wait] | None = None,
) -> None:
    """``lead`` by a ``turn`` now and one more after each pause of ``seconds``."""
    lead(who, stop, lambda connection: every(seconds, stop, lambda: turn(connection)), waits=waits)


def every(seconds: float, stop: threading.Event, turn: Callable[[], object]) -> None:
    """Take a ``turn`` now, and one more after each pause of ``seconds``, until ``stop``."""
    while not stop.is_set():
        turn()
        stop.wait(seconds)


def _wait(error: Exception, waits: Mapping[type[Exception], Wait], away_seconds: float) -> Wait:
    """Return what is to be waited; the error itself is raised when nobody waits it out."""
    for kind, wait in waits.items():
        if isinstance(error, kind):
            return wait
    if is_outage(error):
        return Wait("leader_waits_for_database", away_seconds)
    raise error

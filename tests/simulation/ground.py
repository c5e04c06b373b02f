"""The ground: one real PostgreSQL, with a schema for each side and a clock that the scheduler sets.

Names of a schema that stands before ``pg_catalog`` in the search path hide the built-in ones. So the product's own
statements ask a simulated ``clock_timestamp()``, and see sessions of frozen processes as silent for simulated seconds.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from events import completeness_schema, parking_schema, schema
from events.database import open_engine
from tests.simulation.session import SaidCursor, SimulatedSession

if TYPE_CHECKING:
    from tests.simulation.world import World

SIDES = ("approval", "supervision")
DATABASE = f"simulation_{os.getpid()}"
BEGINNING = 1_772_409_600
"""2026-03-02 00:00 UTC, in seconds: when every simulation begins."""
TRUNCATE_EVERY = 100
SAID = ("dbname", "options", "host", "user")

SIMULATED = """
CREATE SCHEMA simulated;
CREATE SEQUENCE simulated.clock;
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.to_timestamp(last_value / 1000.0) FROM simulated.clock';
CREATE TABLE simulated.silent (pid integer PRIMARY KEY, since timestamptz NOT NULL);
CREATE VIEW simulated.pg_stat_activity AS
    SELECT a.pid, a.wait_event, a.state, coalesce(s.since, simulated.clock_timestamp()) AS state_change
    FROM pg_catalog.pg_stat_get_activity(NULL) a LEFT JOIN simulated.silent s USING (pid);
-- Returns when the session is gone: who comes next must find the same locks each time.
CREATE FUNCTION simulated.pg_terminate_backend(p_pid integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.pg_terminate_backend(p_pid);
    WHILE EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(p_pid)) LOOP
        PERFORM pg_catalog.pg_sleep(0.001);
        PERFORM pg_catalog.pg_stat_clear_snapshot();
    END LOOP;
    RETURN true;
END $$;
"""

LIST = """
CREATE TABLE list (stream uuid PRIMARY KEY, versions integer[] NOT NULL, marks text[] NOT NULL, folded text NOT NULL);
"""
SCRIPTS = (
    schema.STORE_1,
    schema.STORE_2,
    schema.STORE_6,
    schema.STORE_7,
    completeness_schema.NUMBERS,
    parking_schema.PARKING,
    LIST,
)
"""Those of the product's tables that what is simulated touches. One that is left out is a finding, see ``session``."""
TABLES = (
    "streams", "outbox", "ledger", "answers", "checkpoints", "seen_versions", "parked_streams", "parked_records",
    "announcements", "heartbeats", "received_numbers", "asked_of_us", "parked_requests", "parked_acts", "list",
    "ledger_head",
)  # fmt: skip


def path(side: str) -> str:
    return f"{side}, simulated, pg_catalog"


class Ground:
    """``url``: of the server, for SQLAlchemy. ``world`` is the simulation that runs now."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.world: World | None = None
        self._kept: dict[str, list[SimulatedSession]] = {side: [] for side in SIDES}
        self._ended: list[SimulatedSession] = []
        self._engines: dict[str, Engine] = {}
        self._worlds = 0
        with self._plain("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE}")
        self.control = self._plain(DATABASE)
        self.control.execute(SIMULATED)
        for side in SIDES:
            self.control.execute(f"CREATE SCHEMA {side}")
            self.control.execute(f"SET search_path = {path(side)}")
            for script in SCRIPTS:
                self.control.execute(script)
        self.control.execute("RESET search_path")

    def _plain(self, database: str) -> psycopg.Connection[Any]:
        url = make_url(self.url).set(drivername="postgresql", database=database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, prepare_threshold=1)

    def close(self) -> None:
        for kept in self._kept.values():
            for session in kept:
                session.close()
        self.control.close()
        with self._plain("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")

    def side_url(self, side: str) -> str:
        """Return the address of a side. Its database's name says which schema is meant."""
        return make_url(self.url).set(database=side).render_as_string(hide_password=False)

    def begin(self, world: World) -> None:
        """Empty everything, and let ``world`` begin."""
        self._worlds += 1
        for side in SIDES:
            names = [f"{side}.{table}" for table in TABLES]
            if self._worlds % TRUNCATE_EVERY == 0:
                emptied = f"TRUNCATE {', '.join(names)}"
            else:
                emptied = ";".join(f"DELETE FROM {name}" for name in names)
            self.control.execute(
                f"""{emptied}; DELETE FROM simulated.silent;
                INSERT INTO {side}.ledger_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'))"""
            )
        self.set_clock(0.0)
        self.world = world

    def set_clock(self, second: float) -> None:
        self.control.execute("SELECT setval('simulated.clock', %s)", (BEGINNING * 1000 + round(second * 1000),))

    def connect(self, conninfo: str = "", **named: Any) -> SimulatedSession:
        """Stand in for ``psycopg.connect``: a session of the process that runs."""
        said = conninfo_to_dict(conninfo, **{name: named[name] for name in SAID if name in named})
        world, side = self.world, str(said["dbname"])
        if world is not None and world.scheduler.busy:
            world.faults.connecting()
        session = self._kept[side].pop() if self._kept[side] else self._new(side)
        session.autocommit = bool(named.get("autocommit"))
        options = str(said.get("options", ""))
        session.silence_inside = _seconds(options, r"idle_in_transaction_session_timeout=(\d+)s")
        session.silence = _seconds(options, r"idle_session_timeout=(\d+)") / 1000
        if world is not None and world.scheduler.busy:
            process = world.scheduler.current.process
            session.world, session.process = world, process
            process.sessions.append(session)
        return session

    def _new(self, side: str) -> SimulatedSession:
        url = make_url(self.url).set(drivername="postgresql", database=DATABASE)
        plain = url.render_as_string(hide_password=False)
        options = f"-c search_path={path(side).replace(' ', '')} -c timezone=UTC -c deadlock_timeout=60s"
        session = SimulatedSession.connect(plain, options=options, cursor_factory=SaidCursor)
        session.ground, session.side, session.pid = self, side, session.pgconn.backend_pid
        return session

    def keep(self, session: SimulatedSession) -> None:
        """Take back a session that nobody uses any more."""
        self._forget(session)
        session.world = session.process = None
        if not session.usable():
            self.end(session)
            return
        session._num_transactions = 0  # a killed process left no block of its own
        try:
            session.rollback()
            session.autocommit = True
            session.execute("SELECT pg_advisory_unlock_all(), set_config('synchronous_commit', 'off', false)")
        except psycopg.OperationalError:  # the product had it ended, and its process never came to know
            self.end(session)
            return
        session.writes, session.saying = False, ""
        self._kept[session.side].append(session)

    def engine(self, name: str, side: str) -> Engine:
        """Return the engine of a process: the product's own, asked its first questions before any simulation."""
        if name not in self._engines:
            world, self.world = self.world, None
            made = open_engine(self.side_url(side), application=name, pool_size=1)
            with made.connect():
                pass
            made.dispose()
            self._engines[name] = made
            self.world = world
        made = self._engines[name]
        made.dispose(close=False)
        return made

    def waits(self, pid: int) -> bool:
        """Tell whether the statement of a session waits for a lock of another."""
        row = self.control.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", (pid,)).fetchone()
        return bool(row and row[0])

    def end(self, session: SimulatedSession) -> None:
        """End a session, and return when the server has let everything go that it held."""
        if session.side == "approval" and session.process is not None and session.process.dead and session.usable():
            # Nobody asks there whether a session lives: what it held goes in the same way, at a tenth of the price.
            self.keep(session)
            return
        self.control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity(%s)", (session.pid,))
        while True:
            living = self.control.execute("SELECT FROM pg_stat_get_activity(%s)", (session.pid,))
            if living.fetchone() is None:
                break
            time.sleep(0.0003)
        self._ended.append(session)
        self._forget(session)

    def bury(self) -> None:
        """Close on our side, too, what was ended in the server, whether its process ever came to know or not."""
        for session in self._ended:
            session.pgconn.finish()
        self._ended.clear()

    def _forget(self, session: SimulatedSession) -> None:
        if session.process is not None and session in session.process.sessions:
            session.process.sessions.remove(session)

    def silent(self, session: SimulatedSession) -> None:
        self.control.execute(
            "INSERT INTO simulated.silent VALUES (%s, simulated.clock_timestamp()) ON CONFLICT DO NOTHING",
            (session.pid,),
        )

    def speaks(self, session: SimulatedSession) -> None:
        self.control.execute("DELETE FROM simulated.silent WHERE pid = %s", (session.pid,))


def _seconds(options: str, pattern: str) -> float:
    found = re.search(pattern, options)
    return float(found.group(1)) if found else 0.0


@contextmanager
def quiet() -> Iterator[None]:
    """Without the journal's lines about faults that are meant."""
    before = structlog.get_config()
    talkers = [logging.getLogger(name) for name in ("sqlalchemy.pool", "psycopg")]
    levels = [talker.level for talker in talkers]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for talker in talkers:
        talker.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for talker, level in zip(talkers, levels, strict=True):
            talker.setLevel(level)
        structlog.configure(**before)

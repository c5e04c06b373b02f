"""Every night, once a side: is everything there, and is it what was recorded?

Beside the scheduler, not in it: what reads everything must keep no reminder waiting. The reading itself is done in a
thread that nobody waits for when the process is asked to stop; it is done anew in the same night.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import structlog

from events.database import connect
from events.leading import Leader, Wait, take_turns
from events.locks import Lock
from events.log import LogUnavailable
from services.proofs import KINDS, done, keep
from services.scheduler import database_clock
from services.working_days import CHINA

log = structlog.get_logger()

SILENT_SECONDS = 120.0
LOOK_SECONDS = 5.0
AGAIN_SECONDS = 60.0
"""How long is waited before it is tried once more, when database or log was away."""
WITHIN = timedelta(hours=4)
"""What cannot be done so long after its hour is left to the next night: it would meet the day's work."""

Found = tuple[int, dict[str, Any]]
Prove = Callable[[psycopg.Connection, date], Found]
"""Proves something over a connection, for a night, and returns how much is wrong and what is to be kept of it."""


def hour_of(said: str) -> time | None:
    """Read ``02:30``; None for ``never``. ``ValueError`` for anything else."""
    return None if said == "never" else datetime.strptime(said, "%H:%M").time()  # noqa: DTZ007


def night_of(now: datetime, hour: time) -> date | None:
    """Return the night that ``now`` belongs to, by the day in China on which it began to be due; None by day."""
    here = now.astimezone(CHINA)
    for day in (here.date(), here.date() - timedelta(days=1)):
        if timedelta() <= here - datetime.combine(day, hour, CHINA) < WITHIN:
            return day
    return None


class Nightly:
    """Leads the proofs of one side, or waits until it may. ``proofs``: by kind, in the order in which they are done."""

    def __init__(
        self,
        url: str,
        side: str,
        hour: time | None,
        proofs: Mapping[str, Prove],
        clock: Callable[[psycopg.Connection], datetime] = database_clock,
    ) -> None:
        assert proofs.keys() == set(KINDS)
        self.url, self.side, self.hour, self.proofs, self.clock = url, side, hour, proofs, clock

    def run(self, stop: threading.Event) -> None:
        """Prove, night after night, until ``stop``. A database or log that is away is waited for."""
        if self.hour is None:
            stop.wait()
            return
        name = f"{self.side}-nightly"
        take_turns(
            Leader(self.url, name, Lock.PROVING_NIGHTLY, SILENT_SECONDS, LOOK_SECONDS, AGAIN_SECONDS),
            stop,
            LOOK_SECONDS,
            lambda connection: self.turn(connection, stop),
            waits={LogUnavailable: Wait("nightly_waits", AGAIN_SECONDS)},
        )

    def turn(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        """Do what is due now and not done yet."""
        assert self.hour is not None
        night = night_of(self.clock(connection), self.hour)
        if night is None:
            return
        there = done(connection, night)
        for kind in self.proofs:
            if kind not in there and not stop.is_set():
                self._beside(connection, kind, night, stop)

    def _beside(self, connection: psycopg.Connection, kind: str, night: date, stop: threading.Event) -> None:
        failed: list[BaseException] = []

        def work() -> None:
            try:
                self._prove(kind, night)
            except BaseException as error:
                failed.append(error)

        worker = threading.Thread(target=work, name=f"{self.side}-{kind}", daemon=True)
        worker.start()
        while worker.is_alive() and not stop.is_set():
            worker.join(LOOK_SECONDS / 10)
            connection.execute("SELECT 1")  # a session that says nothing is ended, and the lock goes with it
        if failed and not stop.is_set():
            raise failed[0]

    def _prove(self, kind: str, night: date) -> None:
        with connect(self.url, application=f"{self.side}-{kind}") as connection:
            began_at = database_clock(connection)
            wrong, said = self.proofs[kind](connection, night)
            keep(connection, kind, began_at, wrong, said, night)
        log.info("proven", side=self.side, kind=kind, night=night.isoformat(), wrong=wrong)

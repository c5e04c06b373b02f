"""A site under load and under attack, and the verdict at its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

import psycopg

from tests.chaos.bureaus import bureaus_at_work
from tests.chaos.duties import DEPARTMENTS
from tests.chaos.history import Acknowledged, History
from tests.chaos.judge import Finding, judge
from tests.chaos.officer import Officer, officer_watching
from tests.chaos.site import Site, until

LEVEL_SECONDS = 150.0
SETTLE_SECONDS = 240.0
"""Whoever is not level by then does not heal. Wide, because the machine may be busy with other work."""
PROMISED_SECONDS = 15.0
"""Level again within these after a restart: what the product promises of a quiet machine. Longer is said, and is no
fault of a busy one."""
BUREAUS = 3


@dataclass
class Siege:
    """One scenario's run. ``attacks`` counts what was done; ``level`` holds the seconds from each repair until what
    was acknowledged after it stood in the lists; ``voids`` says why an attack was none: each must have an effect;
    ``notes`` what else was seen, and ``odd`` what of it must not be; ``control`` what a broken variant would have done.
    What is handed in was decided ``days_ago``: no clock of the site may be behind that day."""

    site: Site
    history: History
    draw: Random
    per_second: float = 120.0
    days_ago: int = 1
    attacks: Counter[str] = field(default_factory=Counter)
    level: list[float] = field(default_factory=list)
    voids: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    odd: list[Finding] = field(default_factory=list)
    control: str = ""
    officers: dict[str, Officer] = field(default_factory=dict)

    @contextmanager
    def under_load(self) -> Iterator[None]:
        """Bureaus hand in and an officer watches until the block is left; then everything comes to rest."""
        seed = self.draw.randrange(10_000)
        with self._officer_of(next(iter(DEPARTMENTS))):
            with bureaus_at_work(
                self.site.approval,
                self.history,
                seed,
                count=BUREAUS,
                per_second=self.per_second,
                days_ago=self.days_ago,
            ):
                until(lambda: bool(self.history.acknowledged), LEVEL_SECONDS, "nothing is acknowledged")
                yield
            if "scheduler" in self.site.parts.names:
                self.site.parts.retire("scheduler")  # else a canary is always on its way
            until(self._settled, SETTLE_SECONDS, "the site does not come to rest")
            time.sleep(1.0)  # the officer's page is a look behind the ledger

    def until_level(self, since: float) -> None:
        """Wait until both services work and something that was acknowledged after ``since`` stands in the lists."""
        until(self.site.ready, LEVEL_SECONDS, "the web services are not ready")
        ready = time.monotonic() - since
        found: list[Acknowledged] = []

        def acknowledged() -> bool:
            found[:] = [one] if (one := self.history.acknowledged_after(since)) else []
            return bool(found)

        until(acknowledged, LEVEL_SECONDS, "nothing is acknowledged")
        told = time.monotonic() - since
        with self.site.connect("supervision") as connection:
            until(lambda: _listed(connection, found[0]), LEVEL_SECONDS, f"{found[0].mark} is not in the lists")
        self.level.append(time.monotonic() - since)
        if self.level[-1] > PROMISED_SECONDS:
            self.notes.append(
                f"level after {self.level[-1]:.1f} s: services ready after {ready:.1f} s, acknowledged {told:.1f} s"
            )

    def listed(self, one: Acknowledged) -> bool:
        with self.site.connect("supervision") as connection:
            return _listed(connection, one)

    def verdict(self) -> list[Finding]:
        """Return what is wrong, and the parts that ended by themselves."""
        live = {department: (one.seen, one.resets) for department, one in self.officers.items()}
        with self.site.connect("approval") as approval, self.site.connect("supervision") as supervision:
            found = judge(self.history, approval, supervision, live)
        found += [Finding("ended", f"{part.name} ended by itself with {part.code}") for part in self.site.parts.ended]
        return found + self.odd + [Finding("void", why) for why in self.voids]

    @contextmanager
    def _officer_of(self, department: str) -> Iterator[None]:
        with officer_watching(self.site.supervision, department, self.history) as officer:
            yield
        self.officers[department] = officer

    def _settled(self) -> bool:
        """Everything recorded on one side has been applied on the other, both ways."""
        with self.site.connect("approval") as approval, self.site.connect("supervision") as supervision:
            return (
                _sum(approval, "SELECT count(*) FROM outbox") == 0
                and _sum(supervision, "SELECT count(*) FROM outbox") == 0
                and _applied(approval, supervision, "intake")
                and _applied(supervision, approval, "told")
            )


def _listed(connection: psycopg.Connection, one: Acknowledged) -> bool:
    query = "SELECT version FROM seen_versions WHERE projection = 'intake' AND stream = %s"
    row = connection.execute(query, (one.permit,)).fetchone()
    return row is not None and row[0] >= one.version


def _applied(source: psycopg.Connection, reader: psycopg.Connection, projection: str) -> bool:
    seen = _sum(reader, f"SELECT sum(version) FROM seen_versions WHERE projection = '{projection}'")
    return seen >= _sum(source, "SELECT sum(version) FROM streams")


def _sum(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0

"""Where it is measured: a server of its own with the product's settings, fresh databases, a broker when asked for.

Nothing of a running site is touched, and nothing is left behind.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from services import broker
from services.broker import Broker
from services.embedded_postgres import EmbeddedPostgres, attach
from services.migrating import Side, migrate
from services.postgres_programs import Programs

SIDES: tuple[Side, ...] = ("approval", "supervision")


@dataclass(frozen=True, slots=True)
class Pair:
    """The two databases of one linkage, by their names on the ground's server; the URLs are SQLAlchemy's."""

    approval: str
    supervision: str
    approval_url: str
    supervision_url: str


@dataclass
class Ground:
    """A server and, once asked for, a broker."""

    folder: Path
    server: EmbeddedPostgres
    leaving: ExitStack
    quick: bool = False
    permits: Sequence[int] = (100_000,)
    rows: int = 200_000
    """Of the long file beside which single decisions are timed."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _broker: Broker | None = None

    @property
    def programs(self) -> Programs:
        return self.server.programs

    def url(self, database: str) -> str:
        return self.server.url(database)

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True)

    @contextmanager
    def fresh(self, copy_of: Pair | None = None) -> Iterator[Pair]:
        """Give two migrated databases, empty or copies, and drop them at the end. ``copy_of`` must have no users."""
        number = next(self._numbers)
        names = {side: f"bench_{number}_{side}" for side in SIDES}
        sources = {side: getattr(copy_of, side) if copy_of else f"template_{side}" for side in SIDES}
        for side, name in names.items():
            self.create(name, sources[side])
        try:
            yield Pair(*names.values(), *(self.url(name) for name in names.values()))
        finally:
            for name in names.values():
                self.drop(name)

    def drop(self, database: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def broker(self) -> Broker:
        """Return the broker, started when first asked for, with topics that no earlier figure wrote to."""
        if self._broker is None:
            self._broker = self.leaving.enter_context(_running_broker(self.folder / "kafka"))
        return self._broker

    def renewed_broker(self) -> Broker:
        """Return a broker without any topic: each figure begins with an empty log."""
        if self._broker is not None:
            folder = self._broker.folder
            broker.stop(folder)
            _erase(folder / "records")
            self._broker = broker.start(folder, self._broker.port)
        return self.broker()

    def checkpoint(self) -> None:
        """Write out what earlier figures dirtied, so that this one does not pay for it: neither the server, nor the
        system, which still carries gigabytes of a file to the disk while the next figure is taken."""
        with self.connect("postgres") as connection:
            connection.execute("CHECKPOINT")
        os.sync()

    def create(self, name: str, template: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )


@contextmanager
def open_ground(
    *, quick: bool, permits: Sequence[int], rows: int = Ground.rows, data: Path | None = None
) -> Iterator[Ground]:
    """``data``: the server's folder, when what was filled is to be there for another run."""
    with tempfile.TemporaryDirectory(prefix="linkage-bench-") as name, ExitStack() as leaving:
        folder = Path(name)
        server = leaving.enter_context(attach(data or folder / "data"))
        ground = Ground(folder, server, leaving, quick, permits, rows)
        for side in SIDES:
            ground.drop(f"template_{side}")  # an earlier run's, which may lack a migration
            ground.create(f"template_{side}", "template0")
            migrate(ground.url(f"template_{side}"), side)
        yield ground


@contextmanager
def _running_broker(folder: Path) -> Iterator[Broker]:
    try:
        yield broker.start(folder, broker.free_port())
    finally:
        broker.stop(folder)


def _erase(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)

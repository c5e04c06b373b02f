"""One real PostgreSQL server for the whole session; two fresh, migrated databases for each test that asks."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from services.embedded_postgres import attach
from services.migrating import Side, migrate
from tests.linkage import Linkage, open_linkage

pytest_plugins = [
    "tests.nobody_named",
    "tests.kafka_fixture",
    "tests.town",
    "tests.running_town",
    "tests.signing_town",
    "tests.webhook_site",
]

IN_MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Two databases of some hundred files each are made and dropped for every test that asks: on a disk that is most of the
time that the tests take. Where memory has a folder with so much room, they are made there."""
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
"""What tests write here need not outlive a power cut, and a database is made for each of them. Those that kill a server
have one of their own, which keeps what it promised."""

_SIDES: tuple[Side, ...] = ("approval", "supervision")


@dataclass(frozen=True)
class Databases:
    """Two databases of their own, empty but for the schema; SQLAlchemy URLs."""

    approval_url: str
    supervision_url: str


@dataclass(frozen=True)
class DatabaseServer:
    """A server where this session may make databases, with one migrated template for each side. One connection does it
    all: to open one takes a third of the time in which a database is copied."""

    url: str
    connection: psycopg.Connection

    def database_url(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create(self, name: str, template: str = "template0") -> str:
        self.connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        self.connection.execute(
            sql.SQL("ALTER DATABASE {} SET idle_in_transaction_session_timeout = '60s'").format(sql.Identifier(name))
        )
        return self.database_url(name)

    def drop(self, name: str) -> None:
        """With the connections that a test left open, or that a killed process still holds."""
        self.connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def a_data_folder(within: Path | None = None) -> Iterator[Path]:
    """A folder outside pytest's own: each session that starts shuts that one against the account that root's
    PostgreSQL runs as, also under the feet of a session that is running."""
    with TemporaryDirectory(prefix="linkage-test-", dir=within, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _memory() -> Path | None:
    usable = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free >= ROOM
    return IN_MEMORY if usable else None


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A data folder of its own, for tests that start an embedded server themselves."""
    with a_data_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """Embedded, in a temporary folder, unless LINKAGE_TEST_DATABASE_SERVER_URL names another (any of its databases)."""
    own = os.environ.get("LINKAGE_TEST_DATABASE_SERVER_URL")
    if own:
        yield from _with_templates(own)
        return
    with a_data_folder(_memory()) as folder, attach(folder, settings=FORGETFUL) as embedded:
        yield from _with_templates(embedded.url("postgres"))


def _with_templates(url: str) -> Iterator[DatabaseServer]:
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True) as opened:
        server = DatabaseServer(url, opened)
        for side in _SIDES:
            server.drop(_template(side))
            migrate(server.create(_template(side)), side)
        yield server
        for side in _SIDES:
            server.drop(_template(side))


_numbers = itertools.count(1)


@contextmanager
def fresh_databases(server: DatabaseServer) -> Iterator[Databases]:
    """Fresh copies of both templates, dropped afterwards."""
    number = next(_numbers)
    names = {side: f"linkage_test_{os.getpid()}_{number}_{side}" for side in _SIDES}
    urls = {side: server.create(name, _template(side)) for side, name in names.items()}
    yield Databases(urls["approval"], urls["supervision"])
    for name in names.values():
        server.drop(name)


@pytest.fixture
def databases(database_server: DatabaseServer) -> Iterator[Databases]:
    """Two databases of the test's own."""
    with fresh_databases(database_server) as made:
        yield made


def _template(side: Side) -> str:
    return f"linkage_test_{os.getpid()}_{side}"


@pytest.fixture
def linkage(databases: Databases) -> Iterator[Linkage]:
    with open_linkage(databases.approval_url, databases.supervision_url) as opened:
        yield opened


LONG = ("test_readme.py", "test_every_page.py", "test_survives_faults.py", "test_linkage_model.py", "test_stories.py")
"""Files that take a minute and more. Begun last, one worker would have nothing to do while the other works at them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONG)

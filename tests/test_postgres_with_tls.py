"""A database on another machine is reached by TLS, and is believed only with a certificate of the site's authority."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from events.database import connect
from services.databases import DatabaseAway, look_into_databases
from services.migrating import Side
from services.settings import Settings, read_settings
from tests.certificates import Authority
from tests.conftest import Databases
from tests.tls_gate import tls_gate

APPROVAL: frozenset[Side] = frozenset({"approval"})


@dataclass(frozen=True)
class Gate:
    """A migrated database of approval, reached by TLS only, and with a certificate for ``localhost``."""

    port: int
    database: str
    authority: Path

    def url(self, sslmode: str = "verify-full", host: str = "localhost", authority: Path | None = None) -> str:
        trusted = authority or self.authority
        place = f"postgresql://postgres@{host}:{self.port}/{self.database}"
        return f"{place}?sslmode={sslmode}&sslrootcert={trusted}"


@pytest.fixture
def gate(databases: Databases, tmp_path: Path) -> Iterator[Gate]:
    url = make_url(databases.approval_url)
    authority = Authority()

    def inside() -> socket.socket:
        folder = url.query.get("host")
        if folder is None:
            return socket.create_connection((url.host or "localhost", url.port or 5432))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{folder}/.s.PGSQL.5432")
        return server

    with tls_gate(inside, authority, tmp_path) as port:
        yield Gate(port, str(url.database), authority.write(tmp_path / "authority.pem"))


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Settings]:
    def made(url: str) -> Settings:
        monkeypatch.setenv("APPROVAL_DATABASE_URL", url)
        monkeypatch.setenv("SUPERVISION_LEDGER_URL", url)
        return read_settings(data=tmp_path)

    return made


def test_the_address_says_how_the_server_is_verified_for_every_connection_of_a_part(
    gate: Gate, settings: Callable[[str], Settings]
) -> None:
    given = settings(gate.url())
    with connect(str(given.approval_database_url), application="test") as connection:
        assert connection.pgconn.ssl_in_use
    with look_into_databases(given, APPROVAL) as databases:
        assert databases.standing["approval"]


def test_a_server_of_another_authority_or_name_is_refused_by_the_name_of_the_setting(
    gate: Gate, settings: Callable[[str], Settings], tmp_path: Path
) -> None:
    other = Authority().write(tmp_path / "other.pem")
    refused = {
        gate.url(authority=other): r"APPROVAL_DATABASE_URL.*certificate verify failed",
        gate.url(host="elsewhere.invalid") + "&hostaddr=127.0.0.1": r"does not match host name",
    }
    for url, why in refused.items():
        with pytest.raises(DatabaseAway, match=why), look_into_databases(settings(url), APPROVAL):
            pass
    # The control: with less care the wrong name is believed.
    careless = gate.url("verify-ca", host="elsewhere.invalid") + "&hostaddr=127.0.0.1"
    with look_into_databases(settings(careless), APPROVAL):
        pass


def test_a_server_that_takes_nobody_without_tls_is_reached_by_none_of_our_connections_without(gate: Gate) -> None:
    with pytest.raises(psycopg.OperationalError, match="without TLS"):
        psycopg.connect(gate.url("disable"))

"""Who only looks changes nothing: a database of another release is named with what to do, and left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaAdminClient
from sqlalchemy.engine import make_url

from events.database import connect
from events.log.kafka import KafkaLog
from events.log.opening import erase_log
from projections.lag import measure
from services.broker import Broker
from tests.conftest import Databases, DatabaseServer

LINKAGE = (sys.executable, "-c", "from services.command_line import main; main()")
LOOKING = (("lag",), ("reconcile",), ("verify",), ("parked", "list"), ("parked", "retry", "--reason", "refused"))
AT_THE_DESK = (("codes", "list"), ("exceptions", "list"), ("commands", "unanswered"), ("tasks", "list"))


def site_of(folder: Path, **addresses: str) -> dict[str, str]:
    """The environment of a site whose data folder is not there yet, with nothing of this machine's own settings."""
    ours = ("APPROVAL_", "SUPERVISION_", "LINKAGE_", "LOG_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "LINKAGE_DATA": str(folder / "data"), **addresses}


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> dict[str, str]:
    return site_of(
        tmp_path, APPROVAL_DATABASE_URL=databases.approval_url, SUPERVISION_DATABASE_URL=databases.supervision_url
    )


@pytest.fixture
def empty(database_server: DatabaseServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    names = ("linkage_test_looked_at_a", "linkage_test_looked_at_b")
    approval, supervision = (database_server.create(name) for name in names)
    yield site_of(tmp_path, APPROVAL_DATABASE_URL=approval, SUPERVISION_DATABASE_URL=supervision)
    for name in names:
        database_server.drop(name)


def linkage(site: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINKAGE, *words], env=site, capture_output=True, text=True, timeout=60, check=False)


def rows(site: dict[str, str], query: str, side: str = "SUPERVISION") -> list[tuple[object, ...]]:
    url = make_url(site[f"{side}_DATABASE_URL"]).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        return connection.execute(query.encode()).fetchall()


TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname"


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_an_older_database_is_named_with_its_step_and_the_one_needed_and_is_not_migrated(
    site: dict[str, str], words: tuple[str, ...]
) -> None:
    ((newest,),) = rows(site, "SELECT version_num FROM alembic_version")
    rows(site, "UPDATE alembic_version SET version_num = '0001' RETURNING 1")
    asked = linkage(site, *words)
    assert asked.returncode == 3
    assert asked.stderr.strip() == (
        f"linkage: the database of supervision stands at step '0001', and this release needs step '{newest}': "
        "run `linkage migrate`"
    )
    assert asked.stdout == ""
    assert rows(site, "SELECT version_num FROM alembic_version") == [("0001",)]


@pytest.mark.parametrize("words", AT_THE_DESK, ids=" ".join)
def test_who_looks_at_the_desk_migrates_nothing_and_makes_no_master_key(
    site: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert linkage(site, *words, "--json").stdout == "[]\n"
    assert not (tmp_path / "data").exists()
    rows(site, "UPDATE alembic_version SET version_num = '0001' RETURNING 1", "APPROVAL")
    asked = linkage(site, *words)
    assert asked.returncode == 3
    assert "the database of approval stands at step '0001'" in asked.stderr
    assert rows(site, "SELECT version_num FROM alembic_version", "APPROVAL") == [("0001",)]


def test_a_newer_database_is_named_with_its_step_and_the_newest_known(site: dict[str, str]) -> None:
    rows(site, "UPDATE alembic_version SET version_num = '9999' RETURNING 1")
    asked = linkage(site, "lag")
    assert asked.returncode == 3
    assert "stands at step '9999', which this release does not know" in asked.stderr
    assert "run the newer release" in asked.stderr


def test_an_empty_database_stays_empty_until_somebody_migrates_it(empty: dict[str, str]) -> None:
    asked = linkage(empty, "verify")
    assert asked.returncode == 3
    assert "is still empty" in asked.stderr
    assert "run `linkage migrate`" in asked.stderr
    assert rows(empty, TABLES) == []
    assert linkage(empty, "migrate").returncode == 0
    assert rows(empty, TABLES) != []
    assert linkage(empty, "verify").returncode == 0
    assert rows(empty, "SELECT state->>'faults' FROM heartbeats WHERE part = 'ledger-walk'") == [("0",)]


def test_a_folder_without_databases_gets_none_from_who_only_looks(tmp_path: Path) -> None:
    asked = linkage(site_of(tmp_path), "lag")
    assert asked.returncode == 3
    assert "there are no databases" in asked.stderr
    assert not (tmp_path / "data").exists()


def topics(broker: Broker) -> set[str]:
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        return set(admin.list_topics())


@pytest.mark.kafka
def test_a_broker_without_topics_gets_none_from_who_only_looks(site: dict[str, str], kafka_broker: Broker) -> None:
    site["LOG_URL"] = f"kafka://{kafka_broker.bootstrap}"
    erase_log(site["LOG_URL"], ["approval", "supervision"])
    before = topics(kafka_broker)
    asked = linkage(site, "lag", "--json")
    assert asked.returncode == 1, asked.stderr
    assert [(lag["status"], lag["stage"]) for lag in json.loads(asked.stdout)] == [("失联", "未知")] * 3
    assert topics(kafka_broker) == before
    with (
        closing(KafkaLog(kafka_broker.bootstrap, "looked-at-by-a-worker")) as log,
        connect(site["SUPERVISION_DATABASE_URL"], application="test") as connection,
    ):
        measure(connection, log, "intake")
    assert "linkage.looked-at-by-a-worker.events" in topics(kafka_broker) - before, "a worker makes its topic"

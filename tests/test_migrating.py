"""A database comes to the shape of the release once, whoever asks; one from a newer release is refused."""

import logging
import threading

import pytest
from sqlalchemy import create_engine, text

from services.migrating import SchemaUnknown, migrate, standing_at
from tests.conftest import Databases, DatabaseServer


@pytest.fixture
def empty_url(database_server: DatabaseServer) -> object:
    url = database_server.create("linkage_test_empty")
    yield url
    database_server.drop("linkage_test_empty")


def _standing(url: str) -> str | None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return standing_at(connection)
    finally:
        engine.dispose()


def test_services_that_start_together_migrate_once(empty_url: str) -> None:
    newest: list[str] = []
    threads = [threading.Thread(target=lambda: newest.append(migrate(empty_url, "supervision"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(newest) == 4
    assert set(newest) == {_standing(empty_url)}


def test_a_database_of_a_newer_release_is_refused_with_the_way_out(databases: Databases) -> None:
    engine = create_engine(databases.approval_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SchemaUnknown, match=r"'9999'.*does not know.*newer release"):
        migrate(databases.approval_url, "approval")


def test_migrating_leaves_the_logging_of_the_service_alone(empty_url: str) -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    migrate(empty_url, "approval")
    assert (logging.getLogger().handlers, logging.getLogger().level) == before
    assert not logging.getLogger("services").disabled

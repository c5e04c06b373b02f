"""A database comes to the shape of the release once, whoever asks; one from a newer release is refused."""

import logging
import shutil
import threading
from pathlib import Path
from typing import get_args

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from services import migrating
from services.migrating import SchemaUnknown, Side, configuration, migrate, standing_at, steps_of
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


def _as_alembic_reads_them(side: Side) -> list[str]:
    return [step.revision for step in ScriptDirectory.from_config(configuration(side)).walk_revisions()][::-1]


@pytest.mark.parametrize("side", get_args(Side))
def test_the_names_of_the_files_say_which_steps_there_are(
    side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start finds by them that nothing is to be done. Alembic, which takes steps, goes by what is in the files."""
    assert steps_of(side) == _as_alembic_reads_them(side)
    shutil.copytree(Path(migrating.__file__).parent / side / "migrations", tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(migrating, "_folder", lambda _: tmp_path)
    newest = sorted((tmp_path / "versions").glob("0*.py"))[-1]
    newest.rename(newest.with_name("9998_renamed.py"))
    assert steps_of(side) != _as_alembic_reads_them(side), "a file whose name says another step is noticed"

"""The database that a site without one gets: it starts, is shared, survives a kill, and says clearly when it cannot."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.embedded_postgres import EmbeddedPostgres, PostgresUnusable, attach, erase
from tests.conftest import a_data_folder


def _ask(server: EmbeddedPostgres, database: str, question: str) -> object:
    with psycopg.connect(server.url(database).replace("+psycopg", "")) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with a_data_folder() as folder:
        yield folder


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    with attach(data) as running:
        yield running


def test_both_databases_are_there_and_an_idle_transaction_is_ended_after_a_minute(server: EmbeddedPostgres) -> None:
    for database in ("approval", "supervision"):
        assert _ask(server, database, "SHOW idle_in_transaction_session_timeout") == "1min"
    assert _ask(server, "approval", "SHOW server_version").startswith("18.")  # type: ignore[attr-defined]
    assert _ask(server, "approval", "SHOW fsync") == "on"
    assert _ask(server, "approval", "SHOW synchronous_commit") == "on"


def test_it_listens_to_nobody_outside_the_machine(server: EmbeddedPostgres) -> None:
    assert _ask(server, "approval", "SHOW listen_addresses") == ""
    assert _ask(server, "approval", "SHOW unix_socket_permissions") == "0700"


def test_a_refused_row_leaves_no_name_in_the_servers_log(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.approval_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TEMP TABLE holder (name text PRIMARY KEY)")
        connection.execute("INSERT INTO holder VALUES ('张三丰')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO holder VALUES ('张三丰')")
    written = "".join(path.read_text() for path in (server.cluster / "log").glob("*.log"))
    assert "duplicate key" in written
    assert "张三丰" not in written


def test_a_second_process_joins_the_running_server_and_the_last_to_leave_stops_it(data: Path) -> None:
    first = attach(data)
    pid = first.pid
    with _another_process(data) as (other, its_server):
        assert its_server == pid
        first.stop()
        assert first.pid == pid
        other.send_signal(signal.SIGINT)
        other.wait(20)
    assert first.pid is None


def test_a_killed_process_leaves_data_that_serves_again(data: Path) -> None:
    with _another_process(data) as (other, its_server):
        other.kill()
        other.wait()
    os.kill(its_server, signal.SIGKILL)
    with attach(data) as server:
        assert server.pid != its_server
        assert _ask(server, "supervision", "SELECT 1") == 1


def test_a_server_that_outlived_its_starter_is_joined(data: Path) -> None:
    with _another_process(data) as (other, its_server):
        other.kill()
        other.wait()
    with attach(data) as server:
        assert server.pid == its_server
    assert server.pid is None


def test_a_lock_file_whose_process_number_somebody_else_bears_is_seen_to_be_stale(data: Path) -> None:
    with attach(data) as server:
        lock = (server.cluster / "postmaster.pid").read_text()
    _, _, rest = lock.partition("\n")
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{rest}")
    with attach(data) as again:
        assert _ask(again, "approval", "SELECT 1") == 1


def test_a_long_path_does_not_outgrow_the_socket(data_folder: Path) -> None:
    deep = data_folder / ("审批" * 20) / ("p" * 100)
    with attach(deep) as server:
        assert _ask(server, "approval", "SELECT 1") == 1


def test_data_of_another_major_version_is_refused_with_the_way_out(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresUnusable, match=r"made by PostgreSQL 16, this release brings 18.*pg_dump"):
        attach(data_folder)


def test_a_folder_that_holds_something_else_is_left_alone(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "letter.txt").write_text("keep me")
    with pytest.raises(PostgresUnusable, match="no PostgreSQL database"):
        attach(data_folder)
    assert (data_folder / "postgres" / "letter.txt").read_text() == "keep me"


def test_a_folder_that_cannot_be_written_names_the_setting(data_folder: Path) -> None:
    (data_folder / "file").write_text("")
    with pytest.raises(PostgresUnusable, match="LINKAGE_DATA"):
        attach(data_folder / "file")


def test_half_a_cluster_left_by_a_kill_is_made_anew(data_folder: Path) -> None:
    (data_folder / "postgres.new").mkdir()
    (data_folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    with attach(data_folder) as server:
        assert _ask(server, "approval", "SELECT 1") == 1


def test_databases_in_use_are_never_erased(data_folder: Path) -> None:
    with attach(data_folder) as server:
        with pytest.raises(PostgresUnusable, match="stop it first"):
            erase(data_folder)
        assert _ask(server, "approval", "SELECT 1") == 1
    erase(data_folder)
    assert not (data_folder / "postgres").exists()


def test_a_server_that_nobody_uses_any_more_is_stopped_before_its_data_are_erased(data_folder: Path) -> None:
    with _another_process(data_folder) as (other, its_server):
        other.kill()
        other.wait()
    erase(data_folder)
    assert not (data_folder / "postgres").exists()
    assert not Path(f"/proc/{its_server}/cmdline").exists() or not Path(f"/proc/{its_server}/cmdline").read_bytes()


_USER = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background ignore it, and what that starts
from services.embedded_postgres import attach
with attach(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


class _another_process:
    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", _USER, str(data)], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> tuple[subprocess.Popen[str], int]:
        assert self._process.stdout is not None
        return self._process, int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

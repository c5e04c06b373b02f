"""The database of a site that has none of its own: one PostgreSQL 18 server under the data folder.

`attach(data)` starts the server, or joins the one that already runs there; the last to leave stops it. Users are
counted by shared file locks, which the kernel gives back when a process is killed, so a killed one never keeps a server
alive in the books, nor stops it under the others. It listens on a Unix socket that only its own account can reach.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg

from services.postgres_cluster import SETTINGS, make_cluster, refuse_foreign, start
from services.postgres_programs import PostgresUnusable, Programs, find_programs
from services.postmaster import running_pid, socket_folder_in_use
from services.wal_archive import archiving

__all__ = ["DATABASES", "EmbeddedPostgres", "PostgresUnusable", "attach", "erase"]

DATABASES = ("approval", "supervision")
_PATIENCE_SECONDS = 60


class EmbeddedPostgres:
    """A running server that this process uses until `stop()`, or the end of the `with`."""

    def __init__(self, data: Path, programs: Programs, socket_folder: Path, users: int) -> None:
        self.data = data
        self.cluster = data / "postgres"
        self.programs = programs
        self._socket_folder = socket_folder
        self._users = users

    @property
    def approval_url(self) -> str:
        return self.url("approval")

    @property
    def supervision_url(self) -> str:
        return self.url("supervision")

    @property
    def socket_folder(self) -> Path:
        return self._socket_folder

    @property
    def pid(self) -> int | None:
        """The server's process, None when it is gone."""
        return running_pid(self.cluster)

    def url(self, database: str) -> str:
        """For SQLAlchemy with psycopg."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self._socket_folder), safe='/')}"

    def stop(self) -> None:
        """Leave; the last to leave stops the server (running transactions are rolled back). Harmless when repeated."""
        if self._users < 0:
            return
        with _held(self.data / "postgres.starting", fcntl.LOCK_EX):
            users, self._users = self._users, -1
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            if last and running_pid(self.cluster) is not None:
                _stop(self.programs, self.cluster)
            os.close(users)

    def __enter__(self) -> "EmbeddedPostgres":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def attach(
    data: Path, *, settings: Mapping[str, str] | None = None, making: bool = True, archive: Path | None = None
) -> EmbeddedPostgres:
    """Start the server of the folder `data`, or join it, and see that both databases are there.

    Without `making` only a server that was made before is started or joined. `settings` override `SETTINGS` when this
    call starts the server; then it keeps its write-ahead log under `archive`, if given (made only with `making`).
    Raises `PostgresUnusable` with what an operator needs to do.
    """
    data = data.resolve()
    if not making and not (data / "postgres").exists():
        raise PostgresUnusable(
            f"there are no databases under {data} yet: `linkage migrate` makes them, and so does `linkage run`; "
            "or set LINKAGE_DATA to the folder where they are"
        )
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = _held(data / "postgres.starting", fcntl.LOCK_EX)
        with lock:
            return _attach_alone(data, {**SETTINGS, **(settings or {})}, making, archive)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise PostgresUnusable(
            f"the data folder {data} cannot be written ({error.strerror}: {error.filename}): "
            "set LINKAGE_DATA to a folder of yours"
        ) from error


def erase(data: Path) -> None:
    """Remove the databases of the folder `data`, for good; refused while any process uses them."""
    data = data.resolve()
    if not (data / "postgres").exists():
        return
    with _held(data / "postgres.starting", fcntl.LOCK_EX):
        try:
            with _held(data / "postgres.users", fcntl.LOCK_EX | fcntl.LOCK_NB):
                if running_pid(data / "postgres") is not None:
                    _stop(find_programs(data), data / "postgres")
                shutil.rmtree(data / "postgres")
        except BlockingIOError:
            raise PostgresUnusable(f"another process uses the databases under {data}: stop it first") from None


def _stop(programs: Programs, cluster: Path) -> None:
    """Running transactions are rolled back."""
    programs.run("pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(cluster), "stop")


def _attach_alone(data: Path, settings: Mapping[str, str], making: bool, archive: Path | None) -> EmbeddedPostgres:
    programs = find_programs(data)
    if archive is not None:
        settings = {**settings, **archiving(programs, archive, making=making)}
    cluster = data / "postgres"
    if not cluster.exists():
        make_cluster(programs, cluster)
    refuse_foreign(cluster)
    users = os.open(data / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            if running_pid(cluster) is None:
                start(programs, cluster, settings)
            try:
                server = EmbeddedPostgres(data, programs, socket_folder_in_use(cluster), users)
                with _asked(server) as connection:
                    if making:
                        _make_databases(connection)
                return server
            # One that dies at this moment is started anew in the next round, one that still recovers answers later.
            except (psycopg.OperationalError, FileNotFoundError) as error:
                if time.monotonic() > deadline:
                    raise PostgresUnusable(f"a PostgreSQL server runs on {cluster} and refuses us: {error}") from error
                time.sleep(0.1)
    except BaseException:
        os.close(users)
        raise


def _asked(server: EmbeddedPostgres) -> psycopg.Connection:
    url = server.url("postgres").replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _make_databases(connection: psycopg.Connection) -> None:
    there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    for database in DATABASES:
        if database not in there:
            connection.execute(f"CREATE DATABASE {database}")
        connection.execute(f"ALTER DATABASE {database} SET idle_in_transaction_session_timeout = '60s'")


@contextmanager
def _held(path: Path, mode: int) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, mode)
        yield handle
    finally:
        os.close(handle)

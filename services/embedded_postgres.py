"""The database of a site that has none of its own: one PostgreSQL 18 server under the data folder.

`attach(data)` starts the server, or joins the one that already runs there; the last to leave stops it. Users are
counted by shared file locks, which the kernel gives back when a process is killed, so a killed one never keeps a server
alive in the books, nor stops it under the others. It listens on a Unix socket that only its own account can reach.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg

from services.postgres_programs import MAJOR_VERSION, PostgresUnusable, Programs, find_programs
from services.postmaster import disown, running_pid, socket_folder_in_use

__all__ = ["DATABASES", "EmbeddedPostgres", "PostgresUnusable", "attach"]

DATABASES = ("approval", "supervision")
_LONGEST_SOCKET_PATH = 100  # the system takes 107 bytes
_PATIENCE_SECONDS = 60
_SOCKET_NAME = ".s.PGSQL.5432"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    # A refused statement and the key that clashed hold names and identity numbers: the log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


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
                self.programs.run("pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(self.cluster), "stop")
            os.close(users)

    def __enter__(self) -> "EmbeddedPostgres":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def attach(data: Path, *, settings: Mapping[str, str] | None = None) -> EmbeddedPostgres:
    """Start the server of the folder `data`, or join it, and see that both databases are there.

    `settings` override `SETTINGS` when this call starts the server. Raises `PostgresUnusable` with what an operator
    needs to do.
    """
    data = data.resolve()
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = _held(data / "postgres.starting", fcntl.LOCK_EX)
        with lock:
            return _attach_alone(data, {**SETTINGS, **(settings or {})})
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise PostgresUnusable(
            f"the data folder {data} cannot be written ({error.strerror}: {error.filename}): "
            "set LINKAGE_DATA to a folder of yours"
        ) from error


def _attach_alone(data: Path, settings: Mapping[str, str]) -> EmbeddedPostgres:
    programs = find_programs(data)
    cluster = data / "postgres"
    if not cluster.exists():
        _make_cluster(programs, cluster)
    _refuse_foreign(cluster)
    users = os.open(data / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            if running_pid(cluster) is None:
                _start(programs, cluster, settings)
            try:
                server = EmbeddedPostgres(data, programs, socket_folder_in_use(cluster), users)
                _make_databases(server)
                return server
            # One that dies at this moment is started anew in the next round, one that still recovers answers later.
            except (psycopg.OperationalError, FileNotFoundError) as error:
                if time.monotonic() > deadline:
                    raise PostgresUnusable(f"a PostgreSQL server runs on {cluster} and refuses us: {error}") from error
                time.sleep(0.1)
    except BaseException:
        os.close(users)
        raise


def _make_cluster(programs: Programs, cluster: Path) -> None:
    """Beside its place and then renamed: a killed `initdb` never leaves half a cluster under the real name."""
    new = cluster.with_name("postgres.new")
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    programs.own(new)
    try:
        programs.run(
            "initdb",
            *("-D", str(new), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
    except subprocess.CalledProcessError as error:
        raise PostgresUnusable(f"no database could be made under {cluster.parent}: {error.stderr.strip()}") from error
    new.rename(cluster)


def _refuse_foreign(cluster: Path) -> None:
    try:
        version = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise PostgresUnusable(
            f"{cluster} holds something that is no PostgreSQL database: move it away, or set LINKAGE_DATA"
        ) from None
    if version != str(MAJOR_VERSION):
        raise PostgresUnusable(
            f"{cluster} was made by PostgreSQL {version}, this release brings {MAJOR_VERSION}: move the folder away "
            "and begin anew, or bring it over with pg_dump of the old and psql of the new release"
        )


def _start(programs: Programs, cluster: Path, settings: Mapping[str, str]) -> None:
    socket_folder = _socket_folder(programs, cluster)
    disown(cluster / "postmaster.pid")
    disown(socket_folder / f"{_SOCKET_NAME}.lock")
    own = {**settings, "unix_socket_directories": str(socket_folder)}
    lines = "".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in own.items())
    (cluster / "linkage.conf").write_text(lines)
    programs.own(cluster / "linkage.conf")
    log = cluster / "start.log"
    log.unlink(missing_ok=True)
    _include_settings(cluster)
    deadline = time.monotonic() + 15
    while True:
        try:
            programs.run("pg_ctl", "-w", "-t", "120", "-l", str(log), "-D", str(cluster), "start", timeout=150)
            return
        except subprocess.CalledProcessError as error:
            said = "".join(path.read_text(errors="replace") for path in (log, _newest_log(cluster)) if path.exists())
            # The children of a server killed a moment ago still hold its shared memory.
            if "shared memory block" not in log.read_text(errors="replace") or time.monotonic() > deadline:
                raise PostgresUnusable(
                    f"PostgreSQL does not start on {cluster}: {_last_lines(said or error.stderr)}"
                ) from error
            log.unlink(missing_ok=True)
            time.sleep(0.2)


def _newest_log(cluster: Path) -> Path:
    return max((cluster / "log").glob("*.log"), key=lambda path: path.stat().st_mtime, default=cluster / "log" / "none")


def _include_settings(cluster: Path) -> None:
    """In postgresql.conf; what an operator writes below the line wins."""
    path = cluster / "postgresql.conf"
    text = path.read_text()
    if "include 'linkage.conf'" not in text:
        path.write_text(text + "\ninclude 'linkage.conf'\n")


def _socket_folder(programs: Programs, cluster: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(cluster.resolve())).hexdigest()[:12]
    candidates = [Path(root) / f"linkage-{digest}" for root in (tempfile.gettempdir(), "/tmp")]  # noqa: S108
    folder = next(path for path in candidates if len(os.fsencode(path / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH)
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = os.geteuid() if programs.account is None else programs.account.pw_uid
    if os.geteuid() == 0:
        programs.own(folder)
    elif folder.stat().st_uid != owner or folder.is_symlink():
        raise PostgresUnusable(f"{folder} belongs to somebody else: remove it, or set TMPDIR to a folder of yours")
    folder.chmod(0o700)
    return folder


def _make_databases(server: EmbeddedPostgres) -> None:
    url = server.url("postgres").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
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


def _last_lines(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-3:])

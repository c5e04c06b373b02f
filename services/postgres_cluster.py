"""One database folder (a cluster): how it is made, with which settings it is started, and what is refused."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from services.postgres_programs import MAJOR_VERSION, PostgresUnusable, Programs
from services.postmaster import disown

_LONGEST_SOCKET_PATH = 100  # the system takes 107 bytes
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


def make_cluster(programs: Programs, cluster: Path) -> None:
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


def refuse_foreign(cluster: Path) -> None:
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


def start(programs: Programs, cluster: Path, settings: Mapping[str, str]) -> None:
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
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise PostgresUnusable(
                    f"PostgreSQL does not start on {cluster}: {_last_lines(said + error.stderr)}"
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


def _last_lines(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-3:])

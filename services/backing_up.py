"""A backup of databases while they are used, and the restoration of embedded ones to its end or to any later time.

The copying and the recovery are PostgreSQL's own: `pg_basebackup`, and the write-ahead log that
`LINKAGE_WAL_ARCHIVE` keeps. The master key is never in a backup.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from events import ledger
from events.database import connect
from events.recovering import mark_restored
from services.access.files_by_command import write_down
from services.backup_manifest import faults
from services.embedded_postgres import DATABASES, EmbeddedPostgres, attach
from services.postgres_programs import PostgresUnusable, Programs, find_programs
from services.trouble import Trouble
from services.wal_archive import fetching

COPY_SECONDS = 24 * 3600
RECOVERY_SECONDS = 24 * 3600
_CHECKED = ("--manifest-checksums=SHA256",)
MANIFEST = "linkage.json"
_RECOVERY = ("restore_command", "recovery_target_time", "recovery_target_timeline", "recovery_target_action")


@dataclass(frozen=True)
class Target:
    """How far a backup is brought: along the write-ahead log under `archive`, up to `until`. Each restoration begins a
    new timeline; the newest is followed unless `timeline` names an earlier one."""

    archive: Path | None = None
    until: datetime | None = None
    timeline: int | None = None

    def settings(self) -> Iterator[tuple[str, str]]:
        if self.archive is not None:
            yield "restore_command", fetching(self.archive)
            yield "recovery_target_action", "promote"
            yield "recovery_target_timeline", str(self.timeline or "latest")
            if self.until is not None:
                yield "recovery_target_time", self.until.isoformat()


class BackupUnusable(Trouble):
    """A backup cannot be made, or is not one; the message says what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds at least. `heads`: last number and its hash (hexadecimal) of each ledger when it began."""

    release: str
    begun_at: str
    heads: dict[str, tuple[int, str]]


def make(data: Path, folder: Path, archive: Path | None = None) -> Manifest:
    """Copy the running server of `data` into `folder`, which must not be there. Nobody who works there need wait.

    The audit trail of each side says so first; raises `NotWrittenDown` when it cannot, and then nothing is copied.
    """
    if folder.exists():
        raise BackupUnusable(f"{folder} is there already: name a folder that is not, one for each backup")
    with attach(data, making=False, archive=archive) as server:
        urls = {side: server.url(side) for side in DATABASES}
        return copied(server.programs, ["-h", str(server.socket_folder), "-U", "postgres"], urls, folder)


def copied(
    programs: Programs,
    server: Sequence[str],
    urls: Mapping[str, str],
    folder: Path,
    secret: Mapping[str, str] | None = None,
) -> Manifest:
    """Copy the server that the options ``server`` lead to into ``folder``, made now, and say so first in the audit
    trail of the databases ``urls``, each a side's that lies in it. The manifest is written when all is there."""
    manifest = Manifest(version("linkage"), *standing(urls))
    for side, url in urls.items():
        with connect(url, application="backup") as connection:
            write_down(connection, "linkage backup make", [f"head={manifest.heads[side][0]}"])
    folder.mkdir(parents=True, mode=0o700)
    programs.own(folder)
    place = [*server, "-D", str(folder / "base"), "-X", "stream", "-c", "fast", *_CHECKED]
    try:
        programs.run("pg_basebackup", *place, timeout=COPY_SECONDS, secret=secret)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackupUnusable(f"no backup was made: {error.stderr.strip().splitlines()[-1]}") from error
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    try:
        said = json.loads((folder / MANIFEST).read_text())
        heads = {side: (int(position), str(digest)) for side, (position, digest) in said["heads"].items()}
        return Manifest(said["release"], said["begun_at"], heads)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(f"{folder} is no backup that was completed: {MANIFEST} is not there or damaged") from error


def verify(folder: Path) -> Manifest:
    """Every file against its checksum; `BackupUnusable` names the first that is not as it was copied."""
    manifest = read_manifest(folder)
    try:
        fault = next(faults(folder / "base"), None)
    except (OSError, ValueError, KeyError) as error:
        raise BackupUnusable(f"{folder} is damaged: its list of files cannot be read") from error
    if fault:
        raise BackupUnusable(f"{folder} is damaged: {fault}")
    return manifest


def restore(folder: Path, data: Path, target: Target, *, marked: bool) -> Mapping[str, int]:
    """Put the databases of the backup `folder` under `data`, and bring them to `target`.

    Returns the head of each ledger. `marked`: nothing is numbered until what a log of its own has beyond is taken back.
    """
    verify(folder)
    cluster = data / "postgres"
    if cluster.exists():
        raise BackupUnusable(f"{cluster} is there: move what is left of it away first, it may hold what no backup has")
    data.mkdir(parents=True, exist_ok=True)
    programs = find_programs(data)
    _place(folder / "base", cluster, programs, target)
    try:
        with attach(data, making=False, archive=target.archive) as server:
            heads = {side: head for side, (head, _) in _recovered(server).items()}
            for side in DATABASES if marked else ():
                with connect(server.url(side), application="restore") as connection:
                    mark_restored(connection)
    except PostgresUnusable as error:
        raise BackupUnusable(
            f"{error}. If it did not reach the time that was asked for: the write-ahead log does not go so far"
        ) from error
    return heads


def _place(base: Path, cluster: Path, programs: Programs, target: Target) -> None:
    """Beside its place and then renamed, like a new one."""
    new = cluster.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(base, new, symlinks=True)
    if wanted := dict(target.settings()):
        with (new / "postgresql.auto.conf").open("a") as settings:
            settings.writelines(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in wanted.items())
        (new / "recovery.signal").touch()
    for path in (new, *new.rglob("*")):
        programs.own(path)
    new.chmod(0o700)
    new.rename(cluster)


def _recovered(server: EmbeddedPostgres) -> Mapping[str, tuple[int, str]]:
    """Wait until the server has come as far as it goes and takes writes, and forget how it got there."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    with connect(server.url("postgres"), application="restore") as connection:
        while _answer(connection, "SELECT pg_is_in_recovery()"):
            if time.monotonic() > deadline:
                raise BackupUnusable("the write-ahead log was not read to its end within a day")
            time.sleep(0.1)
        for name in _RECOVERY:
            connection.execute(f"ALTER SYSTEM RESET {name}".encode())
    return standing({side: server.url(side) for side in DATABASES})[1]


def standing(urls: Mapping[str, str]) -> tuple[str, dict[str, tuple[int, str]]]:
    """Return the time of the databases' server, and the head of each ledger with its hash."""
    heads: dict[str, tuple[int, str]] = {}
    for side, url in urls.items():
        with connect(url, application="backup") as connection:
            head = ledger.head(connection)
            heads[side] = (head.position, head.hash.hex())
            now = _answer(connection, "SELECT clock_timestamp()")
    assert isinstance(now, datetime)
    return now.isoformat(), heads


def _answer(connection: psycopg.Connection, question: str) -> object:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]

"""A backup of databases on a server of one's own: by PostgreSQL's `pg_basebackup` over the replication protocol, in the
folder, with the manifest and with the audit entries of a backup of the embedded server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from events.database import connect, plain
from services.backing_up import BackupUnusable, Manifest, copied
from services.postgres_programs import PostgresUnusable, Programs, find_bundled
from services.trouble import WronglyAsked

_NAME = "LINKAGE_BACKUP_DATABASE_URL"


@dataclass(frozen=True)
class _Server:
    """`system`: PostgreSQL's own number of the server, which a copy of it bears too. `encrypted`: reached by TLS."""

    system: str
    major: int
    encrypted: bool


def make_from(url: str, owner: Mapping[str, str], folder: Path) -> Manifest:
    """Copy the whole server behind `url`, a role's with REPLICATION, into `folder`, which must not be there.

    `owner`: the address of each side's database. The manifest has the heads of those that lie in that server; the audit
    trail of each says so first, and while it cannot (`NotWrittenDown`) nothing is copied.
    """
    if folder.exists():
        raise BackupUnusable(f"{folder} is there already: name a folder that is not, one for each backup")
    place = {name: str(value) for name, value in conninfo_to_dict(plain(url)).items() if value is not None}
    server = _asked(place)
    programs = _programs(server)
    here = {side: at for side, at in sorted(owner.items()) if _system_of(at) == server.system}
    if not here:
        named = " and ".join(f"{side.upper()}_DATABASE_URL" for side in sorted(owner))
        raise WronglyAsked(f"{_NAME}: this is another server than that of {named}: nothing of the linkage is on it")
    # Never among the arguments: whoever lists the processes of this machine would read it there.
    secret = {"PGPASSWORD": place.pop("password")} if "password" in place else {}
    return copied(programs, ["-d", make_conninfo(**place), "--no-password"], here, folder, secret)


def _asked(place: Mapping[str, str]) -> _Server:
    try:
        with psycopg.connect(make_conninfo(**place, replication="true"), autocommit=True) as walsender:
            row = walsender.execute("IDENTIFY_SYSTEM").fetchone()
            assert row is not None
            # A connection for replication names no encoding: text comes as it is on the wire.
            system = row[0].decode("ascii") if isinstance(row[0], bytes) else str(row[0])
            return _Server(system, walsender.info.server_version // 10000, walsender.pgconn.ssl_in_use)
    except psycopg.OperationalError as error:
        if _lacks_replication(place):
            raise WronglyAsked(
                f"{_NAME}: this role may not copy the server: ALTER ROLE … REPLICATION, by its administrator"
            ) from None
        reason = str(error).strip().splitlines()[0]
        raise BackupUnusable(
            f"the server ({_NAME}) lets nobody copy it: {reason} (pg_hba.conf needs a line for `replication`)"
        ) from None


def _lacks_replication(place: Mapping[str, str]) -> bool:
    try:
        with psycopg.connect(make_conninfo(**place)) as connection:
            row = connection.execute(
                "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            return row is not None and not row[0]
    except psycopg.OperationalError:
        return False


def _system_of(url: str) -> str:
    with connect(url, application="backup") as connection:
        row = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
        assert row is not None
        return str(row[0])


def _programs(server: _Server) -> Programs:
    """This machine's own, else the embedded server's, which knows no TLS; an older one copies no newer server."""
    if found := shutil.which("pg_basebackup"):
        own = Programs(Path(found).parent, None)
        if _major(own) >= server.major:
            return own
    if not server.encrypted:
        try:
            bundled = Programs(find_bundled(), None)
        except PostgresUnusable:
            bundled = None
        if bundled and _major(bundled) >= server.major:
            return bundled
    raise BackupUnusable(
        f"this machine has no pg_basebackup for PostgreSQL {server.major}{' by TLS' if server.encrypted else ''}: "
        f"install the client programs of that release (postgresql-client-{server.major})"
    )


def _major(programs: Programs) -> int:
    try:
        said = programs.run("pg_basebackup", "--version", timeout=30)
        return int(said.split()[2].split(".")[0])
    except (subprocess.CalledProcessError, OSError, ValueError, IndexError):
        return 0

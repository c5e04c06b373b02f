"""A server of a site's own is copied by the same command, over the replication protocol, and comes back from it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from events import ledger
from events.database import connect
from services import backing_up, backing_up_servers
from services.access.files_by_command import NotWrittenDown
from services.backing_up import BackupUnusable, Target
from services.command_line import program
from services.databases import BOTH
from services.embedded_postgres import EmbeddedPostgres, attach
from services.migrating import migrate
from services.postgres_programs import Programs, find_bundled
from services.trouble import WronglyAsked
from tests.conftest import DatabaseServer, a_data_folder
from tests.invented import decision
from tests.linkage import open_linkage


@dataclass(frozen=True)
class Foreign:
    """A server that is known by its addresses alone. Its roles: ``copier`` with REPLICATION, ``clerk`` without."""

    server: EmbeddedPostgres
    folder: Path

    def url(self, role: str, password: str = "") -> str:
        place = quote(str(self.server.socket_folder), safe="/")
        return f"postgresql://{role}{password and ':' + password}@/postgres?host={place}"

    def owner(self) -> dict[str, str]:
        return {side: self.server.url(side) for side in BOTH}

    def head(self) -> ledger.Head:
        with connect(self.server.approval_url, application="test") as connection:
            return ledger.head(connection)

    def audited(self) -> list[int]:
        """How many backups the trail of each side says."""
        counts = []
        for side in sorted(BOTH):
            with connect(self.server.url(side), application="test") as connection:
                row = connection.execute("SELECT count(*) FROM audit WHERE place = 'linkage backup make'").fetchone()
                assert row is not None
                counts.append(row[0])
        return counts


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    with (
        a_data_folder() as folder,
        attach(folder / "data", settings={"fsync": "off"}, archive=folder / "archive") as server,
    ):
        for side in BOTH:
            migrate(server.url(side), side)
        with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as administrator:
            administrator.execute("CREATE ROLE copier LOGIN REPLICATION PASSWORD 'unsaid'")
            administrator.execute("CREATE ROLE clerk LOGIN")
        with open_linkage(server.approval_url, server.supervision_url) as linkage:
            linkage.publish(decision())
            linkage.hear()
        yield Foreign(server, folder)


def make(foreign: Foreign, monkeypatch: pytest.MonkeyPatch, url: str | None, folder: Path) -> None:
    for side, at in foreign.owner().items():
        monkeypatch.setenv(f"{side.upper()}_DATABASE_URL", at)
    if url:
        monkeypatch.setenv("LINKAGE_BACKUP_DATABASE_URL", url)
    words = ["backup", "make", str(folder)]
    program(words)(words, standalone_mode=False)


def test_a_server_known_by_its_address_is_copied_whole_and_comes_back(
    foreign: Foreign, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head, copy, before = foreign.head(), foreign.folder / "copy", foreign.audited()
    ran: list[str] = []
    run = Programs.run

    def noted(self: Programs, *words: str, timeout: float = 120, secret: Mapping[str, str] | None = None) -> str:
        ran.extend(words)
        return run(self, *words, timeout=timeout, secret=secret)

    monkeypatch.setattr(Programs, "run", noted)
    make(foreign, monkeypatch, foreign.url("copier", "unsaid"), copy)
    assert str(copy) in capsys.readouterr().out
    assert foreign.audited() == [count + 1 for count in before]
    assert "user=copier" in " ".join(ran)
    assert "unsaid" not in " ".join(ran), "a list of processes would show the password"
    assert backing_up.verify(copy).heads["approval"] == (head.position, head.hash.hex())
    restored = backing_up.restore(copy, foreign.folder / "elsewhere", Target(), marked=False)
    assert restored["approval"] == head.position > 0
    # Control: a copy of which a byte is another is not one.
    largest = max((copy / "base" / "base").rglob("*"), key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 64)
    with pytest.raises(BackupUnusable, match="is damaged"):
        backing_up.verify(copy)


def test_what_cannot_be_copied_is_refused_in_words_and_nothing_is_left_or_written_down(
    foreign: Foreign, database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, before = foreign.folder / "refused", foreign.audited()
    # An owner of a database, which need be no superuser, may tell whose server it lies in.
    assert backing_up_servers._system_of(foreign.url("clerk")) == backing_up_servers._system_of(
        foreign.owner()["approval"]
    )
    with pytest.raises(WronglyAsked, match=r"^LINKAGE_BACKUP_DATABASE_URL: databases of your own"):
        make(foreign, monkeypatch, None, copy)
    with pytest.raises(WronglyAsked, match=r"this role may not copy the server: ALTER ROLE … REPLICATION"):
        make(foreign, monkeypatch, foreign.url("clerk"), copy)
    with pytest.raises(WronglyAsked, match=r"another server than that of APPROVAL_DATABASE_URL and SUPERVISION_"):
        make(foreign, monkeypatch, database_server.url, copy)
    with pytest.raises(BackupUnusable, match="lets nobody copy it"):
        make(foreign, monkeypatch, foreign.url("copier").replace("host=", "port=1&host="), copy)
    assert not copy.exists()
    assert foreign.audited() == before


def test_a_copy_that_cannot_be_written_down_is_not_made(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise NotWrittenDown("the audit trail cannot be written now")

    copy = foreign.folder / "unwritten"
    monkeypatch.setattr(backing_up, "write_down", away)
    with pytest.raises(NotWrittenDown):
        make(foreign, monkeypatch, foreign.url("copier"), copy)
    assert not copy.exists()


def test_a_machine_whose_pg_basebackup_is_older_or_knows_no_tls_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    found = backing_up_servers._programs(backing_up_servers._Server("1", 18, encrypted=False))
    assert found.folder == find_bundled()
    for server in (
        backing_up_servers._Server("1", 18, encrypted=True),
        backing_up_servers._Server("1", 99, encrypted=False),
    ):
        with pytest.raises(BackupUnusable, match=rf"install .*postgresql-client-{server.major}"):
            backing_up_servers._programs(server)


SCRIPT = Path(__file__).parents[1] / "deploy" / "compose" / "back-up"


def test_the_containers_server_copies_itself_and_its_log_goes_back_to_the_oldest_copy_that_stays(
    foreign: Foreign, tmp_path: Path
) -> None:
    archive, backups = foreign.folder / "archive", tmp_path / "backups"
    backups.mkdir()
    (backups / "20260101T000000Z").mkdir()  # the oldest, which goes
    (backups / ".copying").mkdir()  # left by one that was killed
    (backups / ".copying" / "half").touch()

    def back_up(keep: str, place: Path | str = foreign.server.socket_folder) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{find_bundled()}:{os.environ['PATH']}", "BACKUPS": str(backups), "ARCHIVE": str(archive),
            "PGHOST": str(place), "PGUSER": "postgres",
        }  # fmt: skip
        return subprocess.run(
            [str(SCRIPT), keep], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    before = archive / ("0" * 24)
    before.touch()
    done = back_up("1")
    assert done.returncode == 0, done.stderr
    (copy,) = backups.iterdir()
    assert not before.exists()
    label = (copy / "backup_label").read_text()
    needed = sorted(path.name for path in archive.iterdir() if len(path.name) == 24)
    assert needed
    assert f"(file {needed[0]})" in label
    # Control: with none to keep, or a copy that fails, nothing is taken away.
    before.touch()
    assert back_up("0").returncode != 0
    assert back_up("1", place="/nowhere").returncode != 0
    assert before.exists()
    assert copy.exists()

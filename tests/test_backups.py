"""A backup and the write-ahead log bring both databases back to any time; what was acknowledged until then is there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from events import ledger
from events.database import connect
from services import backing_up
from services.approval.decision import Kind
from services.backing_up import BackupUnusable, Target
from services.command_line import program
from services.databases import BOTH
from services.embedded_postgres import EmbeddedPostgres, attach
from services.kept_keys import KeysMissing
from services.migrating import migrate
from services.trouble import WronglyAsked
from tests.chaos.history import History
from tests.chaos.judge import judge
from tests.conftest import a_data_folder
from tests.invented import decision, duty
from tests.linkage import MASTER, Linkage, open_linkage

PATIENCE_SECONDS = 120


@dataclass
class Site:
    """A server of its own that keeps its write-ahead log, and what the bureaus were told."""

    folder: Path
    history: History

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @contextmanager
    def at_work(self) -> Iterator[tuple[EmbeddedPostgres, Linkage]]:
        with (
            attach(self.data, archive=self.archive) as server,
            open_linkage(server.approval_url, server.supervision_url) as linkage,
        ):
            yield server, linkage

    def decide(self, linkage: Linkage, name: str, number: int = 1, kind: Kind = Kind.GRANT, **how: object) -> None:
        mark = f"{name}.{number}"
        self.history.hand_in([mark])
        (outcome,) = linkage.publish(decision(kind, permit_number=name, reason=mark, **how))
        self.history.note(mark, outcome.answer())
        linkage.hear()

    def judged(self) -> set[tuple[str, str]]:
        with (
            self.at_work() as (server, _),
            connect(server.approval_url, application="judge") as approval,
            connect(server.supervision_url, application="judge") as supervision,
        ):
            return {(found.kind, found.what.split()[0]) for found in judge(self.history, approval, supervision)}


def kept(server: EmbeddedPostgres) -> None:
    """End the segment that is written, and wait until it is in the archive."""
    with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        question = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
        while not (found := connection.execute(question, row).fetchone()) or not found[0]:
            assert time.monotonic() < deadline, "the write-ahead log is not kept"
            time.sleep(0.05)


@dataclass(frozen=True)
class Then:
    """What stood there: at a time between backup and end, and when all was lost."""

    at: datetime
    head: ledger.Head
    lists: list[object]


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Then]]:
    """Decisions, a backup, more decisions, and the server dies with its disk; its archive is on another."""
    with (
        a_data_folder() as folder,
        closing(History(tmp_path_factory.mktemp("told") / "history.jsonl")) as history,
    ):
        site = Site(folder, history)
        with attach(site.data, archive=site.archive) as server:
            for side in BOTH:
                migrate(server.url(side), side)
        with site.at_work() as (server, linkage):
            linkage.duties(duty())
            site.decide(linkage, "a")
            backing_up.make(site.data, site.backup, site.archive)
            site.decide(linkage, "b")
            site.decide(linkage, "a", 2, Kind.AMEND, content="准予从事其他经营")
            kept(server)
            at = datetime.now(UTC)
            site.decide(linkage, "c")
            kept(server)
            with connect(server.approval_url, application="test") as connection:
                head = ledger.head(connection)
            lists = linkage.rows("SELECT * FROM watch_list ORDER BY permit, department")
            os.kill(server.pid or 0, signal.SIGKILL)
            while server.pid is not None:
                time.sleep(0.05)
        shutil.rmtree(site.data)
        yield site, Then(at, head, lists)


def linkage_command(site: Site, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setenv("LINKAGE_DATA", str(site.data))
    monkeypatch.setenv("LINKAGE_WAL_ARCHIVE", str(site.archive))
    monkeypatch.setenv("LINKAGE_MASTER_KEY_FILE", str(site.folder / "master.key"))
    program(["backup", *words])(["backup", *words], standalone_mode=False)


def test_what_was_acknowledged_after_the_backup_is_there_again_up_to_the_time_that_is_asked_for(
    lost: tuple[Site, Then], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site, then = lost
    # The names of persons are sealed: without the key the databases come back, and the command says what is missing.
    with pytest.raises(KeysMissing, match=r"the master key .* put back your copy .* does not start"):
        linkage_command(site, monkeypatch, "restore", str(site.backup), "--until", then.at.isoformat())
    # The control: what was decided later than that time is lost, and the judge names it.
    assert site.judged() == {("lost", "c.1")}
    shutil.rmtree(site.data)

    # That restoration began a timeline of its own; this one follows the first to its end.
    (site.folder / "master.key").write_text(MASTER.hex())
    capsys.readouterr()
    linkage_command(site, monkeypatch, "restore", str(site.backup), "--timeline", "1", "--json")
    assert json.loads(capsys.readouterr().out)["heads"]["approval"] == then.head.position
    assert site.judged() == set()
    with site.at_work() as (server, linkage):
        with connect(server.approval_url, application="test") as connection:
            assert ledger.head(connection) == then.head
        assert linkage.rows("SELECT * FROM watch_list ORDER BY permit, department") == then.lists
        site.decide(linkage, "d")
    assert site.judged() == set()


def damage(site: Site) -> None:
    largest = max((site.backup / "base" / "base").rglob("*"), key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 64)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda site: (site.backup / "linkage.json").unlink(), "no backup that was completed"),
        (damage, "is damaged"),
    ],
)
def test_a_backup_that_is_not_whole_is_not_restored(
    lost: tuple[Site, Then], tmp_path: Path, spoil: Callable[[Site], None], words: str
) -> None:
    site, _ = lost
    assert backing_up.verify(site.backup).heads["approval"][0] >= 1
    manifest = (site.backup / "linkage.json").read_bytes()
    spoil(site)
    with pytest.raises(BackupUnusable, match=words):
        backing_up.restore(site.backup, tmp_path / "data", Target(), marked=False)
    (site.backup / "linkage.json").write_bytes(manifest)
    assert not (tmp_path / "data" / "postgres").exists()


def test_nothing_is_restored_over_databases_that_are_there_nor_to_a_time_without_the_log(
    lost: tuple[Site, Then], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = lost
    (site.data / "postgres").mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(backing_up, "verify", backing_up.read_manifest)  # the one before has damaged it
    with pytest.raises(BackupUnusable, match="move what is left of it away first"):
        linkage_command(site, monkeypatch, "restore", str(site.backup))
    monkeypatch.setenv("LINKAGE_DATA", str(site.data))
    monkeypatch.delenv("LINKAGE_WAL_ARCHIVE")
    words = ["backup", "restore", str(site.backup), "--until", "2026-01-01T00:00:00+08:00"]
    with pytest.raises(WronglyAsked, match="LINKAGE_WAL_ARCHIVE"):
        program(words)(words, standalone_mode=False)

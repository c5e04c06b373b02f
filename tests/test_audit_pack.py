"""The audit trail leaves as a pack that proves itself, is archived only when it is old, and is proven every night."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from events.database import connect
from services.access.audit import Act, Entry, Result, keep
from services.access.audit_archiving import archive
from services.access.audit_chain import link_once, verify
from services.access.audit_pack import ENTRIES, MANIFEST, faults_of, make
from services.access.audit_walks import walk_audit
from services.command_line import program
from services.tables.workbook import workbook_rows
from services.trouble import WronglyAsked
from tests.invented import MARKET_BUREAU
from tests.linkage import Linkage
from tests.nobody_named import named_in

SEEN = Entry(
    Act.REVEALED, "2042", "officer", MARKET_BUREAU, "POST /reveal", ["permit=p-1"], ["name", "identifier"],
    "现场检查核对",
)  # fmt: skip


@pytest.fixture
def supervision(linkage: Linkage) -> Iterator[psycopg.Connection]:
    for entry in (SEEN, Entry(Act.EXPORTED, "k-7"), Entry(Act.REFUSED, "2042", result=Result.REFUSED)):
        keep(linkage.supervision, entry)
    with connect(linkage.supervision_url, application="test") as connection:
        link_once(connection)
        yield connection


def changed(pack: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """Return a copy of a pack in which one file was changed, and the manifest made to fit it, as a forger does."""
    import hashlib

    forged = pack.with_name("forged.zip")
    forged.unlink(missing_ok=True)
    with zipfile.ZipFile(pack) as before, zipfile.ZipFile(forged, "x") as after:
        said = {one: before.read(one) for one in before.namelist()}
        said[name] = change(said[name])
        manifest = json.loads(said[MANIFEST])
        if name != MANIFEST:
            manifest["files"][name] = hashlib.sha256(said[name]).hexdigest()
        said[MANIFEST] = json.dumps(manifest).encode()
        for one, text in said.items():
            after.writestr(one, text)
    return forged


def test_a_pack_says_who_saw_which_kind_of_facts_on_what_basis_and_holds_none_of_them(
    supervision: psycopg.Connection, tmp_path: Path
) -> None:
    pack = make(supervision, "supervision", tmp_path / "pack.zip", None, None)
    assert (pack.entries, pack.after, pack.last) == (3, 0, 3)
    with zipfile.ZipFile(tmp_path / "pack.zip") as packed:
        packed.extract("audit.xlsx", tmp_path)
        assert [named_in(packed.read(name).decode(errors="replace")) for name in packed.namelist()] == [[], [], []]
    rows = [cells for _, cells in workbook_rows(tmp_path / "audit.xlsx", len)]
    assert rows[1][2:] == [
        "2042", "监管人员", MARKET_BUREAU, "显示隐去的个人信息", "POST /reveal", "permit=p-1", "姓名（名称）、证件号码",
        "《个人信息保护法》第十三条第一款第三项：为履行法定职责所必需", "现场检查核对", "已办", *rows[1][12:],
    ]  # fmt: skip
    assert faults_of(tmp_path / "pack.zip") == []


FORGED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "another caller": (ENTRIES, lambda said: said.replace(b"2042", b"2043", 1)),
    "another time": (ENTRIES, lambda said: said.replace(b'"at":"20', b'"at":"19', 1)),
    "an entry less": (ENTRIES, lambda said: b"".join(said.splitlines(keepends=True)[1:])),
    "the last one gone": (ENTRIES, lambda said: b"".join(said.splitlines(keepends=True)[:-1])),
    "another beginning": (MANIFEST, lambda said: said.replace(b"00" * 32, b"11" * 32, 1)),
    "no workbook": ("audit.xlsx", lambda said: b""),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_pack_does_not_prove_itself(supervision: psycopg.Connection, tmp_path: Path, how: str) -> None:
    make(supervision, "supervision", tmp_path / "pack.zip", None, None)
    name, change = FORGED[how]
    found = faults_of(changed(tmp_path / "pack.zip", name, change))
    # The workbook is for reading: whoever forges it with its manifest is caught by the digest that was told beside it.
    assert bool(found) == (how != "no workbook")
    assert faults_of(changed(tmp_path / "pack.zip", ENTRIES, lambda said: said)) == []


def test_only_what_is_older_than_180_days_leaves_the_database_and_its_links_stay(
    supervision: psycopg.Connection, linkage: Linkage, tmp_path: Path
) -> None:
    with pytest.raises(WronglyAsked, match="180"):
        archive(supervision, "supervision", tmp_path / "young.zip")
    grown_old(supervision, timedelta(days=181))
    keep(linkage.supervision, Entry(Act.EXPORTED, "k-8"))
    link_once(supervision)
    assert list(verify(supervision)) == []
    pack = archive(supervision, "supervision", tmp_path / "old.zip")
    assert (pack.entries, pack.last, faults_of(tmp_path / "old.zip")) == (3, 3, [])
    assert linkage.rows("SELECT caller FROM audit") == [("k-8",)]
    assert list(verify(supervision)) == []
    # Control: the same rows gone without the archive that says so are a hole each.
    supervision.execute("SET session_replication_role = replica; DELETE FROM audit_archives")
    assert [one.position for one in verify(supervision)] == [1, 2, 3]


def grown_old(connection: psycopg.Connection, by: timedelta) -> None:
    """Let all that is linked have been written long ago: chain and all, as it would stand there then."""
    from events.envelope import GENESIS, link

    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE audit SET at = at - %s", (by,))
    connection.execute("UPDATE audit_chain SET recorded_at = recorded_at - %s", (by,))
    previous = GENESIS
    for position, at, digest in connection.execute(
        "SELECT position, recorded_at, digest FROM audit_chain ORDER BY 1"
    ).fetchall():
        previous = link(previous, position, at, digest)
        connection.execute("UPDATE audit_chain SET hash = %s WHERE position = %s", (previous, position))
    connection.execute("UPDATE audit_head SET hash = %s", (previous,))
    connection.execute("SET session_replication_role = origin")


def test_an_end_that_was_cut_off_and_a_chain_made_anew_are_found_by_the_next_walk(
    supervision: psycopg.Connection,
) -> None:
    assert walk_audit(supervision)[0].faults == 0
    cut = "DELETE FROM audit_chain WHERE position = 3; DELETE FROM audit WHERE id = 3"
    supervision.execute(f"SET session_replication_role = replica; {cut}".encode())
    supervision.execute("UPDATE audit_head SET position = 2, hash = (SELECT hash FROM audit_chain WHERE position = 2)")
    assert list(verify(supervision)) == []  # by itself a shorter chain holds
    for _ in range(2):
        walked, named = walk_audit(supervision)
        assert [(one.position, one.kind) for one in named] == [(3, "hole")]
        assert walked.faults == 1


@pytest.fixture
def asked(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", linkage.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", linkage.supervision_url)
    monkeypatch.setattr("services.looking.open_journal", lambda *_, **__: None)  # it would last beyond the test

    def ask(*words: str) -> Any:
        return CliRunner().invoke(program(list(words)), list(words))

    return ask


def test_the_audit_administrator_reads_proves_and_hands_out_the_trail_by_command_and_that_is_written_down(
    supervision: psycopg.Connection, asked: Callable[..., Any], tmp_path: Path
) -> None:
    listed = asked("audit", "list", "--by", "9301", "--about", "p-1", "--json")
    assert [(one["caller"], one["act"]) for one in json.loads(listed.stdout)] == [("2042", "revealed")]
    assert asked("audit", "export", str(tmp_path / "p.zip"), "--by", "9301", "--since", "2020-01-01").exit_code == 0
    assert asked("audit", "verify", str(tmp_path / "p.zip")).stdout == "一致\n"
    assert json.loads(asked("audit", "list", "--by", "9301", "--until", "2020-01-01", "--json").stdout) == []
    reads = json.loads(asked("audit", "list", "--by", "9301", "--act", "audit_read", "--json").stdout)
    assert len(reads) == 4
    assert {one["place"] for one in reads} == {"linkage audit list", "linkage audit export"}
    assert asked("audit", "verify", "--side", "supervision").exit_code == 0
    supervision.execute("SET session_replication_role = replica; UPDATE audit SET caller = 'k-9' WHERE id = 2")
    broken = asked("audit", "verify", "--side", "supervision")
    assert (broken.exit_code, "position 2: digest" in broken.stdout) == (1, True)

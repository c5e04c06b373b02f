"""After a restore each key that the databases need and that is not here is named, with what follows from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from events import sealing
from events.database import connect
from events.proof.signing import Algorithm
from services import backing_up, backup_commands
from services.access.entrance_key import open_entrance_key
from services.approval.erasing import ask, consent
from services.backing_up import Manifest
from services.checkpoints.signing_keys import open_signing_key, replace_signing_key
from services.kept_keys import key_faults
from services.migrating import Side
from services.settings import read_settings
from services.webhooks import endpoints, sealing_key
from services.webhooks.saying import KINDS
from tests.invented import clinic, decision
from tests.linkage import MASTER, Linkage

NOW = datetime(2026, 11, 29, 4, tzinfo=UTC)
SIDES: tuple[Side, ...] = ("approval", "supervision")


@pytest.fixture
def kept(linkage: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Side, psycopg.Connection]]:
    """A site in whose databases each key was used, and the keys in its data folder."""
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path))
    for name in ("APPROVAL_DATABASE_URL", "SUPERVISION_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "master.key").write_text(MASTER.hex())
    linkage.publish(decision())
    with ExitStack() as leaving:
        urls = {"approval": linkage.approval_url, "supervision": linkage.supervision_url}
        opened: dict[Side, psycopg.Connection] = {
            side: leaving.enter_context(connect(urls[side], application="test")) for side in SIDES
        }
        for side, connection in opened.items():
            open_signing_key(tmp_path / f"signing-{side}.key", connection, f"{side}.invented", Algorithm.ED25519, NOW)
        account, entrance = uuid4(), open_entrance_key(tmp_path / "entrance.key")
        opened["approval"].execute(
            "INSERT INTO accounts (id, staff, role, second_factor, made_at, made_by) VALUES (%s, '0101', 'clerk', %s, "
            "now(), 'test')",
            (account, sealing.wrap(entrance, account, b"JBSWY3DPEHPK3PXP")),
        )
        hooks, body = sealing_key.read_or_make(tmp_path / "webhook.key"), "11990100MB0000001X"
        url, kinds = "https://hooks.invented.example/", KINDS["supervision"]
        endpoints.register(opened["supervision"], hooks, body, url, kinds, "v1", "0101", NOW)
        row = opened["approval"].execute("SELECT party FROM parties").fetchone()
        assert row is not None
        ask(opened["approval"], row[0], "许可已注销满五年", "9001")
        consent(opened["approval"], MASTER, row[0], "9002", tmp_path / "erasures.jsonl", False)
        linkage.publish(decision(permit_number="批-2", party=clinic()))
        yield opened


def test_with_every_key_in_its_place_nothing_is_missing(kept: dict[Side, psycopg.Connection]) -> None:
    assert list(key_faults(read_settings(), kept)) == []


@pytest.mark.parametrize(
    ("file", "says", "follows"),
    [
        ("master.key", "the master key .* is gone", "the approval side does not start"),
        ("signing-approval.key", "the signing key .* is gone", "no checkpoint of approval is signed"),
        ("signing-supervision.key", "the signing key .* is gone", "no checkpoint of supervision is signed"),
        ("entrance.key", "the key of the entrance .* is gone", "nobody with a one-time code gets in to approval"),
        ("webhook.key", "the key of the webhooks' secrets .* is gone", "every webhook of supervision waits"),
        ("erasures.jsonl", "the register of erasures .* lacks 1 ", "who was erased since the backup can be read again"),
    ],
)
def test_a_key_that_was_not_put_back_is_named_with_what_follows(
    kept: dict[Side, psycopg.Connection], tmp_path: Path, file: str, says: str, follows: str
) -> None:
    (tmp_path / file).unlink()
    (fault,) = key_faults(read_settings(), kept)
    assert re.search(says, fault), fault
    assert fault.endswith(f"(until then {follows})")
    assert file in fault
    assert not (tmp_path / file).exists(), "none is made in its place"


def another_signing_key(folder: Path, kept: dict[Side, psycopg.Connection]) -> None:
    key = folder / "signing-approval.key"
    before = key.read_text()
    replace_signing_key(key, kept["approval"], "approval.invented", Algorithm.ED25519, NOW)
    key.write_text(before)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder, _: (folder / "master.key").write_text("0f1e2d3c4b5a6978" * 4), "is not the one"),
        (
            lambda folder, _: (folder / "entrance.key").write_text("0f1e2d3c4b5a6978" * 4),
            "is not the key that one-time",
        ),
        (lambda folder, _: (folder / "webhook.key").write_text("0f1e2d3c4b5a6978" * 4), "is not the one that they"),
        (another_signing_key, "is not the key that this side signs with"),
    ],
)
def test_the_key_of_another_site_or_an_older_one_is_named(
    kept: dict[Side, psycopg.Connection],
    tmp_path: Path,
    spoil: Callable[[Path, dict[Side, psycopg.Connection]], object],
    says: str,
) -> None:
    spoil(tmp_path, kept)
    (fault,) = key_faults(read_settings(), kept)
    assert says in fault


def test_databases_that_used_no_key_ask_for_none(
    linkage: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: a site that has no accounts, webhooks, checkpoints or erasures is not sent to look for their keys."""
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path))
    with (
        connect(linkage.approval_url, application="test") as approval,
        connect(linkage.supervision_url, application="test") as supervision,
    ):
        assert list(key_faults(read_settings(), {"approval": approval, "supervision": supervision})) == []
    assert not (tmp_path / "entrance.key").exists()


def test_a_backup_names_what_is_kept_apart_from_it_and_what_of_that_is_not_here(
    kept: dict[Side, psycopg.Connection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(
        backing_up, "make", lambda *_: Manifest("0", "", {"approval": (2, "ab"), "supervision": (0, "")})
    )
    (tmp_path / "signing-approval.key").unlink()
    backup_commands.make(tmp_path / "copy")
    said = capsys.readouterr().out
    for file in ("master.key", "signing-supervision.key", "entrance.key", "webhook.key", "erasures.jsonl"):
        assert f": {tmp_path / file}\n" in said
    assert f"{tmp_path / 'signing-approval.key'}（此处没有）\n" in said
    backup_commands.make(tmp_path / "copy", as_json=True)
    apart = json.loads(capsys.readouterr().out)["apart"]
    assert len(apart) == 6
    # A copy is made also where a setting is missing with which no part would start.
    monkeypatch.setenv("LINKAGE_MODE", "production")
    backup_commands.make(tmp_path / "copy")
    assert capsys.readouterr().out.count(": 未设置位置\n") == 3
    monkeypatch.setenv("LINKAGE_MODE", "trial")
    # Control: where no key of the entrance and of webhooks was ever made, nobody is told to keep one.
    for file in ("entrance.key", "webhook.key", "erasures.jsonl"):
        (tmp_path / file).unlink()
    backup_commands.make(tmp_path / "copy", as_json=True)
    assert len(json.loads(capsys.readouterr().out)["apart"]) == 3

"""A checkpoint that an authority has stamped was there at the time that it says; without one nothing waits."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rfc3161_client import decode_timestamp_response
from typer.testing import CliRunner

from services.alert_conditions import Own, conditions, look
from services.checkpoints.own import newest_signed
from services.checkpoints.stamping import LARGEST, Stamper
from services.checkpoints.stamps import newest_stamp, stamp_faults, stamping, unstamped_since
from services.checkpoints.time_stamps import StampWrong, ask, check, read_certificates
from services.command_line import program
from services.databases import Databases as Opened
from services.migrating import Side
from services.pages.checkpoint_words import checkpoints_told
from services.parts_by_the_clock import stamping as stamping_part
from services.proof_file.reading import check_file
from services.settings import SettingsWrong, read_settings
from services.time_rules import read_time_rules
from services.trouble import WronglyAsked
from tests.conftest import Databases
from tests.signing_town import SigningTown, blind, exported, rewrite
from tests.stamp_authorities import StampAuthority, make_authority, stamp_authority
from tests.verifier import verifier

HOUR = timedelta(hours=1)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[StampAuthority]:
    with stamp_authority(tmp_path / "tsa") as made:
        yield made


def stamper(signing_town: SigningTown, authority: StampAuthority, **changed: Any) -> Stamper:
    believed = changed.pop("believed", authority)
    certificates = partial(read_certificates, believed.certificates)
    url = changed.pop("url", authority.url)
    return Stamper("", "approval", url, certificates, HOUR, lambda _: signing_town.approval.now, **changed)


def test_a_checkpoint_is_stamped_once_an_hour_and_only_when_something_was_recorded(
    signing_town: SigningTown, authority: StampAuthority
) -> None:
    connection, one = signing_town.approval.connection, stamper(signing_town, authority)
    assert one.turn(connection) is False, "nothing is signed yet"
    signing_town.decide()
    signing_town.minute()
    assert (one.turn(connection), one.turn(connection)) == (True, False)
    stamp, signed = newest_stamp(connection), newest_signed(connection)
    assert stamp is not None
    assert signed is not None
    assert (stamp.size, stamp.note) == (signed.size, signed.newest_note)
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=2)
    assert stamp.by == "CN=invented authority"
    signing_town.decide()
    signing_town.minute()
    assert one.turn(connection) is False, "within the hour"
    signing_town.approval.now += HOUR
    assert one.turn(connection) is True
    signing_town.approval.now += HOUR
    assert (one.turn(connection), authority.asked) == (False, 2), "nothing was recorded"
    assert list(stamp_faults(connection, read_certificates(authority.certificates))) == []


@pytest.mark.parametrize(
    ("answers", "reason"),
    [(503, "http 503"), (301, "http 301"), (b"junk", "unreadable"), (b"\x30" + b"0" * LARGEST, "unreadable")],
    ids=["503", "redirect", "junk", "endless"],
)
def test_a_failing_authority_is_told_asked_later_again_and_holds_up_no_checkpoint(
    signing_town: SigningTown, authority: StampAuthority, answers: int | bytes, reason: str
) -> None:
    connection, one = signing_town.approval.connection, stamper(signing_town, authority)
    authority.answers = [answers]
    signing_town.decide()
    signing_town.minute()
    assert one.turn(connection) is False
    failed = stamping(connection)
    assert failed is not None
    assert (failed.reason, failed.failing_since) == (reason, signing_town.approval.now)
    told = checkpoints_told(connection, "approval")[0]
    assert (told.light, told.acts != []) == ("yellow", True)
    signing_town.decide()
    signing_town.minute()
    assert newest_signed(connection) is not None
    assert newest_signed(connection).size == 2  # type: ignore[union-attr]
    assert (one.turn(connection), authority.asked) == (False, 1), "not in a loop"
    signing_town.approval.now += timedelta(minutes=5)
    assert one.turn(connection) is True
    healed = stamping(connection)
    assert healed is not None
    assert healed.failing_since is None


def test_an_authority_that_is_away_is_told_as_such(signing_town: SigningTown, authority: StampAuthority) -> None:
    signing_town.decide()
    signing_town.minute()
    connection = signing_town.approval.connection
    assert stamper(signing_town, authority, url="http://127.0.0.1:1/tsa").turn(connection) is False
    assert stamping(connection).reason == "away"  # type: ignore[union-attr]


def alerted(signing_town: SigningTown) -> list[str]:
    """Return what operators are told about stamps now: by the product's own alerts and, the same, by the metric."""
    connection, now = signing_town.approval.connection, signing_town.approval.now
    facts = look(connection, "approval", "told", None, lambda _: Own(None), read_time_rules(connection).calendar, now)
    found = [one.said for one in conditions(facts) if one.alert == "LinkageStampsFailing"]
    since = unstamped_since(connection, now)
    assert [since] * len(found) == ([since] if since else [])
    return found


def test_operators_are_told_since_when_there_is_no_stamp_until_there_is_one_or_nobody_asks(
    signing_town: SigningTown, authority: StampAuthority
) -> None:
    connection, one = signing_town.approval.connection, stamper(signing_town, authority)
    signing_town.decide()
    signing_town.minute()
    assert alerted(signing_town) == []
    authority.answers = [503] * 7
    for _ in range(7):
        assert one.turn(connection) is False
        signing_town.approval.now += timedelta(minutes=5)
    assert alerted(signing_town) == ["35 分 0 秒以来检查点得不到时间戳"]
    # The negative control: by the last try alone it would be five minutes, and no alert that waits half an hour.
    assert signing_town.approval.now - stamping(connection).tried_at == timedelta(minutes=5)  # type: ignore[union-attr]
    assert one.turn(connection) is True
    assert alerted(signing_town) == []
    signing_town.approval.now += HOUR
    signing_town.decide()
    signing_town.minute()
    authority.answers = [503]
    assert one.turn(connection) is False
    assert len(alerted(signing_town)) == 1
    signing_town.approval.now += HOUR
    assert alerted(signing_town) == [], "a site that took its authority away is not reminded of it for ever"


def test_another_ones_stamp_an_old_one_and_one_of_another_note_are_not_kept(
    signing_town: SigningTown, authority: StampAuthority, tmp_path: Path
) -> None:
    connection = signing_town.approval.connection
    signing_town.decide()
    signing_town.minute()
    signed = newest_signed(connection)
    assert signed is not None
    stranger = make_authority(tmp_path / "stranger", "somebody else")
    assert stamper(signing_town, authority, believed=stranger).turn(connection) is False
    assert stamping(connection).reason == "not_believed"  # type: ignore[union-attr]
    for replay in (ask(signed.newest_note), ask("another note\n")):
        signing_town.approval.now += timedelta(minutes=5)
        authority.answers = [authority.reply(replay.request)]
        assert stamper(signing_town, authority).turn(connection) is False
        assert stamping(connection).reason == "not_ours"  # type: ignore[union-attr]
    assert newest_stamp(connection) is None


def test_a_stamp_holds_for_its_note_alone_and_a_check_that_asks_nobody_believes_all(
    authority: StampAuthority, tmp_path: Path
) -> None:
    believed = read_certificates(authority.certificates)
    stranger = read_certificates(make_authority(tmp_path / "stranger", "somebody else").certificates)
    asked = ask("a note\n")
    answer = authority.reply(asked.request)
    assert check(answer, "a note\n", believed, asked.nonce).by == "CN=invented authority"
    for note, who, nonce, reason in (
        ("another note\n", believed, asked.nonce, "not_ours"),
        ("a note\n", believed, asked.nonce + 1, "not_ours"),
        ("a note\n", stranger, asked.nonce, "not_believed"),
    ):
        with pytest.raises(StampWrong) as wrong:
            check(answer, note, who, nonce)
        assert wrong.value.reason == reason
    # Every single byte matters: no flipped one passes for a stamp of another time or note.
    passed = []
    for at in range(0, len(answer), 7):
        spoiled = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]
        try:
            found = check(spoiled, "a note\n", believed)
        except StampWrong:
            continue
        passed.append(found)
    assert all(one.at == check(answer, "a note\n", believed).at for one in passed)
    # Negative control: who looks at digest, nonce and name alone takes a forger's stamp for one.
    forged = make_authority(tmp_path / "forger", "invented authority").reply(asked.request)
    said = decode_timestamp_response(forged).tst_info
    assert (said.message_imprint.message, said.nonce) == (hashlib.sha256(b"a note\n").digest(), asked.nonce)
    with pytest.raises(StampWrong, match="not_believed"):
        check(forged, "a note\n", believed, asked.nonce)


def test_an_exported_file_bears_the_stamp_and_both_verifiers_check_it(
    signing_town: SigningTown, authority: StampAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = signing_town.approval.connection
    signing_town.decide(2)
    signing_town.minute()
    assert stamper(signing_town, authority).turn(connection)
    signing_town.decide(2)
    signing_town.minute()
    content, key = exported(signing_town, first=1, last=1)
    assert len(check_file(content, [key]).stamps) == 1
    assert "未核验" in verifier().check(content, [key])[0]
    assert "UTC 已有时间戳" in verifier().check(content, [key], authorities=authority.certificates.read_bytes())[0]
    stranger = make_authority(tmp_path / "stranger", "somebody else")
    with pytest.raises(verifier().Wrong, match="时间戳不对"):
        verifier().check(content, [key], authorities=stranger.certificates.read_bytes())
    bare, _ = exported(signing_town, first=4, last=4)
    assert b'"stamps"' not in bare, "recorded after the stamp"

    file = tmp_path / "proof.jsonl"
    file.write_bytes(content)
    words = ["verify", str(file), "--key", key, "--json"]
    unchecked = CliRunner().invoke(program(words), words)
    assert json.loads(unchecked.stdout)["stamps"][0]["at"] is None
    monkeypatch.setenv("LINKAGE_TSA_CERTIFICATES_FILE", str(authority.certificates))
    said = json.loads(CliRunner().invoke(program(words), words).stdout)
    assert (said["holds"], said["stamps"][0]["by"]) == (True, "CN=invented authority")
    monkeypatch.setenv("LINKAGE_TSA_CERTIFICATES_FILE", str(stranger.certificates))
    refused = CliRunner().invoke(program(words), words)
    assert (refused.exit_code, json.loads(refused.stdout)["stamps"][0]["wrong"]) == (1, "not_believed")


def test_a_ledger_rewritten_after_the_stamp_does_not_agree_with_it(
    signing_town: SigningTown, authority: StampAuthority
) -> None:
    connection = signing_town.approval.connection
    signing_town.decide(2)
    signing_town.minute()
    assert stamper(signing_town, authority).turn(connection)
    believed = read_certificates(authority.certificates)
    rewrite(connection, 1)
    connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    blind(signing_town.approval)
    signing_town.minute()
    assert list(stamp_faults(connection, believed)) == [(2, "rewritten")]
    content, key = exported(signing_town)
    with pytest.raises(verifier().Wrong, match="接不上"):
        verifier().check(content, [key])


def test_the_worker_is_there_where_an_authority_is_named_and_what_it_lacks_is_said_at_the_start(
    authority: StampAuthority, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    both: tuple[Side, ...] = "approval", "supervision"
    urls: dict[Side, str] = {"approval": databases.approval_url, "supervision": databases.supervision_url}
    opened = Opened(urls, urls, {}, embedded=False)
    assert [one for side in both for one in stamping_part(side, read_settings(), opened)] == []
    monkeypatch.setenv("LINKAGE_TSA_URL", authority.url)
    monkeypatch.setenv("LINKAGE_TSA_CERTIFICATES_FILE", str(authority.certificates))
    names = [one.name for side in both for one in stamping_part(side, read_settings(), opened)]
    assert names == ["approval-stamps", "supervision-stamps"]
    monkeypatch.setenv("LINKAGE_TSA_CERTIFICATES_FILE", str(authority.folder / "tsa.key"))
    with pytest.raises(WronglyAsked, match="holds no certificate"):
        stamping_part("approval", read_settings(), opened)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(WronglyAsked, match="linkage\\[tsa\\]"):
        stamping_part("approval", read_settings(), opened)


def test_a_site_that_names_an_authority_says_whom_it_believes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKAGE_TSA_URL", "https://tsa.invented.example/stamp")
    with pytest.raises(SettingsWrong, match="LINKAGE_TSA_CERTIFICATES_FILE"):
        read_settings()
    monkeypatch.setenv("LINKAGE_TSA_CERTIFICATES_FILE", "/invented/ca.pem")
    assert read_settings().tsa_minutes == 60

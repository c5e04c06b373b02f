"""An operator makes, replaces and revokes keys by command; each act is in the audit trail, and no secret is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from events.proof.signing import Algorithm, signer
from services.approval.batch_signature import sign
from services.approval.http import Office, application, key_token
from services.command_line import program
from tests.guarded_site import GuardedSite, shown
from tests.invented import BODY, decision
from tests.linkage import MASTER, Linkage

ADD = ("keys", "add", "--side", "approval", "--name", "许可系统", "--action", "read-decisions", "--by", "9301")
MINE = {"body": BODY}


@pytest.fixture
def asked(linkage: Linkage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    (tmp_path / "master.key").write_text(MASTER.hex())
    monkeypatch.setenv("LINKAGE_MASTER_KEY_FILE", str(tmp_path / "master.key"))
    monkeypatch.setenv("APPROVAL_DATABASE_URL", linkage.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", linkage.supervision_url)
    for module in ("services.looking", "services.file_commands"):
        monkeypatch.setattr(f"{module}.open_journal", lambda *_, **__: None)  # it would last beyond the test

    def ask(*words: str) -> Any:
        return CliRunner().invoke(program(list(words)), list(words))

    return ask


def test_a_key_is_made_replaced_and_revoked_by_command(linkage: Linkage, asked: Callable[..., Any]) -> None:
    site = GuardedSite(linkage)

    def opens(key: str) -> bool:
        return site.approval.get("/api/v1/decisions", params=MINE, headers=shown(key)).status_code == 200

    made = json.loads(asked(*ADD, "--body", BODY, "--json").stdout)
    assert opens(made["key"])
    replacing = asked("keys", "rotate", made["id"], "--side", "approval", "--by", "9301").stdout.split()[0]
    assert [opens(made["key"]), opens(replacing)] == [True, True]
    assert "2 valid keys" in str(asked(*ADD, "--body", BODY).exception)
    assert asked("keys", "revoke", made["id"], "--side", "approval", "--by", "9301").exit_code == 0
    assert [opens(made["key"]), opens(replacing)] == [False, True]
    listed = asked("keys", "list", "--side", "approval", "--json").stdout
    assert sorted(one["state"] for one in json.loads(listed)) == ["revoked", "valid"]
    said = linkage.rows("SELECT place, caller, array_to_string(objects, ' ') FROM audit ORDER BY id", side="approval")
    acts = [one for one in said if one[0].startswith("linkage keys")]
    assert [(place, by) for place, by, _ in acts] == [
        (f"linkage keys {a}", "9301") for a in ("add", "rotate", "revoke")
    ]
    for text in (listed, str(said)):
        assert made["key"].split("_")[2] not in text


def test_a_key_says_whose_it_is(asked: Callable[..., Any]) -> None:
    assert "say whose it is" in str(asked(*ADD).exception)
    assert "say whose it is" in str(asked(*ADD, "--body", BODY, "--service").exception)
    assert "18 letters" in str(asked(*ADD, "--body", "1").exception)
    bound = asked(*ADD, "--body", BODY, "--certificate", "permits.haizhou.example")
    assert (bound.exit_code, "lk_" in bound.stdout) == (0, False)


def test_a_bureaus_public_key_is_registered_and_one_of_its_decisions_proven_by_command(
    linkage: Linkage, asked: Callable[..., Any], tmp_path: Path
) -> None:
    private = Ed25519PrivateKey.generate()
    pem = tmp_path / "our.pem"
    pem.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    registered = asked("signing-keys", "add", str(pem), "--body", BODY, "--by", "9301", "--json")
    (listed,) = json.loads(asked("signing-keys", "list", "--json").stdout)
    assert json.loads(registered.stdout)["key"] == listed["key"]
    own = signer(BODY, Algorithm.ED25519, private.private_bytes_raw(), linkage.now())
    assert own.key.id == listed["key"]
    item = decision().model_dump(mode="json")
    client = TestClient(application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER))))
    answer = client.post("/api/v1/decisions", json=item, headers={"Linkage-Signature": sign(own, BODY, [item])})
    assert answer.status_code == 201, answer.text
    kept, other = tmp_path / "item.json", tmp_path / "other.json"
    kept.write_text(json.dumps(item, ensure_ascii=False, indent=2))
    other.write_text(json.dumps(item | {"content": "另一内容"}))
    prove = ("signing-keys", "prove", answer.json()["permit"], "1", "--item")
    proof = asked(*prove, str(kept))
    assert (proof.exit_code, json.loads(proof.stdout)["item_holds"]) == (0, True)
    assert asked(*prove, str(other)).exit_code == 1
    assert asked("signing-keys", "revoke", listed["key"], "--by", "9301").exit_code == 0
    assert asked("signing-keys", "revoke", listed["key"], "--by", "9301").exit_code == 1

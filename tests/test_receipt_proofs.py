"""The receipt of a push bears its own proof, as soon as a checkpoint covers it: over the API, on paper, as a file."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import orjson
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from events.proof.spoken import of_base64
from events.proof.tree import included, leaf_hash
from services import looking
from services.command_line import program
from services.proof_file.reading import NotProven, check_file
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision
from tests.signing_town import SigningTown, leaves_of
from tests.test_officers_pages import browser, does
from tests.verifier import verifier

AS_JSON = {"accept": "application/json"}


@pytest.fixture
def officer(signing_town: SigningTown) -> TestClient:
    client: TestClient = browser(signing_town.linkage)
    return client


@pytest.fixture
def permit(signing_town: SigningTown) -> UUID:
    (granted,) = signing_town.linkage.publish(decision())
    signing_town.linkage.number_pushes()
    assert granted.permit is not None
    return granted.permit


def address(permit: UUID, department: str = MARKET_BUREAU) -> str:
    return f"/api/v1/permits/{permit}/pushes/1/{department}/proof"


def test_push_and_signature_are_proven_by_one_file_alone_when_a_checkpoint_covers_them(
    signing_town: SigningTown, officer: TestClient, permit: UUID
) -> None:
    early = officer.get(address(permit), headers=AS_JSON)
    assert (early.status_code, early.json()["code"]) == (409, "not_signed_yet")
    cases = officer.get(f"/api/v1/permits/{permit}/cases", headers=AS_JSON).json()["cases"]
    assert {case["proof"] for case in cases} == {None}
    signing_town.minute()
    does(officer, one=f"sign:{permit}@1")
    signing_town.linkage.number_pushes()
    by_now = officer.get(address(permit), headers=AS_JSON).json()
    assert [one["type"] for one in by_now["records"]] == ["push_made"], "the signature comes with the next checkpoint"
    signing_town.minute()
    said = officer.get(address(permit), headers=AS_JSON)
    (key,) = officer.get("/api/v1/signing-keys", headers=AS_JSON).json()["own"]
    words, _ = verifier().check(said.content, [key["id"]])
    assert f"许可 {permit} 的推送" in words
    assert f"签收（第 {said.json()['records'][1]['position']} 号），部门 {MARKET_BUREAU}" in words
    assert check_file(said.content, [key["id"]]).records == 2
    for before, after in ((b'\\"0102\\"', b'\\"0103\\"'), (MARKET_BUREAU.encode(), HEALTH_BUREAU.encode())):
        assert before in said.content
        changed = said.content.replace(before, after)
        with pytest.raises(verifier().Wrong):
            verifier().check(changed, [key["id"]])
        with pytest.raises(NotProven):
            check_file(changed, [key["id"]])
    beside = officer.get(address(permit, HEALTH_BUREAU), headers=AS_JSON)
    assert "尚无回执" in verifier().check(beside.content, [key["id"]])[0]
    for nothing in (address(permit).replace("pushes/1", "pushes/9"), address(permit, "11990100MB0000103C")):
        assert officer.get(nothing, headers=AS_JSON).status_code == 404


def test_the_proof_beside_each_case_leads_from_its_leaf_to_the_signed_root(
    signing_town: SigningTown, officer: TestClient, permit: UUID
) -> None:
    does(officer, one=f"sign:{permit}@1")
    signing_town.linkage.number_pushes()
    signing_town.minute()
    cases = officer.get(f"/api/v1/permits/{permit}/cases", headers=AS_JSON).json()["cases"]
    assert {len(case["proof"]["records"]) for case in cases} == {1, 2}, "only one of the two has signed"
    leaves = leaves_of(signing_town.supervision.connection)
    for case in cases:
        checkpoint = case["proof"]["checkpoint"]
        root = bytes.fromhex(checkpoint["root"])
        for one in case["proof"]["records"]:
            leaf, path = leaf_hash(leaves[one["index"]]), of_base64(one["path"])
            assert included(leaf, one["index"], checkpoint["size"], path, root)
            assert not included(leaf_hash(b"another"), one["index"], checkpoint["size"], path, root)


def test_the_printed_receipt_bears_index_path_and_root_and_says_what_still_waits(
    signing_town: SigningTown, officer: TestClient, permit: UUID
) -> None:
    sheet = f"/permits/{permit}/pushes/1/{MARKET_BUREAU}/receipt"
    assert "存证证明" not in officer.get(sheet).text
    signing_town.minute()
    does(officer, one=f"sign:{permit}@1")
    assert "另有 1 步刚刚登记" in officer.get(sheet).text
    signing_town.linkage.number_pushes()
    signing_town.minute()
    proof = officer.get(f"/api/v1/permits/{permit}/cases", headers=AS_JSON).json()["cases"][0]["proof"]
    paper = officer.get(sheet).text
    assert "刚刚登记" not in paper
    assert proof["checkpoint"]["root"] in paper
    for one in proof["records"]:
        assert f"叶号 {one['index']}，校验值 {one['digest']}" in paper
        assert " ".join(one["path"]).replace("+", "&#43;") in paper.replace("+", "&#43;")


def test_a_receipt_is_taken_out_by_command(
    signing_town: SigningTown, permit: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", signing_town.linkage.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", signing_town.linkage.supervision_url)
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(looking, "open_journal", lambda *_, **__: None)
    words = ["cases", "proof", MARKET_BUREAU, str(permit), str(tmp_path / "receipt.json")]
    assert CliRunner().invoke(program(words), words).exit_code != 0
    signing_town.minute()
    assert CliRunner().invoke(program(words), words).exit_code == 0
    content = (tmp_path / "receipt.json").read_bytes()
    assert check_file(content).records == 1
    assert orjson.loads(content)["format"] == "linkage-receipt/2"

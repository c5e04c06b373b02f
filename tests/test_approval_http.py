"""The approval side over HTTP, as a bureau's own system calls it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.approval.decision import Kind
from services.approval.http import Office, application, key_token
from tests.invented import decision
from tests.linkage import MASTER, Linkage


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER))))


def stated(**changes: Any) -> dict[str, Any]:
    return decision(**changes).model_dump(mode="json")


def test_one_decision_is_answered_with_its_event_and_what_to_wait_for(bureau: TestClient) -> None:
    answer = bureau.post("/api/v1/decisions", json=stated())
    assert answer.status_code == 201
    said = answer.json()
    assert said["type"] == "permit_granted"
    assert said["wait_for"] == f"{said['permit']}@1"
    assert bureau.get(f"/api/v1/permits/{said['permit']}").json()["status"] == "valid"


def test_a_repeat_with_the_same_key_gets_the_first_answer_and_records_nothing(
    bureau: TestClient, linkage: Linkage
) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = bureau.post("/api/v1/decisions", json=stated(), headers=headers).json()
    again = bureau.post("/api/v1/decisions", json=stated(), headers=headers)
    assert again.status_code == 201
    assert again.json() == first | {"repeated": True}
    assert linkage.rows("SELECT count(*) FROM outbox", side="approval") == [(1,)]
    other = bureau.post("/api/v1/decisions", json=stated(remark="另一内容"), headers=headers)
    assert other.json()["code"] == "same_key_other_content"


def test_each_decision_of_a_batch_has_its_own_outcome_and_the_good_ones_go_through(bureau: TestClient) -> None:
    batch = [stated(permit_number="A1"), stated(permit_number="A1"), {"kind": "核发"}, stated(permit_number="A2")]
    answer = bureau.post("/api/v1/decisions", json={"decisions": batch})
    said = answer.json()
    assert (answer.status_code, said["accepted"], said["refused"]) == (200, 2, 2)
    assert [outcome.get("rule") for outcome in said["outcomes"]] == [None, "already_granted", "invalid_request", None]
    assert "缺少此项" in said["outcomes"][2]["text"]


def test_a_refusal_names_its_rule_in_chinese_and_says_what_to_do(bureau: TestClient) -> None:
    answer = bureau.post("/api/v1/decisions", json=stated(kind=Kind.RENEW))
    said = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (said["code"], said["field"]) == ("unknown_permit", "permit_number")
    assert said["detail"] == "没有找到该许可编号的核发记录。"
    assert said["what_to_do"]


def test_more_than_a_thousand_at_once_is_refused_with_the_number_allowed(bureau: TestClient) -> None:
    answer = bureau.post("/api/v1/decisions", json={"decisions": [{}] * 1001})
    assert answer.status_code == 422
    assert "1000" in answer.json()["detail"]


def test_a_body_that_is_no_json_is_refused_and_its_value_is_not_repeated(bureau: TestClient) -> None:
    answer = bureau.post("/api/v1/decisions", content=b"\xff{")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


def test_a_wrong_value_is_named_by_its_field_and_never_repeated(bureau: TestClient) -> None:
    wrong = stated() | {"region_code": "99SECRET"}
    answer = bureau.post("/api/v1/decisions", json=wrong)
    assert "region_code" in answer.json()["detail"]
    assert "SECRET" not in answer.text


def test_a_wrong_file_is_taken_back_as_one_batch(bureau: TestClient) -> None:
    batch = "0b8f1bb2-53c7-4be2-9d4e-6b3a3a6f0001"
    granted = bureau.post("/api/v1/decisions", json=stated(batch=batch)).json()
    answer = bureau.post(f"/api/v1/batches/{batch}/withdrawal", json={"reason": "选错了文件"}).json()
    assert answer == {"withdrawn": 1, "kept": []}
    assert bureau.get(f"/api/v1/permits/{granted['permit']}").json()["status"] == "retracted"


def test_keys_are_handed_to_the_supervision_side_only(bureau: TestClient, linkage: Linkage) -> None:
    bureau.post("/api/v1/decisions", json=stated())
    ((party,),) = linkage.rows("SELECT party FROM parties", side="approval")
    asked = {"parties": [str(party)]}
    assert bureau.post("/internal/v1/subject-keys", json=asked).status_code == 403
    headers = {"Authorization": f"Bearer {key_token(MASTER)}"}
    keys = bureau.post("/internal/v1/subject-keys", json=asked, headers=headers).json()
    assert len(bytes.fromhex(keys[str(party)])) == 32

"""Penalties over HTTP, as a department's own system calls it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.supervision.office import Office
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.penalties import DirectRegister, stated
from tests.supervision_web import web

PATH = "/api/v1/penalties"


@pytest.fixture
def department(linkage: Linkage) -> TestClient:
    linkage.duties(duty())
    return TestClient(web(linkage))


def said(**changes: Any) -> dict[str, Any]:
    return stated(**changes).model_dump(mode="json")


def test_one_penalty_is_answered_with_its_events_and_read_with_its_permits(
    department: TestClient, linkage: Linkage
) -> None:
    (granted,) = linkage.publish(decision())
    answer = department.post(PATH, json=said())
    assert answer.status_code == 201
    assert [event["type"] for event in answer.json()["events"]] == ["penalty_imposed", "penalty_matched"]
    read = department.get(f"{PATH}/{answer.json()['penalty']}").json()
    assert [(one["permit"], one["how"]) for one in read["permits"]] == [(str(granted.permit), "certificate")]
    assert (read["status_in_words"], read["settled"], read["waiting"]) == ("执行有效", True, None)
    assert read["facts"]["fine"] == "0.2"


def test_each_penalty_of_a_batch_has_its_own_outcome(department: TestClient) -> None:
    batch = [said(document_number="1"), said(document_number="2", fine="2000"), {"document_number": "3"}]
    answer = department.post(PATH, json={"penalties": batch})
    assert (answer.status_code, answer.json()["accepted"], answer.json()["refused"]) == (200, 1, 2)
    assert [one.get("rule") for one in answer.json()["outcomes"]] == [None, "amount_in_yuan", "invalid_request"]


def test_a_refusal_names_its_rule_in_chinese_and_says_what_to_do(department: TestClient) -> None:
    answer = department.post(PATH, json=said(fine="2000"))
    assert (answer.status_code, answer.json()["field"]) == (422, "fine")
    assert "应填 0.2" in answer.json()["detail"]
    assert answer.json()["what_to_do"]


def test_while_nobody_says_who_the_party_is_the_answer_is_to_send_it_again(
    department: TestClient, linkage: Linkage
) -> None:
    office: Office = department.app.state.office  # type: ignore[attr-defined]
    register = office.penalties.register
    assert isinstance(register, DirectRegister)
    register.away = True
    for body in (said(), {"penalties": [said(), said(document_number="2")]}):
        answer = department.post(PATH, json=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 503
    register.away = False
    assert department.post(PATH, json=said(), headers={"Idempotency-Key": "k"}).status_code == 201


def test_a_penalty_is_amended_repaired_and_annulled_and_each_step_is_refused_when_it_is_too_late(
    department: TestClient,
) -> None:
    penalty = f"{PATH}/{department.post(PATH, json=said()).json()['penalty']}"
    changed = {
        "penalty": said(fine="0.1", content=""),
        "reason": "复议变更",
        "amended_on": "2026-11-24",
        "officer": "S",
    }
    assert department.post(f"{penalty}/amendment", json=changed).status_code == 201
    assert department.get(penalty).json()["facts"]["fine"] == "0.1"
    repaired = {"reason": "已履行", "repaired_on": "2026-11-24", "officer": "S"}
    assert department.post(f"{penalty}/repair", json=repaired).status_code == 201
    annulled = {"reason": "复议撤销", "annulled_on": "2026-11-24", "officer": "S"}
    assert department.post(f"{penalty}/annulment", json=annulled, headers={"Idempotency-Key": "a"}).status_code == 201
    again = department.post(f"{penalty}/annulment", json=annulled, headers={"Idempotency-Key": "a"})
    assert (again.status_code, again.json()["repeated"]) == (201, True)
    late = department.post(f"{penalty}/repair", json=repaired)
    assert (late.status_code, late.json()["code"]) == (422, "not_in_force")
    assert "已撤销" in late.json()["detail"]


def test_what_seeks_a_permit_is_listed_with_its_owner_and_confirmed(department: TestClient, linkage: Linkage) -> None:
    (granted,) = linkage.publish(decision())
    penalty = department.post(PATH, json=said(certificates="JY2990102000001")).json()["penalty"]
    (waiting,) = department.get(f"{PATH}/unmatched", params={"department": MARKET_BUREAU}).json()["unmatched"]
    assert (waiting["penalty"], waiting["owner"]) == (penalty, "海州市市场监督管理局")
    assert waiting["candidates"][0]["permit"] == str(granted.permit)
    assert department.get(f"{PATH}/unmatched", params={"department": "else"}).json()["unmatched"] == []
    confirmed = {"permits": [str(granted.permit)], "officer": "S-0417"}
    assert department.post(f"{PATH}/{penalty}/permits", json=confirmed).status_code == 201
    assert department.get(f"{PATH}/unmatched").json()["unmatched"] == []


def test_penalties_are_paged_newest_first_and_filtered(department: TestClient, linkage: Linkage) -> None:
    (granted,) = linkage.publish(decision())
    for number in range(5):
        department.post(PATH, json=said(document_number=str(number), certificates="" if number else "X0000001"))
    numbers, cursor = [], None
    while True:
        page = department.get(PATH, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        numbers += [one["facts"]["document_number"] for one in page["penalties"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert numbers == ["4", "3", "2", "1", "0"]
    (party,) = {one["facts"]["party"]["party_id"] for one in department.get(PATH).json()["penalties"]}

    def count(**wanted: Any) -> int:
        return len(department.get(PATH, params=wanted).json()["penalties"])

    assert count(permit=granted.permit) == 5
    assert count(party=party) == 5
    assert count(party=str(granted.permit)) == 0
    assert count(department=MARKET_BUREAU) == 5
    assert count(department="else") == 0
    assert count(status="annulled") == 0
    assert department.get(PATH, params={"cursor": "x"}).status_code == 400


def test_an_unknown_penalty_is_not_found(department: TestClient) -> None:
    nobody = f"{PATH}/0b8f1bb2-53c7-4be2-9d4e-6b3a3a6f0001"
    assert department.get(nobody).status_code == 404
    annulled = {"reason": "误录", "annulled_on": "2026-11-24", "officer": "S"}
    assert department.post(f"{nobody}/annulment", json=annulled).status_code == 404

"""Receipts and consultations as programs ask them, and as the bureau that decided sees them on its own side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from services.approval.http import Office, application
from tests.invented import BODY, DEPARTMENTS, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

FIRE = "11990100MB0000103C"
LATER = {"on": "2099-01-01", "known_on": "2099-01-01"}
"""The desk's clock stands in these tests, the database's does not: what it records is later than the desk's today."""


@pytest.fixture
def officer(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setitem(DEPARTMENTS, FIRE, "海州市虚构消防支队")
    linkage.duties(duty())
    return TestClient(web(linkage))


@pytest.fixture
def permit(linkage: Linkage, officer: TestClient) -> UUID:
    (granted,) = linkage.publish(decision())
    assert granted.permit
    return granted.permit


def step(officer: TestClient, department: str, permit: UUID, key: str = "", /, **do: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"permit": str(permit), "do": {"officer": "0102"} | do}
    return officer.post(f"/api/v1/departments/{department}/receipts", json=body, headers=headers)


def waiting(officer: TestClient, state: str = "unsigned", **more: Any) -> Any:
    return officer.get(f"/api/v1/departments/{MARKET_BUREAU}/cases", params={"state": state} | more).json()


def test_what_waits_comes_with_its_last_day_and_light_and_leaves_when_it_is_signed(
    linkage: Linkage, officer: TestClient, permit: UUID
) -> None:
    (case,) = waiting(officer)["cases"]
    assert (case["permit"], case["state_in_words"], case["light_in_words"]) == (str(permit), "已送达", "正常")
    assert case["due_on"] == str(linkage.today + timedelta(days=3))
    linkage.today += timedelta(days=7)
    assert [one["light_in_words"] for one in waiting(officer, "overdue")["cases"]] == ["超期"]
    first = step(officer, MARKET_BUREAU, permit, "k1", step="sign")
    assert first.status_code == 201
    assert step(officer, MARKET_BUREAU, permit, "k1", step="sign").json() == first.json() | {"repeated": True}
    assert waiting(officer)["cases"] == []
    assert [one["officer"] for one in waiting(officer, "signed")["cases"]] == ["0102"]


def test_many_are_signed_at_once_each_with_its_own_outcome(linkage: Linkage, officer: TestClient, permit: UUID) -> None:
    (other,) = linkage.publish(decision(permit_number="批-2"))
    step(officer, MARKET_BUREAU, permit, step="sign")
    steps = [
        {"permit": str(one), "do": {"step": "sign", "officer": "0103"}} for one in (permit, other.permit, UUID(int=1))
    ] + [{"permit": str(permit), "do": {"step": "throw away"}}]
    answer = officer.post(f"/api/v1/departments/{MARKET_BUREAU}/receipts", json={"receipts": steps})
    assert answer.status_code == 200
    assert (answer.json()["accepted"], answer.json()["refused"]) == (1, 3)
    said = [one.get("rule") for one in answer.json()["outcomes"]]
    assert said == ["already_signed", None, "unknown_permit", "invalid_request"]


def test_a_page_of_what_waits_ends_where_the_next_begins(linkage: Linkage, officer: TestClient, permit: UUID) -> None:
    linkage.publish(*(decision(permit_number=f"页-{number}") for number in range(4)))
    found, cursor = [], None
    while True:
        page = waiting(officer, limit=2, **({"cursor": cursor} if cursor else {}))
        found += [one["permit"] for one in page["cases"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert len(found) == len(set(found)) == 5
    spoiled = officer.get(f"/api/v1/departments/{MARKET_BUREAU}/cases", params={"cursor": "x~y"})
    assert spoiled.json()["code"] == "cursor_spoiled"


def test_from_the_second_return_to_the_minutes_of_the_ruling(
    linkage: Linkage, officer: TestClient, permit: UUID
) -> None:
    api = f"/api/v1/permits/{permit}"
    step(officer, MARKET_BUREAU, permit, step="return", reason="matter_not_ours", candidate=FIRE)
    moved = officer.post(f"{api}/reassignment", json={"lead": FIRE, "by": "0001", "text": "按退回建议"})
    assert moved.status_code == 201
    step(officer, FIRE, permit, step="return", reason="other", text="非公众聚集场所")
    (found,) = officer.get("/api/v1/consultations").json()["consultations"]
    assert found["opened_by_in_words"] == "两次退回，自动发起"
    assert {one["body"] for one in found["silent"]} == {MARKET_BUREAU, HEALTH_BUREAU, FIRE, BODY}
    said = officer.post(f"{api}/opinions", json={"body": FIRE, "officer": "0301", "text": "不属公众聚集场所"})
    assert said.status_code == 201
    who = officer.get(f"{api}/responsible", params=LATER).json()
    assert who["responsible"]["department"] == MARKET_BUREAU
    assert who["by"]["reason"] == "returned_twice"
    ruled = officer.post(f"{api}/ruling", json={"lead": FIRE, "by": "0001", "reason": "消防法第十五条"})
    assert [one["type"] for one in ruled.json()["events"]] == ["ruling_made", "push_moved"]
    who = officer.get(f"{api}/responsible", params=LATER).json()
    assert (who["responsible"]["name"], who["by"]["consultation"]) == ("海州市虚构消防支队", 1)
    minutes = officer.get(f"{api}/consultations/1").json()
    assert [one["text"] for one in minutes["opinions"]] == ["不属公众聚集场所"]
    assert len(minutes["returns"]) == 2
    page = officer.get(f"/consultations/{permit}/1/minutes").text
    for words in ("监管职责会商纪要", "两次退回，自动发起", "非公众聚集场所", "消防法第十五条", "海州市虚构消防支队"):
        assert words in page
    assert officer.get(f"{api}/consultations/2").json()["code"] == "unknown_consultation"
    assert officer.get("/api/v1/consultations").json()["consultations"] == []
    assert len(officer.get("/api/v1/consultations", params={"open": False}).json()["consultations"]) == 1


def test_the_bureau_sees_each_step_with_its_time_beside_the_push(
    linkage: Linkage, officer: TestClient, permit: UUID
) -> None:
    step(officer, MARKET_BUREAU, permit, step="read")
    step(officer, MARKET_BUREAU, permit, step="return", reason="matter_not_ours", candidate=HEALTH_BUREAU)
    officer.post(
        f"/api/v1/permits/{permit}/consultations", json={"opened_by": "dispute", "by": "0001", "text": "职责不清"}
    )
    linkage.hear()
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    answer = bureau.get(f"/api/v1/permits/{permit}").json()
    lead, co = answer["history"][0]["told"]
    assert [(one["step"], one["officer"]) for one in lead["steps"]] == [
        ("push_read", "0102"),
        ("push_returned", "0102"),
    ]
    assert lead["steps"][1]["candidate"] == HEALTH_BUREAU
    assert lead["steps"] == sorted(lead["steps"], key=lambda one: one["at"])
    assert co["steps"] == []
    assert [one["step"] for one in answer["consultations"]] == ["consultation_opened"]


def test_what_was_believed_is_asked_by_the_day_up_to_which_the_record_is_read(
    linkage: Linkage, officer: TestClient, permit: UUID
) -> None:
    before = officer.get(f"/api/v1/permits/{permit}/responsible", params={"on": "2020-01-01"}).json()
    assert before["responsible"] is None
    assert before["reason_in_words"] == "当日尚未收到该许可的决定"
    assert officer.get(f"/api/v1/permits/{UUID(int=3)}/responsible").json()["code"] == "unknown_permit"

"""校核纠错: a department reports an error in a fact; the bureau corrects it by an event, or refuses with reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from services.approval.decision import Kind
from services.approval.http import Office, application
from tests.invented import DEPARTMENTS, MARKET_BUREAU, TODAY, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

RIGHT = "2030-11-19"
FIRE = "11990100MB0000103C"


@pytest.fixture
def officer(linkage: Linkage) -> TestClient:
    linkage.duties(duty())
    return TestClient(web(linkage))


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))


@pytest.fixture
def permit(linkage: Linkage, officer: TestClient) -> UUID:
    (granted,) = linkage.publish(decision())
    assert granted.permit
    return granted.permit


def report(officer: TestClient, permit: UUID, **changes: Any) -> Any:
    said = {
        "permit": str(permit), "department": MARKET_BUREAU, "officer": "S-0417", "field": "valid_to",
        "should_be": RIGHT, "facts": "证书原件载明至2030年", "reported_on": str(TODAY),
    }  # fmt: skip
    return officer.post("/api/v1/error-reports", json=said | changes)


def task_of(linkage: Linkage, bureau: TestClient) -> dict[str, Any]:
    linkage.hear()
    (task,) = bureau.get("/api/v1/tasks", params={"kind": "correction"}).json()["tasks"]
    return dict(task)


def test_what_a_department_reports_is_corrected_by_an_event_and_the_old_fact_stays_readable(
    linkage: Linkage, officer: TestClient, bureau: TestClient, permit: UUID
) -> None:
    reported = report(officer, permit)
    assert reported.status_code == 201
    task = task_of(linkage, bureau)
    assert task["facts"]["subject"] == f"valid_to: 2031-11-19 → {RIGHT}"
    assert [one["outcome"] for one in bureau.get(f"/api/v1/tasks/{task['task']}").json()["allowed"]] == [
        "correct",
        "no_action",
    ]
    corrected = decision(Kind.CORRECT, valid_to=RIGHT, decision_date=TODAY, reason="录入有误")
    form = {"outcome": "correct", "clerk": "S-0102", "recording": corrected.model_dump(mode="json")}
    assert bureau.post(f"/api/v1/tasks/{task['task']}/answer", json=form).status_code == 201
    linkage.number()
    linkage.apply()
    (receipt,) = officer.get("/api/v1/task-receipts", params={"department": MARKET_BUREAU}).json()["receipts"]
    assert receipt["state_in_words"] == "已办结"
    shown = officer.get(f"/api/v1/permits/{permit}").json()
    assert shown["facts"]["valid_to"] == RIGHT
    assert {"fact": "valid_to", "before": "2031-11-19", "after": RIGHT} in shown["history"][-1]["changes"]


def test_a_report_that_is_refused_needs_a_reason_which_the_department_reads(
    linkage: Linkage, officer: TestClient, bureau: TestClient, permit: UUID
) -> None:
    report(officer, permit)
    address = f"/api/v1/tasks/{task_of(linkage, bureau)['task']}/answer"
    form = {"outcome": "no_action", "clerk": "S-0102"}
    assert bureau.post(address, json=form).json()["code"] == "answer_reason_needed"
    assert bureau.post(address, json=form | {"reason": "证书副本已核对无误"}).status_code == 201
    linkage.number()
    linkage.apply()
    (receipt,) = officer.get("/api/v1/task-receipts", params={"department": MARKET_BUREAU}).json()["receipts"]
    assert receipt["reason"] == "证书副本已核对无误"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"field": "no such thing"}, "no_such_fact"),
        ({"field": "party"}, "no_such_fact"),
        ({"should_be": "2031-11-19"}, "already_so"),
        ({"reported_on": "2099-01-01"}, "future_date"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    officer: TestClient, permit: UUID, changes: dict[str, str], code: str
) -> None:
    assert report(officer, permit, **changes).json()["code"] == code


def test_a_department_reports_about_its_own_permits_only(
    linkage: Linkage, officer: TestClient, permit: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DEPARTMENTS, FIRE, "海州市虚构消防支队")
    linkage.duties(duty(matter_code="000131000056", lead=FIRE, co_departments=()))
    assert report(officer, permit, department=MARKET_BUREAU[:-1] + "Z").json()["code"] == "unknown_department"
    assert report(officer, permit, department=FIRE).json()["code"] == "not_watched"
    assert report(officer, UUID(int=9)).json()["code"] == "unknown_permit"

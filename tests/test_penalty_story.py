"""A penalty goes all the way: from the department's system to the bureau's desk, and back to the department."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi.testclient import TestClient

from services.approval.decision import Kind
from services.approval.http import Office, application
from tests.invented import BODY, FOOD, MARKET_BUREAU, TODAY, decision, duty
from tests.linkage import Linkage
from tests.penalties import stated
from tests.supervision_web import web


def test_a_restaurant_is_fined_loses_its_licence_and_gets_it_back_when_the_fine_is_annulled(linkage: Linkage) -> None:
    linkage.duties(duty())
    bureau = TestClient(application(Office(linkage.approval, linkage.desk, "token")))
    department = TestClient(web(linkage))
    (granted,) = linkage.publish(decision())

    penalty = department.post("/api/v1/penalties", json=stated().model_dump(mode="json")).json()["penalty"]
    linkage.hear()
    (task,) = bureau.get("/api/v1/tasks", params={"body": BODY, "state": "open"}).json()["tasks"]
    assert (task["permit"], task["about"], task["due"]) == (str(granted.permit), penalty, "2026-12-01")
    holder = bureau.post("/api/v1/parties/find", json={"identifier": decision().party.identifier}).json()["party"]

    def standing() -> Any:
        return bureau.get(f"/api/v1/parties/{holder}/standing", params={"matter": FOOD}).json()

    def receipts() -> Any:
        linkage.number()
        linkage.apply()
        return department.get(f"/api/v1/penalties/{penalty}").json()["receipts"]

    assert [one["kind"] for one in standing()["facts"]] == ["penalty"]
    revocation = decision(Kind.REVOKE, reason="情节严重", decision_date=TODAY).model_dump(mode="json")
    answered = {"outcome": "revoke", "clerk": "S-0102", "recording": revocation}
    assert bureau.post(f"/api/v1/tasks/{task['task']}/answer", json=answered).status_code == 201
    assert [(one["outcome_in_words"], one["decision"]) for one in receipts()] == [("吊销", f"{granted.permit}@2")]
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "revoked"}
    assert {one["kind"] for one in standing()["facts"]} == {"penalty", "permit_revoked"}

    annulment = {"reason": "行政复议决定撤销原处罚", "annulled_on": date(2026, 11, 24).isoformat(), "officer": "S-0417"}
    assert department.post(f"/api/v1/penalties/{penalty}/annulment", json=annulment).status_code == 201
    linkage.hear()
    assert [(one["state"], one["asked_again"]) for one in receipts()] == [("open", "annulled")]
    (asked,) = bureau.get("/api/v1/tasks", params={"state": "open"}).json()["tasks"]
    assert asked["review"]
    undone = {"outcome": "undo", "clerk": "S-0102", "reason": "处罚决定已被撤销"}
    assert bureau.post(f"/api/v1/tasks/{task['task']}/answer", json=undone).status_code == 201
    assert [one["outcome_in_words"] for one in receipts()] == ["恢复"]
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "valid"}
    assert standing()["standing"] == "clear"

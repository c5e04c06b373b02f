"""A bureau reads on its own side what it has published, to whom each decision went, and what came back."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from events.oversight import ReturnReason
from services.approval.decision import Kind
from services.approval.http import Office, application, key_token
from services.supervision.oversight_commands import Read, Return, Sign
from tests.invented import BODY, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage


def bureau(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now)))


def listed(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/decisions", params={"body": BODY, **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["decisions"]
    return found


def states(row: dict[str, Any]) -> dict[str, str]:
    return {one["department"]: one["state"] for one in row["reached"]}


def test_each_decision_says_how_far_it_is_in_each_department_and_what_came_back_is_found(linkage: Linkage) -> None:
    client = bureau(linkage)
    linkage.duties(duty())
    signed, returned = linkage.publish(decision(permit_number="P1"), decision(permit_number="P2"))
    (waiting,) = linkage.publish(decision(permit_number="P3", matter_code="000131009999"))
    linkage.submit(decision(permit_number="P4", deciding_body="11990100MB0000009X"))
    first = listed(client)[0]
    assert (first["permit_number"], first["reached"]) == ("P3", [])
    linkage.hear()
    for officer, command in ((MARKET_BUREAU, Read(officer="S-1")), (MARKET_BUREAU, Sign(officer="S-1"))):
        linkage.oversee(signed.permit, command, officer)
    linkage.oversee(returned.permit, Return(officer="S-2", reason=ReturnReason.MATTER), MARKET_BUREAU)
    linkage.hear()
    rows = {row["permit_number"]: row for row in listed(client)}
    assert set(rows) == {"P1", "P2", "P3"}
    assert states(rows["P1"]) == {MARKET_BUREAU: "signed", HEALTH_BUREAU: "delivered"}
    assert rows["P2"]["reached"][0]["state"] == "returned"
    assert (rows["P2"]["bounced"], rows["P3"]["bounced"]) == ("returned", "waiting")
    assert rows["P3"]["waits"]["reason"] == "matter_not_listed"
    assert [row["permit"] for row in listed(client, bounced="returned")] == [str(returned.permit)]
    assert [row["permit"] for row in listed(client, bounced="waiting")] == [str(waiting.permit)]

    linkage.oversee(returned.permit, Sign(officer="S-3"), MARKET_BUREAU)
    linkage.duties(duty(matter_code="000131009999"))
    linkage.tend()
    linkage.hear()
    assert listed(client, bounced="returned") == listed(client, bounced="waiting") == []


def test_the_list_is_paged_newest_first_and_found_by_kind_and_by_file(linkage: Linkage) -> None:
    client = bureau(linkage)
    batch = "0b8f1bb2-53c7-4be2-9d4e-6b3a3a6f0001"
    for number in range(5):
        linkage.submit(decision(permit_number=f"P{number}", batch=batch if number < 2 else None))
    linkage.submit(decision(Kind.REVOKE, permit_number="P1", reason="情节严重的违法行为"))
    answer = client.get("/api/v1/decisions", params={"body": BODY, "limit": 4}).json()
    following = client.get(
        "/api/v1/decisions", params={"body": BODY, "limit": 4, "cursor": answer["next_cursor"]}
    ).json()
    seen = [(row["type"], row["permit_number"]) for row in answer["decisions"] + following["decisions"]]
    assert seen[0] == ("permit_revoked", "P1")
    assert [number for _, number in seen[1:]] == ["P4", "P3", "P2", "P1", "P0"]
    assert following["next_cursor"] is None
    assert [row["permit_number"] for row in listed(client, type="permit_revoked")] == ["P1"]
    assert [row["permit_number"] for row in listed(client, batch=batch)] == ["P1", "P0"]
    assert {row["matter_code"] for row in listed(client)} == {FOOD}
    assert client.get("/api/v1/decisions", params={"body": BODY, "cursor": "x"}).json()["code"] == "cursor_spoiled"
    assert client.get("/api/v1/decisions", params={"body": BODY, "kind": "x"}).status_code == 422

"""Opening stock is handed over by lists: one for each department, signed as a whole, whatever comes late or twice."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events.handovers import ListedRow, PushNumbers, hash_of, stretches
from events.oversight import ReturnReason
from services.approval.http import Office, application
from services.supervision.oversight_commands import Return, Sign
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

BATCH = UUID(int=77)


def stock(number: int, **changes: Any) -> Any:
    return decision(permit_number=f"JY{number}", opening_stock=True, batch=BATCH, **changes)


def exchange(linkage: Linkage) -> None:
    linkage.number()
    linkage.apply()
    linkage.tend()
    linkage.hear()


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))


@pytest.fixture
def officer(linkage: Linkage) -> TestClient:
    return TestClient(web(linkage))


def lists(client: TestClient, **asked: Any) -> dict[str, dict[str, Any]]:
    """Return the newest list of each department, as a side shows it."""
    found = client.get("/api/v1/handovers", params=asked).json()["handovers"]
    return {one["department"]: one for one in reversed(found)}


def sign(officer: TestClient, listed: dict[str, Any], key: str = "", **form: Any) -> Any:
    path = f"/api/v1/departments/{listed['department']}/handovers/{listed['list']}/signature"
    headers = {"Idempotency-Key": key} if key else {}
    return officer.post(path, json={"officer": "S-0102"} | form, headers=headers)


def states(linkage: Linkage, department: str) -> dict[UUID, str]:
    return dict(linkage.rows("SELECT permit, state FROM cases WHERE department = %s", department))


def test_a_department_signs_one_list_for_its_stock_and_the_bureau_sees_it(
    linkage: Linkage, bureau: TestClient, officer: TestClient
) -> None:
    linkage.duties(duty(co_departments=()), duty(matter_code="000131003001", lead=HEALTH_BUREAU, co_departments=()))
    outcomes = linkage.submit(*map(stock, range(3)), stock(9, matter_code="000131003001"), stock(5, matter_code="9"))
    exchange(linkage)
    assert linkage.rows("SELECT count(*), count(due_on) FROM cases") == [(4, 0)], "listed at once, and no clock runs"
    assert lists(officer) == {}, "the bureau has not said yet that this is all"
    handed = [{"body": BODY, "body_name": "海州市行政审批局", "decisions": 5}]
    assert bureau.post("/api/v1/handovers", json={"batch": str(BATCH)}).json() == handed
    assert bureau.post("/api/v1/handovers", json={"batch": str(BATCH)}).json() == handed
    exchange(linkage)

    found = lists(officer)
    assert {code: one["permits"] for code, one in found.items()} == {MARKET_BUREAU: 3, HEALTH_BUREAU: 1}
    market = found[MARKET_BUREAU]
    rows = [ListedRow(n, outcome.permit, 1) for n, outcome in enumerate(outcomes[:3], 1) if outcome.permit]
    assert (market["number"], market["pushes"]) == (1, [{"first": 1, "last": 3}])
    assert market["sha256"] == hash_of(rows)
    own = bureau.get(f"/api/v1/handovers/{market['list']}").json()
    assert own == market | {"matches": True}, "the sender holds the same list"

    assert sign(officer, market | {"department": HEALTH_BUREAU}).json()["code"] == "unknown_handover"
    first = sign(officer, market, "k1")
    assert (first.status_code, first.json()["signed"], first.json()["state_in_words"]) == (201, 3, "已签收")
    assert sign(officer, market, "k1").json() == first.json() | {"repeated": True}
    again = sign(officer, market)
    assert (again.status_code, "S-0102" in again.json()["detail"]) == (409, True), "the second is told who was first"
    assert set(states(linkage, MARKET_BUREAU).values()) == {"signed"}
    exchange(linkage)
    assert lists(bureau)[MARKET_BUREAU]["officer"] == "S-0102"
    told = bureau.get(f"/api/v1/permits/{outcomes[0].permit}").json()["history"][0]["told"][0]["steps"]
    assert [(step["step"], step["handover"]) for step in told] == [("push_signed", market["list"])]

    linkage.duties(duty(matter_code="9", co_departments=()))  # what had waited for a duty comes on a list of its own
    exchange(linkage)
    later = lists(officer, department=MARKET_BUREAU, signed=False)[MARKET_BUREAU]
    assert (later["number"], later["permits"], later["pushes"]) == (2, 1, [{"first": 4, "last": 4}])
    page = officer.get(f"/handovers/{market['list']}", headers={"Accept": "text/html"})
    assert (page.status_code, page.text.count("<td>已签收</td>")) == (200, 3)
    assert officer.get(f"/handovers/{UUID(int=1)}", headers={"Accept": "text/html"}).status_code == 404


def test_rows_that_are_excepted_are_returned_and_those_taken_back_or_said_before_are_counted_apart(
    linkage: Linkage, bureau: TestClient, officer: TestClient
) -> None:
    linkage.duties(duty(co_departments=()))
    a, b, c, d = [one.permit for one in linkage.submit(*map(stock, range(4)))]
    bureau.post("/api/v1/handovers", json={"batch": str(BATCH)})
    exchange(linkage)
    linkage.oversee(b, Sign(officer="S-0417"), MARKET_BUREAU)
    with linkage.approval.begin() as transaction:
        linkage.desk.retract(transaction.connection.driver_connection, c, 1, "录错")  # type: ignore[arg-type]
    exchange(linkage)
    market = lists(officer)[MARKET_BUREAU]

    def refused(**exception: Any) -> tuple[str, str]:
        answer = sign(officer, market, exceptions=[{"reason": "place_not_ours"} | exception]).json()
        return answer["code"], answer["field"]

    assert refused(permit=str(UUID(int=3))) == ("not_on_list", "exceptions.0.permit")
    assert refused(permit=str(c)) == ("row_withdrawn", "exceptions.0.permit")
    assert refused(permit=str(b)) == ("step_not_allowed", "exceptions.0")
    assert refused(permit=str(a), reason="other") == ("text_needed", "exceptions.0.text")
    assert lists(officer)[MARKET_BUREAU]["state"] == "unsigned", "nothing of a refused signature stays"

    answer = sign(officer, market, exceptions=[{"permit": str(a), "reason": "place_not_ours"}]).json()
    assert (answer["signed"], answer["apart"], answer["withdrawn"]) == (1, 1, 1)
    assert [one["permit"] for one in answer["returned"]] == [str(a)]
    rows = linkage.rows("SELECT permit, state, officer FROM cases WHERE push_version = 1")
    assert {permit: (state, who) for permit, state, who in rows} == {
        a: ("returned", "S-0102"), b: ("signed", "S-0417"), c: ("delivered", ""), d: ("signed", "S-0102"),
    }  # fmt: skip
    exchange(linkage)
    assert lists(bureau)[MARKET_BUREAU]["returned"] == answer["returned"]


def test_a_batch_taken_back_needs_no_signature_and_comes_on_another_list_when_it_is_imported_again(
    linkage: Linkage, bureau: TestClient, officer: TestClient
) -> None:
    linkage.duties(duty(co_departments=()))
    linkage.submit(stock(1), stock(2))
    bureau.post("/api/v1/handovers", json={"batch": str(BATCH)})
    exchange(linkage)
    linkage.desk.retract_batch(BATCH, "选错了文件")
    exchange(linkage)
    gone = lists(officer)[MARKET_BUREAU]
    assert sign(officer, gone).json()["code"] == "handover_withdrawn"
    linkage.submit(stock(1))
    bureau.post("/api/v1/handovers", json={"batch": str(BATCH)})
    exchange(linkage)
    fresh = lists(officer)[MARKET_BUREAU]
    assert (fresh["number"], fresh["permits"]) == (2, 1)
    assert sign(officer, fresh).json()["signed"] == 1
    exchange(linkage)
    assert bureau.get(f"/api/v1/handovers/{gone['list']}").json()["matches"] is True
    assert bureau.get(f"/api/v1/handovers/{fresh['list']}").json()["matches"] is True


def test_the_list_is_the_same_whatever_comes_first_and_receipts_go_on_after_a_stop(
    linkage: Linkage, bureau: TestClient, officer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.supervision.handover_signing.PAGE", 2)
    linkage.duties(duty(co_departments=()))
    linkage.submit(*map(stock, range(5)))
    bureau.post("/api/v1/handovers", json={"batch": str(BATCH)})
    linkage.number()
    intake = linkage.intake()
    batch = linkage.log.read(linkage.reading, 1000)
    assert {record.type for record in batch.records} == {"permit_granted", "stock_handed_over"}
    backwards = type(batch)(tuple(reversed(batch.records)), batch.cursors)
    intake.receive(type(batch)(backwards.records[:3], {}))
    assert lists(officer) == {}, "two of five, and the word that they are five"
    for _ in range(2):  # and once more, as a log does that lost its place
        intake.receive(backwards)
    market = lists(officer)[MARKET_BUREAU]
    assert (market["permits"], market["pushes"]) == (5, [{"first": 1, "last": 5}])
    assert linkage.rows("SELECT announced, arrived FROM stock_batches") == [(5, 5)]
    sign(officer, market)
    assert officer.get(f"/api/v1/handovers/{market['list']}").json()["receipts_owed"] == 3
    returned = linkage.rows("SELECT permit FROM handover_rows WHERE waits ORDER BY push_number LIMIT 1")[0][0]
    linkage.oversee(returned, Return(officer="S-0417", reason=ReturnReason.PLACE), MARKET_BUREAU)
    assert [linkage.tend().counts["tended"] for _ in range(3)] == [2, 1, 0]
    assert sorted(states(linkage, MARKET_BUREAU).values()) == ["returned", "signed", "signed", "signed", "signed"]


def test_push_numbers_are_told_as_stretches_in_any_order() -> None:
    told = tuple(PushNumbers(first=first, last=last) for first, last in ((1, 3), (7, 7), (9, 9)))
    assert {stretches(numbers) for numbers in permutations((1, 2, 3, 7, 9))} == {told}

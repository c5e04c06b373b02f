"""Bureaus' own systems report how many applications are pending, and a rule change says how many it touches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from events import ledger
from events.approval import BodyRegistered, Level
from events.database import connect
from events.log import Batch
from services.approval.http import Office, application
from services.approval.place_register import take_entries
from tests import rules
from tests.invented import BODY, FOOD, decision, duty
from tests.linkage import Linkage

NINE = datetime(2026, 11, 24, 1, tzinfo=UTC)


def bureau(linkage: Linkage) -> TestClient:
    entry = BodyRegistered(
        body=BODY, name="海州市行政审批局", region_code="990100", level=Level.CITY, valid_from=date(2020, 1, 1)
    )
    take_entries(linkage.approval, [entry], linkage.now())
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))


def report(client: TestClient, counts: dict[str, int], at: datetime = NINE, body: str = BODY, key: str = "") -> Any:
    stated = [{"matter_code": matter, "count": number} for matter, number in counts.items()]
    headers = {"Idempotency-Key": key} if key else {}
    form = {"body": body, "counted_at": at.isoformat(), "counts": stated}
    return client.post("/api/v1/pending-applications", json=form, headers=headers)


def pending(linkage: Linkage) -> Any:
    return rules.desk(linkage).look(rules.publication(bodies=["SILENT"]))["touches"]["pending_applications"]


def test_a_rule_change_counts_the_applications_that_were_reported_and_names_who_did_not_report(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    client = bureau(linkage)
    unknown = pending(linkage)
    assert (unknown["known"], unknown["count"], unknown["not_reported"]) == (False, None, [BODY, "SILENT"])
    assert "未报送" in unknown["in_words"]
    assert report(client, {FOOD: 4, "9": 7}).status_code == 201
    assert pending(linkage) == unknown  # it is on its way
    rules.exchange(linkage)
    known = pending(linkage)
    assert (known["known"], known["complete"], known["count"], known["not_reported"]) == (True, False, 4, ["SILENT"])
    assert client.get("/api/v1/pending-applications").json()["bodies"][0]["counts"][0]["count"] == 4
    report(client, {"9": 7}, NINE + timedelta(hours=1))
    rules.exchange(linkage)
    assert pending(linkage)["count"] == 0  # reported, and none: that is not the same as not reported


def test_what_cannot_be_right_is_refused_and_the_newest_count_stays(linkage: Linkage) -> None:
    client = bureau(linkage)
    first = report(client, {"9": 7}, key="k").json()
    assert report(client, {"9": 7}, key="k").json() == first | {"repeated": True}
    for answer, code in (
        (report(client, {"9": 1}, NINE - timedelta(minutes=1)), "older_count"),
        (report(client, {"9": 1}, datetime(2999, 1, 1, tzinfo=UTC)), "future_count"),
        (report(client, {"9": 1}, body="NOBODY"), "unknown_body"),
        (report(client, {"9": 1}, NINE.replace(tzinfo=None)), "invalid_request"),
        (report(client, {"9": 8}, key="k"), "same_key_other_content"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    twice = {"body": BODY, "counted_at": NINE.isoformat(), "counts": [{"matter_code": "9", "count": 1}] * 2}
    assert client.post("/api/v1/pending-applications", json=twice).json()["code"] == "matter_twice"
    report(client, {"9": 8}, NINE + timedelta(hours=1))
    linkage.number()
    with connect(linkage.approval_url, application="test") as connection:
        records = [r for r in ledger.read(connection, "approval", 0, 100) if r.type == "pending_applications_counted"]
    assert len(records) == 2
    for record in [*reversed(records), *records, records[0]]:
        linkage.intake().receive(Batch([record], {}))
    assert linkage.rows("SELECT counts FROM pending_applications") == [({"9": 8},)]

"""The page of officers: who does what, what nobody holds, and what the coordinator records about them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from events.database import connect, raw
from services.assigning import Assigning
from services.pages.seats import Role
from services.people_register import appoint_one, enrol
from services.supervision.item_places import ItemPlaces
from services.supervision.open_items import open_items
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.people import CHIEF, GAO, HE, LIN, WEN, appointed, enrolled
from tests.test_coordinator_pages import refused, seated, sent


@pytest.fixture
def coordinator(linkage: Linkage) -> TestClient:
    """Lin does the food permits of the market bureau, He stands in, Gao does all else; health has named nobody."""
    linkage.duties(duty())
    with linkage.supervision.begin() as transaction:
        connection, now = raw(transaction), linkage.now()
        everybody = [enrolled(number) for number in (LIN, HE, GAO, WEN, CHIEF)]
        enrol(connection, "supervision", everybody, "S-0001", now)
        for one in (appointed(LIN, HE, FOOD), appointed(GAO), appointed(CHIEF)):
            appoint_one(connection, "supervision", one, now)
    return seated(linkage, Role.COORDINATOR)


def looked(linkage: Linkage) -> None:
    """What the scheduler does every half minute."""
    with connect(linkage.supervision_url, application="test") as connection:
        Assigning("supervision", open_items("审改办"), ItemPlaces()).end(connection, linkage.now())


def test_the_page_says_who_does_what_and_what_nobody_holds_by_name(linkage: Linkage, coordinator: TestClient) -> None:
    linkage.publish(decision(permit_number="批-0"))
    looked(linkage)
    page = coordinator.get("/people").text
    for words in (
        "虚构人11",
        LIN,
        f"代理人 {HE}",
        f"代理 {LIN}",
        "其他事项（默认负责人）",
        "部门无人, 由上级代管",
        "批-0",
    ):
        assert words in page
    assert "海州市卫生健康委员会" in page.split('id="gaps"')[1]
    own = seated(linkage, Role.OFFICER, MARKET_BUREAU).get("/people").text
    assert "虚构人11" in own
    assert (WEN in own, "指派所选" in own) == (False, False)
    assert "没有。每件未办结的事项都有经办人。" in own
    assert coordinator.get("/people", params={"department": HEALTH_BUREAU}).text.count('href="/people/S-') == 1
    assert seated(linkage, Role.LEADER).get("/people").status_code == 403


def test_what_nobody_holds_is_given_to_somebody_of_its_department(linkage: Linkage, coordinator: TestClient) -> None:
    linkage.publish(decision())
    looked(linkage)
    page = coordinator.get("/people").text
    (item,) = [part.split('"')[0] for part in page.split('name="item" value="')[1:]]
    where = "/people/assignments"
    assert "还没有勾选" in refused(coordinator, where, to="/people", officer=WEN, why="人手")
    assert "还没有选经办人" in refused(coordinator, where, to="/people", item=item, why="人手")
    assert "不属于这个部门" in refused(coordinator, where, to="/people", item=item, officer=GAO, why="人手")
    refused(seated(linkage, Role.OFFICER, HEALTH_BUREAU), where, to="/people", item=item, officer=WEN, why="人手")
    sent(coordinator, where, to="/people", item=item, officer=WEN, why="负责该区")
    assert "没有。每件未办结的事项都有经办人。" in coordinator.get("/people").text
    assert "人工指派" in coordinator.get(f"/people/{WEN}").text


def test_a_leave_is_recorded_changed_and_taken_back_and_the_deputy_holds_what_is_open(
    linkage: Linkage, coordinator: TestClient
) -> None:
    linkage.publish(decision(permit_number="批-0"))
    looked(linkage)
    here = f"/people/{LIN}"
    assert "批-0" in coordinator.get(here).text
    today = linkage.today
    leaves = f"{here}/leaves"
    wrong = refused(coordinator, leaves, first=today.isoformat(), last=(today - timedelta(days=1)).isoformat())
    assert "最后一日早于第一日" in wrong
    assert sent(coordinator, leaves, first=today.isoformat(), last=today.isoformat()) == here
    looked(linkage)
    assert "批-0" in coordinator.get(f"/people/{HE}").text
    assert "负责人请假, 代理人代办" in coordinator.get(f"/people/{HE}").text
    sent(coordinator, leaves, first=today.isoformat(), last=(today + timedelta(days=2)).isoformat())
    assert f"<td>{(today + timedelta(days=2)).isoformat()}</td>" in coordinator.get(here).text
    sent(coordinator, leaves, first=today.isoformat(), back="true")
    assert "没有登记今后的请假" in coordinator.get(here).text
    assert "没有从该日开始的请假" in refused(coordinator, leaves, first=today.isoformat(), back="true")
    refused(seated(linkage, Role.OFFICER, MARKET_BUREAU), leaves, first=today.isoformat(), last=today.isoformat())


def test_who_leaves_is_succeeded_and_a_form_sent_twice_is_one_departure(
    linkage: Linkage, coordinator: TestClient
) -> None:
    linkage.publish(decision(permit_number="批-0"))
    looked(linkage)
    where, today = f"/people/{LIN}/departure", linkage.today.isoformat()
    said = {"departed_from": today, "reason": "调任", "key": "k"}
    assert "接任人不能是离岗人员本人" in refused(coordinator, where, **said, successor=LIN)
    for _ in range(2):
        sent(coordinator, where, **said, successor=GAO)
    assert "已离岗" in refused(coordinator, where, **said | {"key": "other"}, successor=GAO)
    looked(linkage)
    assert "批-0" in coordinator.get(f"/people/{GAO}").text
    assert f"接任 {GAO}" in coordinator.get(f"/people/{LIN}").text
    assert coordinator.get("/people/S-9999").status_code == 404
    assert seated(linkage, Role.OFFICER, HEALTH_BUREAU).get(f"/people/{GAO}").status_code == 404

"""The coordinator's pages: a dispute is opened, heard and ruled, and what is late is urged, all by forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi.testclient import TestClient

from services.approval.handling import legal_today
from services.pages.seats import Role, Seat
from services.supervision.consultation_items import ruling_item
from services.working_days import Calendar, published_notices
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web


def seated(linkage: Linkage, role: Role, body: str = "") -> TestClient:
    seat = {"seat-supervision": Seat(role, body, "0001").as_cookie()}
    return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat, follow_redirects=False)


def sent(reader: TestClient, address: str, **form: Any) -> str:
    """Send a form; where the browser is led when it was carried out."""
    answer = reader.post(address, data={"key": str(uuid4())} | form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def refused(reader: TestClient, address: str, **form: Any) -> str:
    answer = reader.post(address, data={"key": str(uuid4())} | form, headers={"hx-request": "true"})
    assert answer.status_code in (403, 404, 409, 422), answer.text
    assert "怎么办" in answer.text
    return str(answer.text)


def granted(linkage: Linkage) -> UUID:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU))
    (recorded,) = linkage.publish(decision())
    assert recorded.permit
    return recorded.permit


def test_a_dispute_is_opened_heard_and_ruled_by_forms_and_its_minutes_can_be_checked(linkage: Linkage) -> None:
    permit = granted(linkage)
    coordinator = seated(linkage, Role.COORDINATOR)
    health, market = seated(linkage, Role.OFFICER, HEALTH_BUREAU), seated(linkage, Role.OFFICER, MARKET_BUREAU)
    assert f'href="/permits/{permit}/responsibility"' in coordinator.get(f"/permits/{permit}").text
    assert f'href="/permits/{permit}/responsibility"' not in market.get(f"/permits/{permit}").text
    assert market.get(f"/permits/{permit}/responsibility").status_code == 403
    assert "发起会商" in coordinator.get(f"/permits/{permit}/responsibility").text
    assert "没有待裁定的会商" in coordinator.get("/consultations").text

    assert "说明" in refused(coordinator, f"/permits/{permit}/consultations", text=" ")
    here = sent(
        coordinator, f"/permits/{permit}/consultations", text="两家都说不归自己", opened_by="dispute",
        invited=[HEALTH_BUREAU],
    )  # fmt: skip
    assert here == f"/consultations/{permit}/1"
    desk = coordinator.get("/").text
    assert f'href="{here}">去裁定' in desk
    assert "将生效的清单变更" in desk
    listed = coordinator.get("/consultations/rows").text
    assert here in listed
    assert "海州市行政审批局" in listed
    assert "正常" in listed

    assert f'href="{here}">去办理' in health.get("/").text
    assert "提出意见" in health.get(here).text
    assert "作出裁定" not in health.get(here).text
    sent(health, f"{here}/opinions", body=HEALTH_BUREAU, text="现场在市场内，应由市场监管部门负责")
    refused(health, f"{here}/opinions", body=MARKET_BUREAU, text="代人发言")
    sent(coordinator, f"{here}/opinions", body=BODY, text="许可材料载明为市场内摊位", legal_basis="《许可办法》第八条")
    shown = coordinator.get(here).text
    assert "应由市场监管部门负责" in shown
    assert shown.count("尚未提出意见") == 1
    assert "还有 1 个单位没有提出意见" in shown

    refused(market, f"{here}/ruling", lead=MARKET_BUREAU, reason="自行裁定")
    later = refused(coordinator, f"{here}/ruling", lead=HEALTH_BUREAU, reason="按场所", effective="2099-01-01")
    assert "晚于今天" in later
    sent(coordinator, f"{here}/ruling", lead=HEALTH_BUREAU, reason="按场所性质", like_cases="true")
    ruled = coordinator.get(here).text
    assert "按场所性质" in ruled
    assert "作出裁定" not in ruled
    assert here in coordinator.get("/consultations?state=ruled").text
    minutes = coordinator.get(f"{here}/minutes").text
    assert f"http://testserver/check/{permit}/" in minutes
    assert "<svg" in minutes
    assert linkage.listed(HEALTH_BUREAU) == {permit: "valid"}


def test_what_is_late_is_urged_once_for_a_double_click_and_the_sheet_stands_when_it_is_done(linkage: Linkage) -> None:
    permit = granted(linkage)
    coordinator, leader = seated(linkage, Role.COORDINATOR), seated(linkage, Role.LEADER)
    officer = seated(linkage, Role.OFFICER, MARKET_BUREAU)
    sent(coordinator, f"/permits/{permit}/consultations", text="职责不清")
    item = ruling_item(permit, 1)
    assert "没有超期的事项" in leader.get("/urging").text
    linkage.today = legal_today() + timedelta(days=30)
    assert "其中超期 1 件" in coordinator.get("/").text
    late = leader.get("/urging?kind=ruling").text
    assert f'href="/urging/{item}"' in late
    assert "超期" in late
    assert str(item) not in leader.get("/urging?light=green").text

    form = {"key": "once", "limit": "2", "reason": "请尽快裁定"}
    for _ in range(2):
        assert leader.post(f"/urging/{item}", data=form).status_code == 303
    refused(officer, f"/urging/{item}", limit="2", reason="请尽快裁定")
    assert "天数" in refused(leader, f"/urging/{item}", limit="0", reason="请尽快裁定")
    shown = leader.get(f"/urging/{item}").text
    assert shown.count(f'href="/urging/{item}/sheets/') == 1
    sheet = leader.get(f"/urging/{item}/sheets/1").text
    assert "http://testserver/check/" in sheet
    assert f"{Calendar.of(published_notices()).due(linkage.today, 2).day}" in sheet

    sent(coordinator, f"/consultations/{permit}/1/ruling", lead=MARKET_BUREAU, reason="按清单")
    assert "已经办结" in leader.get(f"/urging/{item}").text
    assert leader.get(f"/urging/{item}/sheets/1").text.count("请尽快裁定") == 1
    assert leader.get(f"/urging/{uuid4()}").status_code == 404

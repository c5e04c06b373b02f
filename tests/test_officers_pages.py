"""What an officer does on the pages: find what waits, sign it, return it, read what came back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.pages.seats import Role, Seat
from services.working_days import CHINA
from tests.invented import DEPARTMENTS, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

FIRE = "11990100MB0000103C"


def browser(linkage: Linkage, staff: str = "0102", department: str = MARKET_BUREAU, role: Role = Role.OFFICER) -> Any:
    seat = {"seat-supervision": Seat(role, department if role.of_a_body else "", staff).as_cookie()}
    return TestClient(web(linkage), headers={"Accept": "text/html"}, cookies=seat, follow_redirects=False)


@pytest.fixture
def officer(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setitem(DEPARTMENTS, FIRE, "海州市虚构消防支队")
    linkage.duties(duty())
    return browser(linkage)  # type: ignore[no-any-return]


def pushed(linkage: Linkage, number: int = 1) -> list[str]:
    """Publish decisions; what the market bureau signs: ``permit@push_version`` of each."""
    found = linkage.publish(*(decision(permit_number=f"批-{one}") for one in range(number)))
    return [f"{one.permit}@1" for one in found]


def delivered_on(linkage: Linkage, day: date) -> None:
    """The desk's clock stands in these tests, the database's does not: let pushes have come on the desk's day."""
    with linkage.supervision.begin() as connection:
        at = datetime.combine(day, time(9), CHINA)
        connection.execute(text("UPDATE cases SET delivered_at = :at, first_delivered_at = :at"), {"at": at})


def does(browser: TestClient, key: str = "k", /, **form: Any) -> Any:
    return browser.post("/receipts/steps", data={"to": "/receipts", "key": key} | form)


def said(browser: TestClient) -> str:
    """What the next page says was done."""
    page: str = browser.get("/receipts").text
    return page.split('class="done"')[1].split("</p>")[0] if 'class="done"' in page else ""


def test_the_desk_shows_what_waits_with_its_light_and_each_figure_leads_to_its_rows(
    linkage: Linkage, officer: TestClient
) -> None:
    pushed(linkage, 2)
    desk = officer.get("/").text
    for words in ("待签收", "临期", "超期", "已退回", "新消息", "正常", "批-0", "批-1", "签收推送", "数据截至"):
        assert words in desk
    delivered_on(linkage, linkage.today)
    linkage.today += timedelta(days=2)
    assert "批-0" in officer.get("/receipts", params={"state": "due_soon"}).text
    assert "批-0" not in officer.get("/receipts", params={"state": "overdue"}).text
    linkage.today += timedelta(days=4)
    assert "批-0" in officer.get("/receipts", params={"state": "overdue"}).text
    assert "批-0" not in officer.get("/receipts", params={"state": "due_soon"}).text
    assert 'href="/receipts?state=overdue"' in officer.get("/desk/work").text


def test_many_are_signed_at_once_and_the_second_of_two_officers_reads_who_was_first_and_when(
    linkage: Linkage, officer: TestClient
) -> None:
    first, second = pushed(linkage, 2)
    assert does(officer, one=f"sign:{first}").status_code == 303
    assert "已签收 1 件。" in said(officer)
    other = browser(linkage, "0103")
    late = does(other, one=f"sign:{first}")
    assert late.status_code == 409
    assert "0102" in late.text
    assert "已签收" in late.text
    assert does(other, step="sign", case=[first, second]).status_code == 303
    told = said(other)
    assert "已签收 1 件；另有 1 件未能办理：1 号推送由 0102 于 " in told
    assert "没有待签收的推送" in other.get("/receipts").text
    assert "0103" in other.get("/receipts", params={"state": "signed"}).text
    assert does(officer, step="sign").status_code == 422
    assert does(browser(linkage, department=FIRE), one=f"sign:{first}").status_code == 409
    assert does(browser(linkage, role=Role.COORDINATOR), one=f"sign:{first}").status_code == 403


def test_a_return_needs_one_click_with_reason_and_candidate_and_a_refused_form_may_be_mended(
    linkage: Linkage, officer: TestClient
) -> None:
    (case,) = pushed(linkage)
    assert does(officer, "k", one=f"return:{case}", reason="other").status_code == 409
    mended = does(officer, "k", one=f"return:{case}", reason="other", text="不是餐饮场所", candidate=FIRE)
    assert mended.status_code == 303, mended.text
    again = does(officer, "k", one=f"return:{case}", reason="other", text="不是餐饮场所", candidate=FIRE)
    assert again.status_code == 303
    assert again.headers["location"] == "/receipts"
    page = officer.get("/receipts", params={"state": "returned"}).text
    for words in ("不是餐饮场所", "建议 海州市虚构消防支队", "签收所选"):
        assert words in page
    assert does(officer, one=f"sign:{case}").status_code == 303
    assert does(officer, step="handle", case=case, text="已列入检查计划").status_code == 303
    assert "已列入检查计划" in officer.get("/receipts", params={"state": "handled"}).text
    assert does(officer, step="close", case=case).status_code == 303
    assert "批-0" in officer.get("/receipts", params={"state": "closed"}).text


def test_the_page_of_what_waits_is_cut_where_the_next_begins_and_weighs_little(
    linkage: Linkage, officer: TestClient
) -> None:
    pushed(linkage, 52)
    page = officer.get("/receipts")
    assert len(page.content) < 100_000
    assert page.text.count('name="case"') == 50
    following = page.text.split('rel="next"')[0].split('href="')[-1].split('"')[0].replace("&amp;", "&")
    assert officer.get(following).text.count('name="case"') == 2
    assert officer.get("/receipts", params={"cursor": "x~y"}).status_code == 400


def test_an_officer_of_another_department_and_one_without_a_seat_see_nothing_of_it(
    linkage: Linkage, officer: TestClient
) -> None:
    pushed(linkage)
    assert "批-0" in browser(linkage, department=HEALTH_BUREAU).get("/receipts").text
    assert "批-0" not in browser(linkage, department=FIRE).get("/receipts").text
    nobody = TestClient(web(linkage), headers={"Accept": "text/html"}, follow_redirects=False)
    assert nobody.get("/receipts").headers["location"].startswith("/seat")


def test_the_page_of_a_permit_answers_for_a_day_and_is_where_its_pushes_are_signed(
    linkage: Linkage, officer: TestClient
) -> None:
    (case,) = pushed(linkage)
    permit = case.split("@")[0]
    page = officer.get(f"/permits/{permit}").text
    assert f'value="sign:{case}"' in page
    assert "登记承诺核查" not in page
    later = officer.get(f"/permits/{permit}", params={"on": "2099-01-01", "known_on": "2099-01-01"}).text
    assert "由<strong>海州市市场监督管理局</strong>负责" in later
    assert "尚未签收，未签收不影响其为责任部门" in later
    before = officer.get(f"/permits/{permit}", params={"on": "2020-01-01", "known_on": ""}).text
    assert "没有负责部门。当日尚未收到该许可的决定" in before
    does(officer, one=f"sign:{case}")
    signed = officer.get(f"/permits/{permit}").text
    assert "（工号 0102）" in signed
    assert f'value="handle:{case}"' in signed
    leader = browser(linkage, role=Role.LEADER).get(f"/permits/{permit}").text
    assert "本部门办理" not in leader
    assert "登记检查结果" not in leader


def test_what_was_found_is_recorded_by_form_followed_up_and_stands_on_the_line_of_the_party(
    linkage: Linkage, officer: TestClient
) -> None:
    (case,) = pushed(linkage)
    permit = case.split("@")[0]
    form = f"/permits/{permit}/findings/inspection"
    assert "登记检查结果" in officer.get(form).text
    sent = {"key": "k", "inspection_kind": "双随机", "inspected_on": "2026-11-23", "result": "problems"}
    refused = officer.post(form, data=sent)
    assert (refused.status_code, "没有写明" in refused.text) == (422, True)
    mended = sent | {"problems": "后厨无消毒记录", "rectification_due": "2026-12-10"}
    assert officer.post(form, data=mended).status_code == 303
    assert officer.post(form, data=mended).status_code == 303
    listed = officer.get("/findings", params={"still": "open"}).text
    assert listed.count("后厨无消毒记录") == 1
    follow = listed.split('/rectification"')[0].split('href="')[-1] + "/rectification"
    assert browser(linkage, department=HEALTH_BUREAU).get(follow).status_code == 403
    checked = {"key": "r", "checked_on": "2026-11-24", "passed": "true"}
    assert officer.post(follow, data=checked).status_code == 303
    assert "整改合格" in officer.get(f"/permits/{permit}").text
    wrong = {"key": "e", "field": "valid_to", "should_be": "2030-11-19", "reported_on": "2026-11-24"}
    assert officer.post(f"/permits/{permit}/findings/error", data=wrong).status_code == 303
    bad = officer.post(f"/permits/{permit}/findings/error", data=wrong | {"key": "f", "reported_on": "昨天"})
    assert "发现日期：" in bad.text
    assert officer.get(f"/permits/{permit}/findings/nothing").status_code == 404
    party = officer.get(f"/permits/{permit}").text.split('href="/parties/')[1].split('"')[0]
    line = officer.get(f"/parties/{party}").text
    for words in ("主体全景", "核发", "已送达", "校核纠错", "整改合格"):
        assert words in line
    assert officer.get(f"/parties/{UUID(int=5)}").status_code == 404

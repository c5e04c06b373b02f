"""A daily statement on the page of either side: signed or disputed by whom it concerns, and by nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient

from services.approval.http import Office, application
from services.pages.seats import Role, Seat
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.statements import draw, drawn_day, today
from tests.supervision_web import web

HTML = {"accept": "text/html"}


def clerk(linkage: Linkage, staff: str = "0032", body: str = BODY) -> TestClient:
    seat = {"seat-approval": Seat(Role.CLERK, body, staff).as_cookie()}
    app = application(Office(linkage.approval_web, linkage.web_desk, "token"))
    return TestClient(app, headers=HTML, cookies=seat, follow_redirects=False)


def officer(linkage: Linkage, staff: str = "0417", body: str = MARKET_BUREAU, role: Role = Role.OFFICER) -> TestClient:
    seat = {"seat-supervision": Seat(role, body if role.of_a_body else "", staff).as_cookie()}
    return TestClient(web(linkage), headers=HTML, cookies=seat, follow_redirects=False)


def place(day: date) -> str:
    return f"/statements/{BODY}/{MARKET_BUREAU}/{day}"


def says(reader: TestClient, day: date, act: str, **form: Any) -> Any:
    return reader.post(place(day), data={"key": str(uuid4()), "act": act} | form)


def agreed(linkage: Linkage) -> date:
    linkage.duties(duty())
    linkage.publish(*(decision(permit_number=number) for number in ("批-1", "批-2")))
    day = drawn_day(linkage)
    exchanged(linkage)
    return day


def exchanged(linkage: Linkage) -> None:
    linkage.number()
    linkage.apply()
    linkage.hear()


def test_each_side_signs_its_half_on_the_page_and_the_second_reads_who_was_first(linkage: Linkage) -> None:
    day = agreed(linkage)
    for first, second, number in (
        (clerk(linkage), clerk(linkage, "0033"), "0032"),
        (officer(linkage), officer(linkage, "0418"), "0417"),
    ):
        assert f'href="{place(day)}">去确认' in first.get("/statements").text
        page = first.get(place(day)).text
        assert "确认 2 件" in page
        assert "文书编号：DZ-" in page
        assert says(first, day, "sign").headers["location"] == place(day)
        late = says(second, day, "sign")
        assert (late.status_code, f"已由 {number} 于 " in late.text) == (422, True)
        shown = second.get(place(day)).text
        assert f"本方已由工号 {number} 于" in shown
        assert "确认 2 件" not in shown
        assert f'href="{place(day)}">查看' in second.get("/statements").text
    exchanged(linkage)
    assert "双方已确认" in clerk(linkage).get(place(day)).text


def test_a_dispute_needs_a_reason_and_the_other_side_reads_it(linkage: Linkage) -> None:
    day = agreed(linkage)
    assert says(officer(linkage), day, "dispute", reason=" ").status_code == 422
    assert says(officer(linkage), day, "dispute", reason="2 号推送未收到").status_code == 303
    exchanged(linkage)
    assert "异议：2 号推送未收到" in clerk(linkage).get(place(day)).text
    assert says(clerk(linkage), day, "sign").status_code == 303, "a dispute of the other side forbids nothing"


def test_the_same_form_sent_twice_is_one_act(linkage: Linkage) -> None:
    day = agreed(linkage)
    for _ in range(2):
        assert says(officer(linkage), day, "sign", key="once").status_code == 303


def test_what_the_other_side_has_not_drawn_can_be_disputed_and_not_signed(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    draw(linkage, "supervision")
    day = today(linkage)
    page = officer(linkage).get(place(day)).text
    assert "对方尚未出具这一日的对账单，暂不能确认" in page
    assert 'value="sign"' not in page
    refused = says(officer(linkage), day, "sign")
    assert (refused.status_code, "尚未出具" in refused.text) == (422, True)


def test_nobody_signs_for_another_body_or_in_another_role(linkage: Linkage) -> None:
    day = agreed(linkage)
    leader = officer(linkage, role=Role.LEADER)
    page = leader.get(place(day))
    assert page.status_code == 200
    assert "本方办理" not in page.text
    assert says(leader, day, "sign").status_code == 403
    for of_another in (officer(linkage, body=HEALTH_BUREAU), clerk(linkage, body="X" * 18)):
        assert of_another.get(place(day)).status_code == 403
        assert says(of_another, day, "sign").status_code == 403
    assert says(officer(linkage), date(2020, 1, 1), "sign").status_code == 404

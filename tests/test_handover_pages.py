"""Handover lists on the pages of both sides: seen by both, signed by the department, with rows that come back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from events.handovers import list_stream
from services.approval.stock import hand_over
from services.pages.seats import Role
from services.supervision.pages import handover
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, duty
from tests.linkage import Linkage
from tests.test_handovers import BATCH, exchange, states, stock
from tests.test_statement_pages import clerk, officer

LISTED = list_stream(BODY, MARKET_BUREAU, 1)
HERE = f"/handovers/{LISTED}"


@pytest.fixture
def permits(linkage: Linkage) -> list[UUID]:
    """Three permits of opening stock, handed over to the market bureau."""
    linkage.duties(duty(co_departments=()))
    outcomes = linkage.submit(*map(stock, range(3)))
    hand_over(linkage.approval, BATCH)
    exchange(linkage)
    return [one.permit for one in outcomes if one.permit]


def signs(reader: TestClient, **form: Any) -> Any:
    said = {"key": str(uuid4()), "reason": "place_not_ours"} | form
    return reader.post(f"{HERE}/signature", data=said)


def test_a_department_signs_its_list_on_the_page_and_the_bureau_sees_what_came_back(
    linkage: Linkage, permits: list[UUID]
) -> None:
    reader = officer(linkage)
    waiting = reader.get("/handovers", params={"state": "waiting"}).text
    assert f'<a href="{HERE}">去签收</a>' in waiting
    page = reader.get(HERE).text
    assert page.count('name="excepted"') == 3
    assert "文书编号：YJ-" in page
    assert signs(reader, excepted=[str(permits[1])]).headers["location"] == HERE
    shown = reader.get(HERE).text
    assert "已签收第 1 号移交清单：接收 2 件，退回 1 件" in shown
    assert 'name="excepted"' not in shown
    assert states(linkage, MARKET_BUREAU)[permits[1]] == "returned"
    exchange(linkage)
    bureau = clerk(linkage)
    assert "接收 2 件，退回 1 件" in bureau.get("/handovers").text
    told = bureau.get(HERE).text
    for words in ("一致", "工号 0417", str(permits[1]), "场所不在本部门辖区", "海州市市场监督管理局"):
        assert words in told


def test_of_two_officers_the_second_reads_who_was_first_and_the_same_form_twice_is_one_act(
    linkage: Linkage, permits: list[UUID]
) -> None:
    for _ in range(2):
        assert signs(officer(linkage), key="once").status_code == 303
    late = signs(officer(linkage, "0418"))
    assert (late.status_code, "该移交清单已由 0417 于 " in late.text) == (409, True)


def test_a_refused_signature_signs_nothing_and_says_what_to_mend(linkage: Linkage, permits: list[UUID]) -> None:
    reader = officer(linkage)
    without_words = signs(reader, excepted=[str(permits[0])], reason="other")
    assert (without_words.status_code, "必须写明理由" in without_words.text) == (422, True)
    assert signs(reader, excepted=[str(uuid4())]).status_code == 422
    assert signs(reader, excepted=["x"]).status_code == 422
    assert set(states(linkage, MARKET_BUREAU).values()) == {"delivered"}
    assert signs(officer(linkage, body=HEALTH_BUREAU)).status_code == 404
    assert signs(officer(linkage, role=Role.COORDINATOR)).status_code == 403
    assert 'name="excepted"' not in officer(linkage, body=HEALTH_BUREAU).get(HERE).text
    assert "没有待签收的移交清单" in officer(linkage, body=HEALTH_BUREAU).get("/handovers?state=waiting").text


def test_a_long_list_is_shown_in_parts_and_signed_as_a_whole(
    linkage: Linkage, permits: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "AT_ONCE", 2)
    reader = officer(linkage)
    page = reader.get(HERE).text
    assert page.count('name="excepted"') == 2
    assert "清单不止一页" in page
    following = page.split('href="?after=')[1].split('"')[0]
    assert reader.get(HERE, params={"after": following}).text.count('name="excepted"') == 1
    assert signs(reader).status_code == 303
    assert set(states(linkage, MARKET_BUREAU).values()) == {"signed"}

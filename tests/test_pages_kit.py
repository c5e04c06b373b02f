"""What all pages have in common: a seat to take, forms that only our own pages may send, and one stream a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import listening, web

PAGE = {"Accept": "text/html"}
SEAT = {"role": "officer", "body": MARKET_BUREAU, "staff": "1001"}


@pytest.fixture
def reader(linkage: Linkage) -> Iterator[TestClient]:
    linkage.duties(duty())
    with TestClient(web(linkage), headers=PAGE, follow_redirects=False) as client:
        yield client


def test_who_takes_a_seat_comes_back_to_the_page_they_wanted_and_stays_in_it(reader: TestClient) -> None:
    chosen = reader.post("/seat", data=SEAT | {"to": f"/departments/{MARKET_BUREAU}?status=all"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/departments/{MARKET_BUREAU}?status=all")
    assert "监管人员 <span>工号 1001</span>" in reader.get("/departments").text


WRONG_SEATS: list[dict[str, str]] = [
    {"body": "11990100MB0000999X"},
    {"body": ""},
    {"role": "clerk"},
    {"role": "emperor"},
    {"staff": "王某"},
    {"staff": ""},
]
SPOILED_COOKIES = "", "officer", "officer..1", f"coordinator.{MARKET_BUREAU}.1", "clerk.x.1", "<b>"
OTHER_HOUSES = "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"
FOREIGN_PAGES: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def test_a_seat_that_is_not_there_or_spoiled_is_none(reader: TestClient) -> None:
    for wrong in WRONG_SEATS:
        refused = reader.post("/seat", data=SEAT | wrong)
        assert (refused.status_code, "怎么办" in refused.text) == (422, True), wrong
        assert "set-cookie" not in refused.headers, wrong
    for spoiled in SPOILED_COOKIES:
        reader.cookies.set("seat-supervision", spoiled)
        assert "选择岗位</a>" in reader.get("/departments").text, spoiled


def test_a_form_that_another_sites_page_sent_changes_nothing_and_none_leads_to_another_house(
    reader: TestClient,
) -> None:
    for sent_from in FOREIGN_PAGES:
        refused = reader.post("/seat", data=SEAT, headers=sent_from)
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False), sent_from
    ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert reader.post("/seat", data=SEAT, headers=ours).status_code == 303
    for elsewhere in OTHER_HOUSES:
        assert reader.post("/seat", data=SEAT | {"to": elsewhere}).headers["location"] == "/", elsewhere


def test_a_service_without_a_log_in_says_so_on_every_page(reader: TestClient) -> None:
    for page in ("/", "/seat", "/departments", "/help", "/no-such-page"):
        assert "演示：没有登录" in reader.get(page, follow_redirects=True).text, page


def test_letters_keep_the_size_that_was_chosen(reader: TestClient) -> None:
    assert reader.post("/size", data={"size": "larger", "to": "/departments"}).headers["location"] == "/departments"
    assert 'class="size-larger"' in reader.get("/departments").text


def test_the_windows_of_a_browser_share_one_stream_and_all_of_them_move(linkage: Linkage, browser: Browser) -> None:
    linkage.duties(duty())
    linkage.number_pushes()
    app = web(linkage)
    with listening(linkage, app=app) as address:
        context = browser.new_context(locale="zh-CN")
        windows = [context.new_page() for _ in range(3)]
        for window in windows:
            window.goto(f"{address}/departments/{MARKET_BUREAU}")
            expect(window.get_by_text("自动更新中")).to_be_visible()
        assert app.state.office.live.readers == 1
        linkage.publish(decision(permit_number="N1"))
        linkage.number_pushes()
        for window in windows:
            expect(window.get_by_role("link", name="N1", exact=True)).to_be_visible(timeout=10_000)
        context.close()

"""What an officer does on the watch list: sees what is new, signs many, gives them to a colleague, takes it along."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from events.approval import PartyKind
from events.database import raw
from services.pages.seats import Role
from services.people_register import enrol
from services.supervision import watch_list_book
from tests.invented import DEPARTMENTS, HEALTH_BUREAU, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.people import GAO, HE, WEN, enrolled
from tests.test_officers_pages import browser, does, pushed, said

LIST = f"/departments/{MARKET_BUREAU}"


@pytest.fixture
def officer(linkage: Linkage) -> TestClient:
    linkage.duties(duty())
    with linkage.supervision.begin() as transaction:
        everybody = [enrolled(number) for number in (GAO, HE, WEN)]
        enrol(raw(transaction), "supervision", everybody, "S-0001", linkage.now())
    return browser(linkage)  # type: ignore[no-any-return]


def assigns(officer: TestClient, *case: str, to: str = GAO, why: str = "熟悉该企业", key: str = "a") -> Any:
    form = {"to": LIST, "key": key, "case": case, "officer": to, "why": why}
    return officer.post("/receipts/assignments", data=form)


def tile(page: str, words: str) -> int:
    """The figure of the tile with these words."""
    (before,) = [part for part in page.split('class="tile"')[1:] if f"{words}</span>" in part]
    return int(before.split('class="amount">')[1].split("<")[0])


def changed_at(linkage: Linkage, number: str, at: datetime) -> None:
    """The desk's clock stands in these tests, the database's does not."""
    with linkage.supervision.begin() as connection:
        asked = text("UPDATE watch_list SET changed_at = :at WHERE permit_number = :number")
        connection.execute(asked, {"at": at, "number": number})


def sheet(answer: Any) -> list[list[str]]:
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


def test_what_changed_since_the_last_visit_is_marked_counted_and_found_by_its_tile(
    linkage: Linkage, officer: TestClient
) -> None:
    pushed(linkage, 2)
    page = officer.get(LIST).text
    assert "最近 7 天" in page
    assert (tile(page, "件有新变化"), tile(page, "件待签收")) == (2, 2)
    seen = linkage.now() - timedelta(days=1)
    changed_at(linkage, "批-0", seen - timedelta(hours=1))
    changed_at(linkage, "批-1", seen + timedelta(hours=1))
    returning = browser(linkage)
    returning.cookies.set(f"seen-supervision-list-{MARKET_BUREAU}", f"~{seen.isoformat()}")
    assert tile(returning.get(LIST + "/rows").text, "件有新变化") == 1, "what moves is no visit"
    page = returning.get(LIST).text
    assert "上次查看以来" in page
    assert (tile(page, "件有新变化"), page.count('class="newer"')) == (1, 1)
    address = page.split('class="tile" href="')[1].split('"')[0].replace("&amp;", "&")
    found = officer.get(address).text
    assert ("批-1" in found, "批-0" in found) == (True, False)


def test_ticked_rows_are_signed_at_once_and_what_a_colleague_had_signed_is_called_by_its_number(
    linkage: Linkage, officer: TestClient
) -> None:
    first, second, third = pushed(linkage, 3)
    assert officer.get(LIST).text.count('name="case"') == 3
    assert does(browser(linkage, "0103"), "b", one=f"sign:{second}").status_code == 303
    answer = officer.post("/receipts/steps", data={"to": LIST, "key": "k", "step": "sign", "case": [first, second]})
    assert (answer.status_code, answer.headers["location"]) == (303, LIST)
    page = officer.get(LIST).text
    told = page.split('class="done"')[1].split("</p>")[0]
    assert "已签收 1 件；另有 1 件未能办理：2 号推送由 0103 于 " in told
    assert (tile(page, "件待签收"), page.count('name="case"')) == (1, 1)
    assert "已签收 工号 0103" in page
    assert f'value="{third}"' in page
    assert "批-2" in officer.get(LIST, params={"unsigned": "true"}).text
    assert "批-0" not in officer.get(LIST, params={"unsigned": "true"}).text


def test_only_officers_of_the_department_are_offered_what_is_theirs(linkage: Linkage, officer: TestClient) -> None:
    pushed(linkage)
    page = browser(linkage, role=Role.COORDINATOR).get(LIST).text
    assert "批-0" in page
    assert ('name="case"' in page, "签收所选" in page, "虚构人" in page) == (False, False, False)
    assert browser(linkage, department=HEALTH_BUREAU).get(LIST).status_code == 403
    assert "虚构人13 S-0313" in officer.get(LIST).text
    assert "虚构人11" not in officer.get(LIST).text, "an officer of another department is not offered"


def test_ticked_pushes_are_given_to_a_named_officer_and_each_refusal_says_why(
    linkage: Linkage, officer: TestClient
) -> None:
    first, second = pushed(linkage, 2)
    assert assigns(officer).status_code == 422, "nothing ticked"
    assert assigns(officer, first, to="").status_code == 422
    assert assigns(officer, first, why=" ").status_code == 422
    other = assigns(officer, first, to=WEN)
    assert (other.status_code, "没有登记这个工号" in other.text) == (409, True)
    assert assigns(browser(linkage, role=Role.COORDINATOR), first).status_code == 403
    does(officer, one=f"sign:{second}")
    assert assigns(officer, first, second, key="b").headers["location"] == LIST
    assert f"已指派给工号 {GAO}： 1 件；另有 1 件未能办理：2 号推送已签收，或为" in said(officer)
    assert f"经办 {GAO}" in officer.get(LIST).text
    assert assigns(officer, first, to=HE, key="c").status_code == 303
    assert f"经办 {HE}" in officer.get(LIST).text
    assert assigns(officer, first, second, key="b").status_code == 303, "the same form twice is one act"
    assert f"经办 {HE}" in officer.get(LIST).text


def test_the_list_is_taken_along_as_a_workbook_with_its_filters_meaning_and_moment(
    linkage: Linkage, officer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.publish(*(decision(permit_number=f"批-{one}") for one in range(3)), decision(permit_number="=1+1"))
    answer = officer.get(f"{LIST}/book")
    assert answer.headers["content-disposition"] == 'attachment; filename="watch-list.xlsx"'
    rows = sheet(answer)
    head = "\n".join(row[0] for row in rows[:7])
    for words in (f"{DEPARTMENTS[MARKET_BUREAU]}监管台账", "状态 现行", "符合条件 4 件", "数据截至 ", "口径："):
        assert words in head
    assert "本表最多列" not in head
    top = next(number for number, row in enumerate(rows) if row[0] == "最近变化")
    numbers = [row[5] for row in rows[top + 1 :]]
    assert sorted(numbers) == ["'=1+1", "批-0", "批-1", "批-2"], "a text is no formula"
    assert {row[11] for row in rows[top + 1 :]} == {"已送达"}
    monkeypatch.setattr(watch_list_book, "MOST", 2)
    monkeypatch.setattr(watch_list_book, "AT_ONCE", 1)
    cut = sheet(officer.get(f"{LIST}/book", params={"status": "all", "unsigned": "true"}))
    assert any("本表最多列 2 件" in row[0] for row in cut)
    assert any("待签收" in row[0] and "状态 全部" in row[0] for row in cut)
    assert len(cut) - next(number for number, row in enumerate(cut) if row[0] == "最近变化") == 3
    assert officer.get(f"/departments/{HEALTH_BUREAU[:-1]}X/book").status_code == 403
    assert officer.get(f"{LIST}/book", params={"nobody": "1"}).status_code == 422


def test_a_natural_person_is_in_the_workbook_as_on_the_page(linkage: Linkage, officer: TestClient) -> None:

    person = party(kind=PartyKind.NATURAL, name="欧阳某某", identifier="990101199001010016", legal_representative="")
    linkage.publish(decision(party=person, valid_to=date(2027, 1, 1)))
    cells = [cell for row in sheet(officer.get(f"{LIST}/book")) for cell in row]
    assert "欧阳**" in cells
    assert not any("欧阳某某" in cell or "19900101" in cell for cell in cells)


def test_a_full_page_of_ticks_stays_small(linkage: Linkage, officer: TestClient) -> None:
    pushed(linkage, 60)
    page = officer.get(LIST)
    assert page.text.count('name="case"') == 50
    assert len(page.content) < 100_000

"""The supervision side over HTTP, as a department's own system and an officer's browser ask it."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from events.approval import PartyKind
from services.approval.decision import Kind
from services.supervision import arrival
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.supervision_web import BEHIND, web

LIST = f"/api/v1/departments/{MARKET_BUREAU}/watch-list"
PAGE = {"accept": "text/html"}


@pytest.fixture
def officer(linkage: Linkage) -> TestClient:
    linkage.duties(duty())
    return TestClient(web(linkage), raise_server_exceptions=True)


def listed(officer: TestClient, **filters: Any) -> list[str]:
    answer = officer.get(LIST, params=filters)
    assert answer.status_code == 200, answer.text
    return [permit["permit_number"] for permit in answer.json()["permits"]]


def problem(officer: TestClient, address: str, code: int, /, **params: Any) -> dict[str, Any]:
    answer = officer.get(address, params=params)
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["title"]
    assert said["what_to_do"]
    return said


def test_a_list_says_what_to_watch_how_many_and_as_of_when(officer: TestClient, linkage: Linkage) -> None:
    (granted,) = linkage.publish(decision())
    said = officer.get(LIST).json()
    assert (said["count"], said["count_capped"], said["next_cursor"]) == (1, False, None)
    assert said["name"] == "海州市市场监督管理局"
    assert said["as_of"]
    (permit,) = said["permits"]
    assert permit["permit"] == str(granted.permit)
    assert (permit["status_in_words"], permit["role"], permit["matter_code"]) == ("现行", "lead", FOOD)
    assert (permit["decision_in_words"], permit["valid_to"], permit["expired"]) == ("核发", "2031-11-19", False)


def test_every_filter_of_the_list_is_a_parameter_of_its_address(officer: TestClient, linkage: Linkage) -> None:
    linkage.duties(duty(), duty(matter_code="000131004000", matter_name="食品生产许可"))
    linkage.publish(
        decision(permit_number="A"),
        decision(permit_number="B", matter_code="000131004000", region_code="990103"),
        decision(permit_number="C", valid_to=date(2026, 12, 20), valid_from=date(2026, 1, 1)),
        decision(permit_number="D", valid_to=date(2026, 11, 21)),
        decision(permit_number="E"),
        decision(permit_number="E", kind=Kind.REVOKE, reason="处罚决定"),
    )
    assert sorted(listed(officer)) == ["A", "B", "C", "D"]
    assert listed(officer, status="expired") == ["D"]
    assert listed(officer, status="revoked") == ["E"]
    assert len(listed(officer, status="all")) == 5
    assert listed(officer, matter="000131004000") == ["B"]
    assert listed(officer, region="990103") == ["B"]
    assert len(listed(officer, region="9901")) == 4
    assert listed(officer, expiring_within=30) == ["C"]
    assert listed(officer, changed_since="2100-01-01") == []
    assert len(listed(officer, changed_since="2020-01-01", status="", matter="", region="")) == 4
    holder = officer.get(LIST).json()["permits"][0]["party"]["id"]
    assert len(listed(officer, party=holder)) == 4
    assert listed(officer, party=str(uuid4())) == []


def test_paging_by_cursor_shows_everything_once_and_a_spoiled_cursor_is_refused(
    officer: TestClient, linkage: Linkage
) -> None:
    linkage.publish(*(decision(permit_number=f"N{number}") for number in range(7)))
    shown: list[str] = []
    cursor = ""
    while cursor is not None:
        said = officer.get(LIST, params={"limit": 3, "cursor": cursor}).json()
        shown += [permit["permit_number"] for permit in said["permits"]]
        cursor = said["next_cursor"]
    assert sorted(shown) == [f"N{number}" for number in range(7)]
    first = officer.get(LIST, params={"limit": 3}).json()["next_cursor"]
    assert problem(officer, LIST, 400, cursor=first[:-3])["code"] == "cursor_spoiled"
    assert problem(officer, LIST, 400, cursor=first, status="all")["code"] == "cursor_spoiled"


def test_a_writer_reads_its_own_decision_by_waiting_for_it(officer: TestClient, linkage: Linkage) -> None:
    (submitted,) = linkage.submit(decision())
    linkage.number()

    def later() -> None:
        time.sleep(0.3)
        linkage.apply()

    thread = threading.Thread(target=later)
    thread.start()
    assert listed(officer, wait_for=f"{submitted.permit}@1") == ["JY29901020000001"]
    thread.join()


def test_who_waits_in_vain_learns_why_and_what_to_do(
    officer: TestClient, linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "WAIT_SECONDS", 0.1)
    (submitted,) = linkage.submit(decision())
    waited = problem(officer, LIST, 504, wait_for=f"{submitted.permit}@1")
    assert waited["code"] == "not_yet_visible"
    assert "linkage lag" in waited["what_to_do"]
    linkage.rows(
        "INSERT INTO parked_streams (projection, stream, partition, reason, detail) "
        "VALUES ('intake', %s, 1, 'malformed', 'facts') RETURNING 1",
        submitted.permit,
    )
    assert problem(officer, LIST, 504, wait_for=f"{submitted.permit}@1")["code"] == "permit_parked"
    assert problem(officer, LIST, 422, wait_for="nonsense")["faults"][0]["field"].startswith("wait_for")


def test_an_unknown_department_is_told_from_an_empty_list(officer: TestClient) -> None:
    assert listed(officer) == []
    unknown = problem(officer, "/api/v1/departments/11990100MB0000999X/watch-list", 404)
    assert unknown["code"] == "unknown_department"
    assert "GET /api/v1/departments" in unknown["what_to_do"]
    known = officer.get("/api/v1/departments").json()["departments"]
    assert [(one["department"], one["valid"]) for one in known] == [(MARKET_BUREAU, 0), (HEALTH_BUREAU, 0)]


MEANINGLESS = {
    "region": "37x",
    "limit": "201",
    "expiring_within": "soon",
    "statuss": "all",
    "status": "gone",
    "party": "张三",
    "changed_since": "昨天",
    "matter": "' OR 1=1",
}


def test_a_filter_that_cannot_be_meant_is_refused_by_name_and_without_its_value(officer: TestClient) -> None:
    for field, value in MEANINGLESS.items():
        said = problem(officer, LIST, 422, **{field: value})
        assert said["faults"][0]["field"] == field
        assert field in said["detail"]
        assert value not in said["detail"]


def test_a_permit_shows_what_was_decided_and_who_was_told_when(officer: TestClient, linkage: Linkage) -> None:
    (granted,) = linkage.publish(decision())
    linkage.publish(decision(Kind.RENEW, valid_to=date(2036, 11, 19)))
    said = officer.get(f"/api/v1/permits/{granted.permit}").json()
    assert (said["status"], said["version"], said["facts"]["valid_to"]) == ("valid", 2, "2036-11-19")
    assert {one["department"]: one["role"] for one in said["responsible"]} == {
        MARKET_BUREAU: "lead",
        HEALTH_BUREAU: "co",
    }
    grant, renewal = said["history"]
    assert (grant["kind"], grant["decision_date"], renewal["kind"]) == ("核发", "2026-11-20", "延续")
    assert renewal["changes"] == [{"fact": "valid_to", "before": "2031-11-19", "after": "2036-11-19"}]
    told = [(one["name"], one["role"], one["push_number"]) for one in renewal["told"]]
    assert told == [("海州市市场监督管理局", "lead", 2), ("海州市卫生健康委员会", "co", 2)]
    assert renewal["told"][0]["at"] >= renewal["recorded_at"]


def test_the_history_of_a_permit_that_moved_names_who_had_it_and_who_has_it(
    officer: TestClient, linkage: Linkage
) -> None:
    county = "11990103MB0000201C"
    linkage.duties(duty(), duty(region_code="990103", lead=county, co_departments=()))
    granted, _ = linkage.publish(decision(), decision(Kind.AMEND, region_code="990103"))
    said = officer.get(f"/api/v1/permits/{granted.permit}").json()
    assert [one["department"] for one in said["responsible"]] == [county]
    left = [one["department"] for one in said["history"][1]["told"] if one["left"]]
    assert left == [MARKET_BUREAU, HEALTH_BUREAU]


def test_a_permit_nobody_heard_of_is_said_to_be_so(officer: TestClient) -> None:
    assert problem(officer, f"/api/v1/permits/{uuid4()}", 404)["code"] == "unknown_permit"
    assert problem(officer, "/api/v1/permits/1", 422)["faults"][0]["field"] == "permit"


def test_what_no_duty_covers_waits_in_sight_until_the_duty_is_added(linkage: Linkage) -> None:
    officer = TestClient(web(linkage))
    granted, *_ = linkage.publish(*(decision(permit_number=f"N{number}") for number in range(3)))
    said = officer.get("/api/v1/exceptions", params={"limit": 2}).json()
    assert (said["count"], said["count_capped"], len(said["exceptions"])) == (3, False, 2)
    first = said["exceptions"][0]
    assert (first["reason_in_words"], first["owner"]) == ("监管责任清单中没有该事项", "审改办")
    assert first["since"]
    rest = officer.get("/api/v1/exceptions", params={"limit": 2, "cursor": said["next_cursor"]}).json()
    assert len(rest["exceptions"]) == 1
    assert rest["next_cursor"] is None
    assert problem(officer, "/api/v1/exceptions", 400, cursor="x")["code"] == "cursor_spoiled"
    assert "有 3 件决定找不到监管部门" in officer.get("/", headers=PAGE).text
    assert "监管责任清单中没有该事项" in officer.get("/exceptions", headers=PAGE).text
    linkage.duties(duty())
    linkage.tend()
    assert officer.get("/api/v1/exceptions").json()["count"] == 0
    history = officer.get(f"/api/v1/permits/{granted.permit}").json()["history"]
    assert history[0]["waited"]["owner"] == "审改办"
    assert history[0]["told"][0]["reason"] == "duty_found"
    page = officer.get(f"/permits/{granted.permit}", headers=PAGE).text
    assert "转入待定职责：监管责任清单中没有该事项，由 审改办 负责" in page


def test_pages_are_readable_without_script_and_load_nothing_from_elsewhere(
    officer: TestClient, linkage: Linkage
) -> None:
    granted, _ = linkage.publish(decision(), decision(permit_number="B", valid_to=date(2026, 11, 21)))
    for address in ("/", f"/departments/{MARKET_BUREAU}", f"/permits/{granted.permit}", "/exceptions"):
        answer = officer.get(address, headers=PAGE)
        assert answer.status_code == 200
        assert '<html lang="zh-CN"' in answer.text
        assert "数据截至 <time" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not [bad for bad in ("style=", "<style", "onclick", "<script>", "//") if bad in answer.text], address
    text = officer.get(f"/departments/{MARKET_BUREAU}", headers=PAGE).text
    for seen in ("海州市虚构餐饮有限公司", "食品经营许可", "现行", "已届满未注销", "已过 3 天", "牵头", "<noscript>"):
        assert seen in text
    assert "没有符合条件的许可" in officer.get(f"/departments/{MARKET_BUREAU}?matter=1", headers=PAGE).text


def test_an_officer_sees_a_problem_as_a_page_in_words(officer: TestClient) -> None:
    missing = officer.get("/departments/11990100MB0000999X", headers=PAGE)
    assert missing.status_code == 404
    assert "没有这个监管部门" in missing.text
    wrong = officer.get(f"/departments/{MARKET_BUREAU}?region=37x", headers=PAGE)
    assert "区划代码：应为 2、4、6、9 或 12 位数字" in wrong.text
    assert officer.get("/nowhere", headers=PAGE).status_code == 404


def test_a_yellow_bar_says_that_lists_are_behind_and_stays_away_when_they_are_not(linkage: Linkage) -> None:
    linkage.duties(duty())
    address = f"/departments/{MARKET_BUREAU}"
    behind = TestClient(web(linkage, BEHIND)).get(address, headers=PAGE).text
    assert "数据延迟 3 分 20 秒（落后），原因：新到的多于处理得完的，还有 1234 个事件" in behind
    assert "数据延迟" not in TestClient(web(linkage)).get(address, headers=PAGE).text


def test_no_page_or_answer_bears_the_name_or_number_of_a_person(officer: TestClient, linkage: Linkage) -> None:
    person = party(kind=PartyKind.NATURAL, name="欧阳某某", identifier="990101199001010016", legal_representative="")
    (granted,) = linkage.publish(decision(party=person))
    assert granted.accepted, granted.answer()
    linkage.number_pushes()
    addresses = [
        LIST,
        f"/api/v1/permits/{granted.permit}",
        f"/departments/{MARKET_BUREAU}",
        f"/permits/{granted.permit}",
    ]
    for address in addresses:
        text = officer.get(address, headers=PAGE).text
        assert "欧阳**" in text
        assert "欧阳某某" not in text
        assert "19900101" not in text


def test_the_service_says_that_it_lives_and_that_it_can_answer(officer: TestClient) -> None:
    assert officer.get("/healthz").json() == {"status": "alive"}
    assert officer.get("/readyz").json()["status"] == "ready"

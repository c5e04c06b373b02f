"""The coordinator's pages of the duty list: who has what on a day, what a file would change, where an event goes."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

from fastapi.testclient import TestClient

from services.pages.seats import Role, Seat
from services.supervision.code_file import HEADINGS as CODE_HEADINGS
from services.supervision.duty_file import HEADINGS
from tests.invented import DEPARTMENTS, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web


def seated(linkage: Linkage, role: Role = Role.COORDINATOR, body: str = "") -> TestClient:
    seat = {"seat-supervision": Seat(role, body, "0001").as_cookie()}
    return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat, follow_redirects=False)


def as_file(headings: tuple[str, ...], *rows: dict[str, str]) -> dict[str, tuple[str, bytes]]:
    written = StringIO()
    sheet = csv.DictWriter(written, headings)
    sheet.writeheader()
    sheet.writerows(rows)
    return {"file": ("清单.csv", written.getvalue().encode())}


def row(**changes: str) -> dict[str, str]:
    return {
        "事项编码": FOOD, "事项名称": "食品经营许可", "区划代码": "990100", "层级": "*", "牵头部门代码": HEALTH_BUREAU,
        "牵头部门名称": DEPARTMENTS[HEALTH_BUREAU], "生效日期": "2027-01-01",
    } | changes  # fmt: skip


def test_a_duty_list_is_looked_at_before_it_is_taken_and_seen_on_a_day_to_come(linkage: Linkage) -> None:
    linkage.duties(duty(co_departments=(), valid_to=date(2026, 12, 31)))
    linkage.publish(decision())
    reader = seated(linkage)
    assert "<strong>1</strong> 条" in reader.get("/duties").text
    assert "将失效" in reader.get("/duties?holding=to_come").text
    assert seated(linkage, Role.POLICY, MARKET_BUREAU).get("/duties/import").status_code == 403

    clash = reader.post("/duties/look", files=as_file(HEADINGS, row(), row(牵头部门代码=MARKET_BUREAU))).text
    assert "整份不能导入" in clash
    assert "第 2 行" in clash
    assert "第 3 行" in clash
    assert "确认导入" not in clash

    looked = reader.post("/duties/look", files=as_file(HEADINGS, row(), row(生效日期="明年"))).text
    assert "新增 <strong>1</strong> 条" in looked
    assert "不能收下 <strong>1</strong> 行" in looked
    assert "将转办现行许可 <strong>1</strong> 件" in looked
    assert linkage.rows("SELECT count(*) FROM duties") == [(1,)]
    kept = looked.split('name="file" value="')[1].split('"')[0]
    taken = reader.post("/duties/import", data={"file": kept})
    assert taken.headers["location"] == "/duties"
    assert linkage.rows("SELECT count(*) FROM duties") == [(2,)]
    assert reader.post("/duties/import", data={"file": "0" * 64}).status_code == 404

    later = reader.get("/duties?on=2027-01-01").text
    assert later.count(DEPARTMENTS[HEALTH_BUREAU] + "</td>") == 1
    assert reader.get(f"/duties?department={HEALTH_BUREAU}").text.count("/duties/matters/") == 0
    assert reader.get(f"/duties/matters/{FOOD}").text.count("990100") == 2

    asked = f"/duties/route?matter={FOOD}&region=990102&level=县级&on="
    assert DEPARTMENTS[MARKET_BUREAU] in reader.get(asked).text.split("会推送给</h2>")[1]
    assert DEPARTMENTS[HEALTH_BUREAU] in reader.get(f"{asked}2027-01-01").text.split("会推送给</h2>")[1]
    assert "会进入待定职责" in reader.get("/duties/route?matter=X1&region=990102&level=县级").text
    assert "没有无人监管的事项" in reader.get("/duties/gaps").text
    assert "监管责任在当日未生效或已失效" in reader.get("/duties/gaps?on=2020-01-01").text


def test_mappings_of_codes_are_taken_from_a_file_all_or_none(linkage: Linkage) -> None:
    linkage.duties(duty())
    reader = seated(linkage)
    one = {"类别": "事项", "旧代码": "OLD1", "新代码": FOOD, "生效日期": "2026-01-01", "说明": "目录调整"}
    clash = reader.post("/duties/codes", files=as_file(CODE_HEADINGS, one, one | {"新代码": "NEW2"}))
    assert clash.status_code == 409
    assert "OLD1" in clash.text
    partly = reader.post("/duties/codes", files=as_file(CODE_HEADINGS, one, one | {"类别": "街道"}))
    assert "1 行未收下" in partly.text
    assert "类别应为" in partly.text
    assert "目录调整" in reader.get("/duties/codes").text
    assert "按代码对照" in reader.get("/duties/route?matter=OLD1&region=990102&level=县级").text

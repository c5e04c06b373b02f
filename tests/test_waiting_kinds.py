"""Everything that waits for a person is in sight on one page: which kind, how long, in which light, with whom."""

from __future__ import annotations

from datetime import date

from fastapi.testclient import TestClient

from services.pages.seats import Role
from services.supervision.oversight_commands import OpenConsultation
from tests.invented import FOOD, decision, duty
from tests.linkage import Linkage
from tests.penalties import impose
from tests.supervision_web import web
from tests.test_coordinator_pages import seated


def row(page: str, kind: str) -> str:
    """What stands in the line of a kind; empty when there is none."""
    lines = [line for line in page.split("<tr>") if f"<td>{kind}" in line]
    return lines[0] if lines else ""


def test_each_kind_that_waits_stands_with_its_count_light_owner_and_where_it_is_dealt_with(linkage: Linkage) -> None:
    linkage.duties(duty())
    argued, *_ = linkage.publish(
        decision(),
        decision(permit_number="未知事项", matter_code="999999999999"),
        decision(permit_number="外地", region_code="110101"),
    )
    assert argued.permit
    linkage.oversee(argued.permit, OpenConsultation(by="0001", text="职责不清"))
    impose(linkage, certificates="JY29901029999999")
    coordinator = seated(linkage, Role.COORDINATOR)
    page = coordinator.get("/exceptions").text
    expected = {
        "清单中没有该事项的决定": ("审改办", 'href="/duties/codes"', 'href="/duties/import"', "正常"),
        "区划、层级或日期没有部门的决定": ("审改办", 'href="/duties/gaps"', "正常"),
        "待确认证照的处罚": ("海州市市场监督管理局", 'href="/penalties/unmatched"', "正常"),
        "待裁定的会商": ("审改办", 'href="/consultations"', "正常"),
    }
    for kind, words in expected.items():
        for said in words:
            assert said in row(page, kind), (kind, said)
    assert row(page, "停放的许可") == ""
    assert f'href="/duties/matters/{FOOD}"' in page
    linkage.rows(
        """INSERT INTO parked_streams (projection, stream, partition, reason, detail)
           VALUES ('intake', %s, 1, 'refused', 'KeyError') RETURNING 1""",
        argued.permit,
    )
    assert "运维人员" in row(seated(linkage, Role.COORDINATOR).get("/exceptions/rows").text, "停放的许可")
    assert 'href="/duties/import"' not in seated(linkage, Role.LEADER).get("/exceptions").text


def test_what_waited_past_its_limit_is_red_in_its_kind_and_in_its_own_line(linkage: Linkage) -> None:
    linkage.publish(decision())
    linkage.rows("UPDATE exceptions SET since = '2026-11-24T01:00:00Z' RETURNING 1")
    nobody = TestClient(web(linkage), headers={"accept": "text/html"})
    assert nobody.get("/exceptions").text.count("正常") == 2 + 1
    linkage.today = date(2026, 12, 31)
    late = TestClient(web(linkage), headers={"accept": "text/html"}).get("/exceptions").text
    assert late.count("■</span>超期") == 2


def test_where_nothing_waits_the_page_says_so(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    assert "没有待定的事项" in TestClient(web(linkage), headers={"accept": "text/html"}).get("/exceptions").text

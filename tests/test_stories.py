"""Pages of the domain, told from both sides: what an approval bureau and supervising departments live through together.

Each act is a request to one of the two services; between acts each side hears what the other has said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from events.database import connect
from services.approval.decision import Decision, Kind
from services.approval.http import Office, application
from services.supervision.expiring import Expiring
from tests.invented import BODY, DEPARTMENTS, FOOD, HEALTH_BUREAU, MARKET_BUREAU, TODAY, decision, duty
from tests.linkage import Linkage
from tests.rules import RESTING, exchange, publication
from tests.supervision_web import web

FIRE = "11990100MB0000103C"


@dataclass
class Town:
    """One bureau, three departments, and the two services between them."""

    linkage: Linkage
    officer: TestClient
    bureau: TestClient

    def decide(self, kind: Kind = Kind.GRANT, **changes: Any) -> str:
        """The bureau decides and hands it in; both sides hear of it. The permit's id."""
        stated: Decision = decision(kind, **changes)
        answer = self.bureau.post("/api/v1/decisions", json=stated.model_dump(mode="json"))
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)
        return str(answer.json()["permit"])

    def says(self, path: str, **form: Any) -> dict[str, Any]:
        """An officer of the market bureau, or the coordinator, says something; both sides hear of it."""
        answer = self.officer.post(f"/api/v1/{path}", json=form)
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)
        return dict(answer.json())

    def step(self, department: str, permit: str, **do: Any) -> None:
        self.says(f"departments/{department}/receipts", permit=permit, do={"officer": "S-0417"} | do)

    def listed(self, department: str) -> list[str]:
        """What the department watches now."""
        return [
            one["permit"] for one in self.officer.get(f"/api/v1/departments/{department}/watch-list").json()["permits"]
        ]

    def task(self, kind: str) -> dict[str, Any]:
        (task,) = self.bureau.get("/api/v1/tasks", params={"kind": kind}).json()["tasks"]
        return dict(task)

    def answer(self, kind: str, outcome: str, **more: Any) -> None:
        """A clerk answers the one task of this kind."""
        form = {"outcome": outcome, "clerk": "S-0102"} | more
        answer = self.bureau.post(f"/api/v1/tasks/{self.task(kind)['task']}/answer", json=form)
        assert answer.status_code == 201, answer.text
        exchange(self.linkage)

    def receipts(self) -> list[dict[str, Any]]:
        """What came back to the market bureau."""
        found = self.officer.get("/api/v1/task-receipts", params={"department": MARKET_BUREAU}).json()["receipts"]
        return list(found)

    def responsible(self, permit: str) -> str:
        later = {"on": "2099-01-01", "known_on": "2099-01-01"}
        answer = self.officer.get(f"/api/v1/permits/{permit}/responsible", params=later).json()
        return str(answer["responsible"]["department"])

    def days_pass(self, days: int) -> None:
        self.linkage.today += timedelta(days=days)


@pytest.fixture
def town(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setitem(DEPARTMENTS, FIRE, "海州市虚构消防支队")
    linkage.duties(duty())
    return Town(
        linkage, TestClient(web(linkage)), TestClient(application(Office(linkage.approval, linkage.desk, "token")))
    )


def about(permit: str, **said: Any) -> dict[str, Any]:
    return {"permit": permit, "department": MARKET_BUREAU, "officer": "S-0417"} | said


def test_a_restaurant_that_was_licensed_on_a_promise_is_checked_late_fails_and_leaves_the_lists(town: Town) -> None:
    permit = town.decide(commitment=True)
    assert town.listed(MARKET_BUREAU) == town.listed(HEALTH_BUREAU) == [permit]
    town.step(MARKET_BUREAU, permit, step="sign")
    town.days_pass(90)
    today = str(town.linkage.today)
    failed = town.says("commitment-checks", **about(permit, passed=False, checked_on=today, facts="未设独立的冷食间"))
    assert town.task("failed_commitment")["permit"] == permit
    town.says(
        "annulment-suggestions",
        **about(
            permit, document_number="海市监建〔2027〕2号", facts="承诺不实", legal_basis="行政许可法第六十九条",
            suggested_on=today, check=failed["finding"],
        ),
    )  # fmt: skip
    annulled = decision(Kind.ANNUL, decision_date=town.linkage.today, reason="以欺骗手段取得许可")
    town.answer("annulment_suggestion", "annul", recording=annulled.model_dump(mode="json"))
    assert town.listed(MARKET_BUREAU) == town.listed(HEALTH_BUREAU) == []
    answered = [one for one in town.receipts() if one["state_in_words"] == "已办结"]
    assert [one["outcome_in_words"] for one in answered] == ["撤销"]


def test_a_penalty_closes_its_loop_and_the_next_clerk_sees_it_before_he_grants(town: Town) -> None:
    permit = town.decide()
    fact = {
        "party": decision().party.model_dump(mode="json"), "document_number": "海市监罚〔2026〕17号",
        "violation_kind": "超范围经营", "violation_facts": "超出载明的项目", "legal_basis": "食品安全法第一百二十二条",
        "penalty_kind": "罚款", "content": "罚款2000元", "fine": "0.2", "certificates": "JY29901020000001",
        "decision_date": "2026-11-23", "valid_to": "2027-11-22", "published_until": "2027-11-22",
        "department": MARKET_BUREAU, "department_name": "海州市市场监督管理局", "officer": "S-0417",
    }  # fmt: skip
    penalty = town.says("penalties", **fact)["penalty"]
    assert town.task("penalty")["permit"] == permit
    town.answer("penalty", "note", reason="列入重点核查名单")
    (receipt,) = town.receipts()
    assert (receipt["outcome_in_words"], receipt["reason"]) == ("备注", "列入重点核查名单")
    party = town.bureau.get(f"/api/v1/permits/{permit}").json()["facts"]["party"]["party_id"]
    standing = town.bureau.get(f"/api/v1/parties/{party}/standing", params={"matter": FOOD}).json()
    assert [one["document_number"] for one in standing["facts"]] == ["海市监罚〔2026〕17号"]
    town.says(f"penalties/{penalty}/annulment", reason="证据不足", annulled_on=str(TODAY), officer="S-0417")
    standing = town.bureau.get(f"/api/v1/parties/{party}/standing", params={"matter": FOOD}).json()
    assert standing["facts"] == []


def test_a_matter_nobody_supervises_finds_its_department_and_a_quarrel_about_it_ends_with_a_ruling(town: Town) -> None:
    permit = town.decide(matter_code="000131000056")
    (waiting,) = town.officer.get("/api/v1/exceptions").json()["exceptions"]
    assert (waiting["permit"], waiting["owner"]) == (permit, "审改办")
    town.linkage.duties(duty(matter_code="000131000056"))
    town.linkage.tend()
    assert town.responsible(permit) == MARKET_BUREAU
    town.step(MARKET_BUREAU, permit, step="return", reason="matter_not_ours", candidate=FIRE)
    assert town.responsible(permit) == MARKET_BUREAU, "a return releases nobody"
    town.says(f"permits/{permit}/reassignment", lead=FIRE, by="S-0001", text="按退回建议")
    town.step(FIRE, permit, step="return", reason="other", text="非公众聚集场所")
    (consultation,) = town.officer.get("/api/v1/consultations").json()["consultations"]
    assert {one["body"] for one in consultation["silent"]} >= {MARKET_BUREAU, FIRE, BODY}
    town.says(f"permits/{permit}/opinions", body=FIRE, officer="S-0301", text="消防法未作规定")
    ruling = {"lead": HEALTH_BUREAU, "by": "S-0001", "reason": "属医疗机构内设食堂", "changes_duty_list": True}
    town.says(f"permits/{permit}/ruling", **ruling)
    assert town.responsible(permit) == HEALTH_BUREAU
    next_one = town.decide(matter_code="000131000056", permit_number="JY-下一件")
    assert town.responsible(next_one) == HEALTH_BUREAU, "the list has learned it"
    steps = [one["step"] for one in town.bureau.get(f"/api/v1/permits/{permit}").json()["consultations"]]
    assert steps == ["consultation_opened", "opinion_given", "ruling_made"]


def test_a_rule_is_repealed_the_bureau_answers_and_a_decision_that_still_rests_on_it_is_marked(town: Town) -> None:
    town.decide()
    published = town.says("rule-changes", **publication().model_dump(mode="json"))
    rule = published["rule_change"]
    (waiting,) = town.bureau.get("/api/v1/rule-changes", params={"body": BODY, "state": "open"}).json()["rule_changes"]
    assert waiting["rule_change"] == rule
    done = {"done": "guide_revised", "text": "已修订办事指南", "on": str(TODAY)}
    answer = town.bureau.post(
        f"/api/v1/rule-changes/{rule}/answers", json={"body": BODY, "clerk": "C-0032", "acts": [done]}
    )
    assert answer.status_code == 201, answer.text
    marked = town.decide(permit_number="JY-旧法", legal_basis=RESTING)
    (flag,) = town.officer.get(f"/api/v1/permits/{marked}").json()["history"][0]["flagged"]
    assert flag["document_number"] == "海政发〔2026〕18号"


def test_a_licence_runs_out_unnoticed_is_asked_about_and_cancelled(town: Town) -> None:
    permit = town.decide(valid_to=date(2026, 12, 31))
    town.linkage.today = date(2027, 1, 1)
    with connect(town.linkage.supervision_url, application="test") as connection:
        assert Expiring().end(connection, town.linkage.now()) == 1
    exchange(town.linkage)
    assert town.listed(MARKET_BUREAU) == [permit], "已届满未注销"
    cancelled = decision(Kind.SURRENDER, decision_date=town.linkage.today)
    town.answer("expiry", "surrender", recording=cancelled.model_dump(mode="json"))
    assert town.listed(MARKET_BUREAU) == []

"""Pages of the domain, told from both sides: who is responsible, by which rule, and what changes when rules do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from events.approval import BodyRegistered, Level
from events.code_mappings import CodeKind, CodeMapped
from events.database import connect
from events.rule_changes import Change
from services.approval.place_register import take_entries
from services.supervision.code_register import take_mappings
from services.supervision.rerouting import Rerouting
from tests.invented import BODY, FOOD, HEALTH_BUREAU, MARKET_BUREAU, TODAY, duty
from tests.rules import OLD_TITLE, RESTING, publication
from tests.town import FIRE, Town

SAUNA = "000131000056"


def test_a_matter_nobody_supervises_finds_its_department_and_a_quarrel_about_it_ends_with_a_ruling(town: Town) -> None:
    permit = town.decide(matter_code=SAUNA)
    (waiting,) = town.officer.get("/api/v1/exceptions").json()["exceptions"]
    assert (waiting["permit"], waiting["owner"]) == (permit, "审改办")
    town.linkage.duties(duty(matter_code=SAUNA))
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
    next_one = town.decide(matter_code=SAUNA, permit_number="JY-下一件")
    assert town.responsible(next_one) == HEALTH_BUREAU, "the list has learned it"
    steps = [one["step"] for one in town.bureau.get(f"/api/v1/permits/{permit}").json()["consultations"]]
    assert steps == ["consultation_opened", "opinion_given", "ruling_made"]


def test_a_quarrel_that_was_ruled_settles_the_cases_that_wait_like_it_and_the_list_has_learned(town: Town) -> None:
    town.linkage.duties(duty(matter_code=SAUNA, co_departments=()))
    disputed, like_it, elsewhere = (
        town.decide(matter_code=SAUNA, permit_number=number, region_code=region)
        for number, region in (("甲", "990102"), ("乙", "990102"), ("丙", "990104"))
    )
    for permit in (disputed, like_it, elsewhere):
        town.step(MARKET_BUREAU, permit, step="return", reason="matter_not_ours", candidate=FIRE)
    town.says(f"permits/{disputed}/reassignment", lead=FIRE, by="S-0001", text="按退回建议")
    town.step(FIRE, disputed, step="return", reason="other", text="非公众聚集场所")
    (consultation,) = town.officer.get("/api/v1/consultations").json()["consultations"]
    assert (consultation["permit"], consultation["opened_by"]) == (disputed, "second_return")
    ruling = {"lead": HEALTH_BUREAU, "by": "S-0001", "reason": "属公共场所卫生监督", "changes_duty_list": True}
    town.says(f"permits/{disputed}/ruling", **ruling)
    assert [town.responsible(one) for one in (disputed, like_it, elsewhere)] == [
        HEALTH_BUREAU, HEALTH_BUREAU, MARKET_BUREAU,
    ]  # fmt: skip
    assert town.ends(Rerouting()) == 1, "the list says it of every region now, also of what nobody has ruled"
    assert town.responsible(elsewhere) == HEALTH_BUREAU
    assert sorted(town.listed(HEALTH_BUREAU)) == sorted([disputed, like_it, elsewhere])
    assert town.listed(MARKET_BUREAU) == []


def test_a_rule_is_repealed_the_bureau_answers_and_a_decision_that_still_rests_on_it_is_marked(town: Town) -> None:
    town.decide()
    published = town.says("rule-changes", **publication().model_dump(mode="json"))
    rule = published["rule_change"]
    (waiting,) = town.bureau.get("/api/v1/rule-changes", params={"body": BODY, "state": "open"}).json()["rule_changes"]
    assert waiting["rule_change"] == rule
    done = {"done": "guide_revised", "text": "已修订办事指南", "on": str(TODAY)}
    town.reported(f"rule-changes/{rule}/answers", body=BODY, clerk="C-0032", acts=[done])
    marked = town.decide(permit_number="JY-旧法", legal_basis=RESTING)
    (flag,) = town.officer.get(f"/api/v1/permits/{marked}").json()["history"][0]["flagged"]
    assert flag["document_number"] == "海政发〔2026〕18号"


def test_a_repealed_rule_counts_what_it_touches_is_answered_and_from_its_day_on_refuses(town: Town) -> None:
    body = BodyRegistered(
        body=BODY, name="海州市行政审批局", region_code="990100", level=Level.CITY, valid_from=date(2020, 1, 1)
    )
    take_entries(town.linkage.approval, [body], town.linkage.now())
    town.decide(permit_number="JY-在前", legal_basis=RESTING)
    town.reported(
        "pending-applications", body=BODY, counted_at="2026-11-24T09:00:00+08:00",
        counts=[{"matter_code": FOOD, "count": 4}],
    )  # fmt: skip
    repeal = publication(
        kind=Change.REPEALED, title=OLD_TITLE, document_number="海政发〔2019〕5号", replaces=[], effect="refuse",
        effective_date=date(2026, 12, 1),
    )  # fmt: skip
    published = town.says("rule-changes", **repeal.model_dump(mode="json"))
    touches = published["touches"]
    assert touches["pending_applications"]["count"] == 4
    assert touches["permits"]["count"] == 1
    acts = [
        {"done": "applications_reexamined", "text": "在办申请 4 件, 均按新办法补正", "on": str(TODAY)},
        {"done": "guide_revised", "text": "办事指南第三版", "on": str(TODAY)},
    ]
    town.reported(f"rule-changes/{published['rule_change']}/answers", body=BODY, clerk="C-0032", acts=acts)
    seen = town.officer.get(f"/api/v1/rule-changes/{published['rule_change']}").json()
    assert [(one["state_in_words"], len(one["answers"][0]["acts"])) for one in seen["bodies"]] == [("已答复", 2)]
    town.linkage.today = date(2026, 12, 1)
    still: dict[str, Any] = {"legal_basis": RESTING, "permit_number": "JY-旧法"}
    assert town.refused(**still, decision_date=date(2026, 12, 1)) == "basis_repealed"
    assert town.decide(**still, decision_date=date(2026, 11, 30)), "decided the day before it holds"


def test_a_matter_that_is_split_moves_its_permits_each_to_the_department_of_its_region(town: Town) -> None:
    city, county = (
        town.decide(permit_number=number, region_code=region) for number, region in (("市", "990104"), ("县", "990102"))
    )
    town.linkage.duties(
        duty(matter_code="000131003001", lead=HEALTH_BUREAU, lead_name="海州市卫生健康委员会", co_departments=()),
        duty(matter_code="000131003002", lead=FIRE, lead_name="海州市虚构消防支队", co_departments=()),
        duty(valid_to=TODAY),
    )
    day = date(2026, 11, 25)
    split = [
        CodeMapped(kind=CodeKind.MATTER, old=FOOD, new="000131003001", valid_from=day),
        CodeMapped(kind=CodeKind.MATTER, old=FOOD, new="000131003002", only_region="990102", valid_from=day),
    ]
    with connect(town.linkage.supervision_url, application="test") as connection:
        take_mappings(connection, split, town.linkage.now())
    assert town.ends(Rerouting()) == 0, "not before its day"
    town.days_pass(1)
    assert town.ends(Rerouting()) == 2
    assert (town.listed(HEALTH_BUREAU), town.listed(FIRE), town.listed(MARKET_BUREAU)) == ([city], [county], [])
    told = [one["department"] for one in town.bureau.get(f"/api/v1/permits/{county}").json()["history"][0]["told"]]
    assert (told[0], told[-1]) == (MARKET_BUREAU, FIRE), "the bureau sees where its permit was, and where it went"


def test_after_ten_days_of_standstill_a_late_answer_is_said_once_urged_and_given(town: Town) -> None:
    town.decide()
    rule = town.says("rule-changes", **publication().model_dump(mode="json"))["rule_change"]
    seen = town.officer.get(f"/api/v1/rule-changes/{rule}").json()
    town.linkage.today = date.fromisoformat(seen["bodies"][0]["due"]) + timedelta(days=10)
    town.scheduler_looks()
    assert town.scheduler_looks() == 0, "each is said once, not once a day"
    late = {"kind": "rule_acknowledgement", "light": "red"}
    (item,) = town.officer.get("/api/v1/deadlines", params=late).json()["items"]
    (clock,) = item["clocks"]
    assert (item["owner"], clock["said"]) == (BODY, ["reminder_given", "limit_reached", "escalated"])
    demand = {"limit": 2, "officer": "S-0001", "reason": "节前须完成"}
    urged = town.says(f"deadlines/{item['item']}/urging", **demand)
    assert (urged["clock"], urged["owner"]) == (1, BODY)
    (item,) = town.officer.get("/api/v1/deadlines", params=late).json()["items"]
    assert [one["light"] for one in item["clocks"]] == ["red", "green"], "what is late stays late"
    town.days_pass(1)
    done = {"done": "guide_revised", "text": "已修订办事指南", "on": str(TODAY)}
    town.reported(f"rule-changes/{rule}/answers", body=BODY, clerk="C-0032", acts=[done])
    town.days_pass(10)
    assert town.scheduler_looks() == 0, "nothing is owed any more, by either clock"
    assert town.officer.get("/api/v1/deadlines", params=late).json()["items"] == []

"""Pages of the domain, told from both sides: what the holder of a permit lives through, with those who watch him."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.approval.decision import Kind
from services.supervision.expiring import Expiring
from services.supervision.freeze_lapsing import FreezesLapse
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU, TODAY, decision
from tests.penalties import stated
from tests.town import Town


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
    penalty = town.says("penalties", **stated().model_dump(mode="json"))["penalty"]
    assert town.task("penalty")["permit"] == permit
    town.answer("penalty", "note", reason="列入重点核查名单")
    (receipt,) = town.receipts()
    assert (receipt["outcome_in_words"], receipt["reason"]) == ("备注", "列入重点核查名单")
    assert [one["document_number"] for one in town.standing(permit, FOOD)["facts"]] == ["海市监罚〔2026〕17号"]
    town.says(f"penalties/{penalty}/annulment", reason="证据不足", annulled_on=str(TODAY), officer="S-0417")
    assert town.standing(permit, FOOD)["facts"] == []


def test_a_restaurant_is_fined_loses_its_licence_and_gets_it_back_when_the_fine_is_annulled(town: Town) -> None:
    permit = town.decide()
    penalty = town.says("penalties", **stated().model_dump(mode="json"))["penalty"]
    task = town.task("penalty")
    assert (task["permit"], task["about"], task["due"]) == (permit, penalty, "2026-12-01")
    revoked = decision(Kind.REVOKE, reason="情节严重", decision_date=TODAY)
    town.answer("penalty", "revoke", recording=revoked.model_dump(mode="json"))
    (receipt,) = town.receipts()
    assert (receipt["outcome_in_words"], receipt["decision"]) == ("吊销", f"{permit}@2")
    assert town.listed(MARKET_BUREAU) == []
    assert {one["kind"] for one in town.standing(permit, FOOD)["facts"]} == {"penalty", "permit_revoked"}
    town.says(f"penalties/{penalty}/annulment", reason="行政复议撤销", annulled_on=str(TODAY), officer="S-0417")
    (receipt,) = town.receipts()
    assert (receipt["state"], receipt["asked_again"], town.task("penalty")["review"]) == ("open", "annulled", True)
    town.answer("penalty", "undo", reason="处罚决定已被撤销")
    assert [one["outcome_in_words"] for one in town.receipts()] == ["恢复"]
    assert town.listed(MARKET_BUREAU) == [permit]
    assert town.standing(permit, FOOD)["standing"] == "clear"


def test_a_party_under_investigation_is_granted_nothing_until_the_freeze_lapses(town: Town) -> None:
    permit = town.decide()
    assert town.standing(permit, FOOD)["standing"] == "clear"
    last = date(2026, 12, 24)
    town.says(
        "freezes", permit=permit, department=MARKET_BUREAU, document_number="海市监函〔2026〕5号",
        reason="涉嫌提供虚假材料, 立案调查", requested_on=str(TODAY), until=str(last), officer="S-0417",
    )  # fmt: skip
    asked = town.standing(permit, FOOD)
    (freeze,) = asked["facts"]
    assert (asked["standing"], asked["standing_in_words"]) == ("block", "暂缓准予")
    assert (freeze["source"], freeze["document_number"], freeze["until"]) == (
        MARKET_BUREAU, "海市监函〔2026〕5号", str(last),
    )  # fmt: skip
    town.linkage.today = last
    assert town.ends(FreezesLapse()) == 0, "the last day is still a day"
    town.days_pass(1)
    assert town.ends(FreezesLapse()) == 1
    assert town.standing(permit, FOOD)["standing"] == "clear"
    (finding,) = town.officer.get("/api/v1/findings", params={"kind": "freeze"}).json()["findings"]
    assert (finding["state"], finding["open"]) == ("lapsed", False)


def test_a_licence_runs_out_unnoticed_is_asked_about_and_cancelled(town: Town) -> None:
    permit = town.decide(valid_to=date(2026, 12, 31))
    town.linkage.today = date(2027, 1, 1)
    assert town.ends(Expiring()) == 1
    assert town.listed(MARKET_BUREAU) == [permit], "已届满未注销"
    cancelled = decision(Kind.SURRENDER, decision_date=town.linkage.today)
    town.answer("expiry", "surrender", recording=cancelled.model_dump(mode="json"))
    assert town.listed(MARKET_BUREAU) == []


def test_a_date_that_a_department_finds_wrong_is_put_right_by_the_bureau_and_stays_readable(town: Town) -> None:
    permit = town.decide()
    right = "2030-11-19"
    town.says(
        "error-reports",
        **about(permit, field="valid_to", should_be=right, facts="证书原件载明至2030年", reported_on=str(TODAY)),
    )
    assert town.task("correction")["facts"]["subject"] == f"valid_to: 2031-11-19 → {right}"
    corrected = decision(Kind.CORRECT, valid_to=right, decision_date=TODAY, reason="录入有误")
    town.answer("correction", "correct", recording=corrected.model_dump(mode="json"))
    assert [one["state_in_words"] for one in town.receipts()] == ["已办结"]
    shown = town.officer.get(f"/api/v1/permits/{permit}").json()
    assert shown["facts"]["valid_to"] == right
    assert {"fact": "valid_to", "before": "2031-11-19", "after": right} in shown["history"][-1]["changes"]

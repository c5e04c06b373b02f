"""What may be done to a penalty, and what an amount and a date must be. Given, when, then; no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from events.approval import Party, PartyKind
from events.penalties import Candidate, How, MatchedPermit, PenaltyEvent, PenaltyStatus
from services.refusing import Refused, Rule
from services.supervision import penalty as life
from services.supervision.penalty import Penalty
from services.supervision.penalty_matching import PermitOfParty, match
from services.supervision.penalty_permits import confirm, look
from services.supervision.penalty_stated import Amend, Annul, Confirm, Repair, StatedPenalty
from tests.penalties import NUMBER, stated

TODAY = date(2026, 11, 24)
PARTY = Party(party_id=UUID(int=7), kind=PartyKind.LEGAL, label="海州市虚构餐饮有限公司", uscc="91990100MA00000017")
FOOD = PermitOfParty(UUID(int=1), "B", NUMBER, "食品经营许可证")
OTHER = PermitOfParty(UUID(int=2), "B", "WS00000002", "卫生许可证")


def facts(said: StatedPenalty) -> Any:
    shown = {name: getattr(said, name) for name in ("document_number", "department_name", "content", "certificates")}
    return life.facts_of(said, PARTY, shown)


def given(*events: PenaltyEvent) -> Penalty:
    penalty = Penalty()
    for version, event in enumerate(events, 1):
        penalty = life.evolve(penalty, version, event)
    return penalty


def imposed(**changes: Any) -> Any:
    said = stated(**changes)
    return life.impose(Penalty(), facts(said), "", said, TODAY)


ANNUL = Annul(reason="行政复议撤销", annulled_on=TODAY, officer="S-0417")
REPAIR = Repair(reason="已履行", repaired_on=TODAY, officer="S-0417")


def amend(penalty: Penalty, **changes: Any) -> Any:
    command = Amend(penalty=stated(**changes), reason="复议变更", amended_on=TODAY, officer="S-0417")
    return life.amend(penalty, facts(command.penalty), "", command, command.reason, TODAY)


def refusal(rule: Rule, call: Any, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        call(*arguments, **more)
    assert refused.value.rule == rule
    return refused.value


def test_a_penalty_carries_its_amounts_in_ten_thousand_yuan_with_one_writing() -> None:
    assert imposed(fine=Decimal("0.200"), confiscated=Decimal("12.0")).facts.fine == "0.2"
    assert imposed(fine=Decimal("100")).facts.fine == "100"


def test_a_penalty_that_is_recorded_long_after_its_day_is_marked_as_back_dated() -> None:
    assert not imposed(decision_date=date(2026, 11, 22)).back_dated
    assert imposed(decision_date=date(2026, 11, 21)).back_dated


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"decision_date": date(2026, 11, 25)}, life.FUTURE_DATE, "decision_date"),
        ({"valid_to": date(2026, 11, 22)}, life.END_BEFORE_START, "valid_to"),
        ({"published_until": date(2026, 1, 1)}, life.END_BEFORE_START, "published_until"),
        ({"fine": None}, life.AMOUNT_NEEDED, "fine"),
        ({"penalty_kind": "没收违法所得"}, life.AMOUNT_NEEDED, "confiscated"),
        ({"penalty_kind": "吊销许可证", "certificates": ""}, life.CERTIFICATE_NEEDED, "certificates"),
        ({"fine": Decimal(2000)}, life.AMOUNT_IN_YUAN, "fine"),
        ({"content": "处人民币贰仟元罚款", "fine": Decimal(2000)}, life.AMOUNT_IN_YUAN, "fine"),
        ({"content": "没收违法所得1,350.50元", "confiscated": Decimal("1350.5")}, life.AMOUNT_IN_YUAN, "confiscated"),
    ],
)
def test_what_cannot_be_so_is_refused_with_the_field_that_is_at_fault(
    changes: dict[str, Any], rule: Rule, field: str
) -> None:
    refused = refusal(rule, life.check, stated(**changes), TODAY)
    assert refused.field == field
    assert refused.rule.repair


def test_an_amount_in_yuan_is_refused_with_the_right_number() -> None:
    assert "应填 0.2" in refusal(life.AMOUNT_IN_YUAN, life.check, stated(fine=Decimal(2000)), TODAY).text


@pytest.mark.parametrize("content", ["罚款2000元", "罚款0.2万元", "罚款贰仟元整", "罚款２，０００元", "警告", ""])
def test_an_amount_that_agrees_with_the_text_or_is_not_in_it_goes_through(content: str) -> None:
    life.check(stated(content=content), TODAY)


def test_a_large_fine_in_ten_thousand_yuan_goes_through() -> None:
    life.check(stated(content="罚款叁仟万元", fine=Decimal(3000)), TODAY)
    life.check(stated(content="罚款1.5亿元", fine=Decimal(15000)), TODAY)


def test_an_amendment_names_what_differs_and_keeps_the_rest() -> None:
    event = amend(given(imposed()), fine=Decimal("0.1"), content="罚款1000元")
    assert event.changed == ("content", "fine")
    assert given(imposed(), event).facts == event.facts


def test_an_amendment_without_a_difference_is_refused() -> None:
    refusal(life.NOTHING_CHANGED, amend, given(imposed()))


@pytest.mark.parametrize("changes", [{"document_number": "另一文号"}, {"department": "11990100MB0000102B"}])
def test_an_amendment_does_not_make_another_penalty_of_it(changes: dict[str, Any]) -> None:
    refusal(life.OTHER_PENALTY, amend, given(imposed()), **changes)


def test_an_amendment_does_not_punish_somebody_else() -> None:
    said = stated(fine=Decimal("0.1"), content="")
    command = Amend(penalty=said, reason="复议变更", amended_on=TODAY, officer="S-0417")
    other = facts(said).model_copy(update={"party": PARTY.model_copy(update={"party_id": UUID(int=8)})})
    refusal(life.OTHER_PENALTY, life.amend, given(imposed()), other, "", command, "", TODAY)


def test_an_annulled_penalty_is_over_and_every_refusal_says_so() -> None:
    gone = given(imposed(), life.annul(given(imposed()), ANNUL, ANNUL.reason, TODAY))
    assert gone.status is PenaltyStatus.ANNULLED
    for refused in (
        refusal(life.NOT_IN_FORCE, life.annul, gone, ANNUL, "", TODAY),
        refusal(life.NOT_IN_FORCE, life.repair, gone, REPAIR, "", TODAY),
        refusal(life.NOT_IN_FORCE, amend, gone, fine=Decimal("0.1")),
        refusal(life.NOT_IN_FORCE, confirm, gone, Confirm(permits=(), officer="S"), {}),
    ):
        assert "该处罚已撤销" in refused.text
        assert "不能再作任何变动" in refused.text


def test_a_repaired_penalty_may_be_amended_and_annulled_and_not_repaired_again() -> None:
    repaired = given(imposed(), life.repair(given(imposed()), REPAIR, REPAIR.reason, TODAY))
    assert repaired.status is PenaltyStatus.REPAIRED
    assert "可以登记变更或撤销" in refusal(life.NOT_IN_FORCE, life.repair, repaired, REPAIR, "", TODAY).text
    assert amend(repaired, content="", fine=Decimal("0.1")).status is PenaltyStatus.REPAIRED
    assert life.annul(repaired, ANNUL, "", TODAY).status is PenaltyStatus.ANNULLED


@pytest.mark.parametrize("day", [date(2026, 11, 25), date(2026, 11, 22)])
def test_nothing_is_annulled_or_repaired_tomorrow_or_before_it_was_imposed(day: date) -> None:
    rule = life.FUTURE_DATE if day > TODAY else life.BEFORE_DECISION
    refusal(rule, life.annul, given(imposed()), ANNUL.model_copy(update={"annulled_on": day}), "", TODAY)
    refusal(rule, life.repair, given(imposed()), REPAIR.model_copy(update={"repaired_on": day}), "", TODAY)


def test_what_was_never_imposed_cannot_be_annulled() -> None:
    refusal(life.UNKNOWN_PENALTY, life.annul, Penalty(), ANNUL, "", TODAY)


def test_a_number_that_is_taken_is_refused_with_the_state_of_what_has_it() -> None:
    said = stated(content="")
    refused = refusal(life.ALREADY_IMPOSED, life.impose, given(imposed()), facts(said), "", said, TODAY)
    assert "执行有效" in refused.text


def test_the_same_look_says_nothing_twice() -> None:
    penalty = given(imposed(certificates="JY2990102000001"))
    found = match("JY2990102000001", [FOOD], TODAY)
    said = look(penalty, found)
    assert [type(one).__name__ for one in said] == ["PenaltyUnmatched"]
    assert look(given(imposed(), *said), found) == []


def waiting() -> Penalty:
    penalty = given(imposed(certificates=f"{NUMBER}、WS0000002X"))
    found = match(f"{NUMBER}、WS0000002X", [FOOD, OTHER], TODAY)
    return given(imposed(certificates=f"{NUMBER}、WS0000002X"), *look(penalty, found))


def test_what_an_officer_confirms_is_added_to_what_the_certificate_said_and_ends_the_search() -> None:
    penalty = waiting()
    assert penalty.waiting is not None
    assert penalty.waiting.candidates == (
        Candidate(permit=OTHER.permit, deciding_body="B", permit_number="WS00000002", certificate="WS0000002X"),
    )
    event = confirm(penalty, Confirm(permits=(OTHER.permit,), officer="S-0417"), {OTHER.permit: OTHER})
    assert [(one.permit, one.how, one.confirmed_by) for one in event.matches] == [
        (FOOD.permit, How.CERTIFICATE, ""),
        (OTHER.permit, How.CONFIRMED, "S-0417"),
    ]
    assert event.settled
    refusal(life.NOT_WAITING, confirm, given(imposed(), event), Confirm(permits=(), officer="S"), {})


def test_none_of_them_is_an_answer_too() -> None:
    event = confirm(waiting(), Confirm(permits=(), officer="S-0417"), {})
    assert [one.permit for one in event.matches] == [FOOD.permit]
    assert event.settled


def test_a_permit_of_somebody_else_is_not_confirmed() -> None:
    refusal(life.NOT_OF_PARTY, confirm, waiting(), Confirm(permits=(UUID(int=9),), officer="S"), {})


def test_what_was_taken_by_the_party_gives_way_to_what_is_confirmed() -> None:
    by_party = MatchedPermit(permit=FOOD.permit, deciding_body="B", permit_number=NUMBER, how=How.PARTY)
    penalty = given(imposed(), *look(given(imposed()), match("AB00000000000000", [FOOD, OTHER], TODAY)))
    assert by_party in penalty.matches
    event = confirm(penalty, Confirm(permits=(OTHER.permit,), officer="S"), {OTHER.permit: OTHER})
    assert [one.permit for one in event.matches] == [OTHER.permit]

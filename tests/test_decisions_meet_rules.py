"""Given a rule in force, when a decision rests on what it repeals, then it is marked or refused with its name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.approval import Decided, Ground, Party, PartyKind
from events.rule_changes import Change, Effect, RuleChanged
from services.approval import permit as life
from services.approval.decision import Kind
from services.approval.permit_state import Permit, evolve
from services.approval.rules_in_force import RulesInForce
from services.refusing import Refused
from services.supervision.rule_change import Surroundings, publish
from tests.invented import FOOD, TODAY, decision
from tests.rules import OLD_NUMBER, OLD_TITLE, RESTING, publication

HOLDER = Party(party_id=UUID(int=1), kind=PartyKind.LEGAL, label="海州市虚构餐饮有限公司", uscc="91990100MA00000017")
RULE = UUID(int=7)
EFFECTIVE = publication().effective_date


def in_force(**changes: Any) -> RulesInForce:
    said = publish(publication(**changes), Surroundings(Effect.FLAG, True, ()), None)
    assert isinstance(said, RuleChanged)
    return RulesInForce.of(1, [(RULE, said)])


def when(rules: RulesInForce, before: Permit | None = None, **changes: Any) -> Decided:
    return life.decide(before or Permit(), decision(**changes), HOLDER, "mark", TODAY, rules)


def granted() -> Permit:
    return evolve(Permit(), 1, when(RulesInForce()))


@pytest.mark.parametrize("basis", [RESTING, f"《{OLD_TITLE}》({OLD_NUMBER})", "海政发[2019]5号"])
def test_a_decision_that_rests_on_a_repealed_rule_is_recorded_and_marked_with_the_new_one(basis: str) -> None:
    (met,) = when(in_force(), legal_basis=basis).flagged
    assert (met.rule, met.ground, met.document_number) == (RULE, Ground.BASIS, "海政发〔2026〕18号")
    assert met.effective_date == EFFECTIVE


def test_it_is_refused_when_the_rule_says_so_and_the_refusal_names_the_rule() -> None:
    with pytest.raises(Refused) as refused:
        when(in_force(effect=Effect.REFUSE), legal_basis=RESTING)
    assert (refused.value.rule.code, refused.value.field) == ("basis_repealed", "legal_basis")
    for part in ("海州市食品经营许可和备案管理办法", "海政发〔2026〕18号", "2026-11-20"):
        assert part in refused.value.text


def test_what_is_repealed_itself_may_not_be_rested_on_either() -> None:
    rules = in_force(kind=Change.REPEALED, title=OLD_TITLE, document_number=OLD_NUMBER, replaces=[], effect="refuse")
    with pytest.raises(Refused, match="basis_repealed") as refused:
        when(rules, legal_basis=RESTING)
    assert "废止" in refused.value.text


def test_an_amended_rule_may_still_be_rested_on() -> None:
    rules = in_force(kind=Change.AMENDED, title=OLD_TITLE, replaces=[])
    assert when(rules, legal_basis=RESTING).flagged == ()


@pytest.mark.parametrize(
    "basis", ["", "《中华人民共和国行政许可法》第三十八条", "《海州市食品经营许可和备案管理办法》第八条"]
)
def test_a_decision_with_another_basis_meets_nothing(basis: str) -> None:
    assert when(in_force(), legal_basis=basis).flagged == ()


def test_a_decision_of_the_day_before_meets_nothing_and_one_of_the_first_day_does() -> None:
    the_day_before = EFFECTIVE - timedelta(days=1)
    assert when(in_force(), decision_date=the_day_before, valid_from=the_day_before, legal_basis=RESTING).flagged == ()
    assert when(in_force(), decision_date=EFFECTIVE, legal_basis=RESTING).flagged


def test_a_rule_of_one_region_is_met_there_only() -> None:
    assert when(in_force(regions=["990103"]), legal_basis=RESTING).flagged == ()
    assert when(in_force(regions=["990102", "990103"]), legal_basis=RESTING).flagged
    assert when(in_force(regions=[]), legal_basis=RESTING).flagged


def test_a_rule_may_cover_a_whole_matter_whatever_the_basis() -> None:
    (met,) = when(in_force(covers_matters=True)).flagged
    assert met.ground is Ground.MATTER
    assert when(in_force(covers_matters=True, matters=["999"])).flagged == ()
    with pytest.raises(Refused, match="matter_closed"):
        when(in_force(covers_matters=True, effect=Effect.REFUSE))


def test_a_covered_matter_stays_open_for_ending_what_was_granted() -> None:
    rules = in_force(covers_matters=True, effect=Effect.REFUSE)
    assert when(rules, granted(), kind=Kind.WITHDRAW, reason="规则变更").flagged == ()
    assert when(rules, granted(), kind=Kind.CORRECT, remark="更正", legal_basis=RESTING).flagged == ()
    with pytest.raises(Refused, match="matter_closed"):
        when(rules, granted(), kind=Kind.RENEW, valid_to=date(2036, 11, 19))


def test_a_revocation_that_rests_on_a_repealed_rule_is_refused_too() -> None:
    with pytest.raises(Refused, match="basis_repealed"):
        when(in_force(effect=Effect.REFUSE), granted(), kind=Kind.REVOKE, legal_basis=RESTING)


def test_a_permit_shows_each_rule_once_and_no_longer_when_the_entry_is_taken_back() -> None:
    first = evolve(Permit(), 1, when(in_force(), legal_basis=RESTING))
    renewed = when(in_force(), first, kind=Kind.RENEW, valid_to=date(2036, 11, 19), legal_basis=RESTING)
    both = evolve(first, 2, renewed)
    assert [met.rule for met in both.flagged] == [RULE]
    retracted = evolve(first, 2, life.retract(first, 1, "误录", TODAY))
    assert retracted.flagged == ()


def test_without_rules_nothing_is_looked_at() -> None:
    assert when(RulesInForce(), legal_basis=RESTING, matter_code=FOOD).flagged == ()

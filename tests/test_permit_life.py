"""The life of a permit: given what was decided, when something more is decided, then it holds or a rule refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.approval import Decided, Party, PartyKind, PermitStatus
from events.catalogue import type_name
from services.approval import permit as life
from services.approval.decision import Decision, Kind
from services.approval.permit_rules import RULES
from services.approval.permit_state import Permit, evolve
from services.refusing import Refused
from tests.invented import TODAY, decision

HOLDER = Party(party_id=UUID(int=1), kind=PartyKind.LEGAL, label="海州市虚构餐饮有限公司", uscc="91990100MA00000017")
BUYER = Party(party_id=UUID(int=2), kind=PartyKind.LEGAL, label="海州市杜撰食品有限公司", uscc="91990100MA0000002X")
WHY = {"reason": "情节严重"}
LONGER = {"valid_to": date(2036, 11, 19)}
ENDINGS = {
    Kind.SURRENDER: PermitStatus.SURRENDERED,
    Kind.REVOKE: PermitStatus.REVOKED,
    Kind.ANNUL: PermitStatus.ANNULLED,
    Kind.WITHDRAW: PermitStatus.WITHDRAWN,
}
ADVERSE = (Kind.REVOKE, Kind.ANNUL, Kind.WITHDRAW)


def given(*decisions: Decision) -> Permit:
    permit = Permit()
    for one in decisions:
        permit = evolve(permit, permit.version + 1, when(permit, one))
    return permit


def when(permit: Permit, stated: Decision, party: Party = HOLDER, mark: str = "mark") -> Decided:
    return life.decide(permit, stated, party, mark, TODAY)


def refused(permit: Permit, stated: Decision, party: Party = HOLDER) -> str:
    with pytest.raises(Refused) as caught:
        when(permit, stated, party)
    assert caught.value.rule in RULES
    return caught.value.rule.code


def granted(**changes: Any) -> Permit:
    return given(decision(**changes))


def ended(kind: Kind) -> Permit:
    return given(decision(), decision(kind, **WHY))


@pytest.mark.parametrize(
    ("before", "kind", "changes", "said", "status"),
    [
        ((), Kind.GRANT, {}, "permit_granted", PermitStatus.VALID),
        ((Kind.GRANT,), Kind.RENEW, LONGER, "permit_renewed", PermitStatus.VALID),
        ((Kind.GRANT,), Kind.AMEND, {"content": "冷食"}, "permit_amended", PermitStatus.VALID),
        ((Kind.GRANT,), Kind.REISSUE, {}, "permit_reissued", PermitStatus.VALID),
        ((Kind.GRANT,), Kind.SURRENDER, {}, "permit_surrendered", PermitStatus.SURRENDERED),
        ((Kind.GRANT,), Kind.REVOKE, WHY, "permit_revoked", PermitStatus.REVOKED),
        ((Kind.GRANT,), Kind.ANNUL, WHY, "permit_annulled", PermitStatus.ANNULLED),
        ((Kind.GRANT,), Kind.WITHDRAW, WHY, "permit_withdrawn", PermitStatus.WITHDRAWN),
        ((Kind.GRANT,), Kind.CORRECT, {"place": "一号"}, "permit_corrected", PermitStatus.VALID),
        ((), Kind.REFUSE, WHY, "permit_refused", PermitStatus.REFUSED),
    ],
)
def test_each_kind_of_decision_becomes_its_event_and_leaves_its_status(
    before: Sequence[Kind], kind: Kind, changes: dict[str, Any], said: str, status: PermitStatus
) -> None:
    event = when(given(*(decision(one) for one in before)), decision(kind, **changes))
    assert (type_name(type(event)), event.status) == (said, status)


def test_a_number_is_not_granted_twice() -> None:
    assert refused(granted(), decision()) == "already_granted"


@pytest.mark.parametrize("kind", ENDINGS)
def test_the_number_of_an_ended_permit_is_not_granted_again(kind: Kind) -> None:
    assert refused(ended(kind), decision()) == "already_granted"


def test_a_refused_application_may_be_granted_later_under_its_number() -> None:
    permit = given(decision(Kind.REFUSE, **WHY), decision())
    assert permit.now is not None
    assert permit.now.status is PermitStatus.VALID


def test_a_known_permit_cannot_be_entered_as_refused() -> None:
    assert refused(granted(), decision(Kind.REFUSE, **WHY)) == "already_granted"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.GRANT, Kind.REFUSE)])
def test_nothing_is_decided_about_a_permit_that_nobody_granted(kind: Kind) -> None:
    assert refused(Permit(), decision(kind, **WHY)) == "unknown_permit"


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.parametrize("kind", [Kind.RENEW, Kind.AMEND, Kind.REISSUE, *ENDINGS])
def test_an_ended_permit_is_not_renewed_amended_reissued_or_ended_again(end: Kind, kind: Kind) -> None:
    assert refused(ended(end), decision(kind, **LONGER, **WHY)) == "not_in_force"


def test_the_refusal_says_in_which_state_the_permit_is() -> None:
    with pytest.raises(Refused, match="not_in_force") as caught:
        when(ended(Kind.REVOKE), decision(Kind.RENEW, **LONGER))
    assert caught.value.text == "该许可已吊销, 不能办理延续。"


@pytest.mark.parametrize("end", ENDINGS)
def test_a_correction_of_an_ended_permit_leaves_it_ended(end: Kind) -> None:
    event = when(ended(end), decision(Kind.CORRECT, content="更正后的内容"))
    assert event.status is ENDINGS[end]


def test_a_decision_dated_tomorrow_is_refused() -> None:
    assert refused(Permit(), decision(decision_date=TODAY + timedelta(days=1))) == "future_decision"


def test_a_decision_dated_today_is_not_of_the_future() -> None:
    assert when(Permit(), decision(decision_date=TODAY)).decision_date == TODAY


def test_nothing_is_decided_before_the_grant() -> None:
    stated = decision(Kind.SURRENDER, decision_date=date(2026, 11, 19))
    assert refused(granted(), stated) == "before_grant"


def test_a_permit_does_not_end_before_it_begins() -> None:
    stated = decision(valid_from=date(2026, 11, 20), valid_to=date(2026, 11, 19))
    assert refused(Permit(), stated) == "end_before_start"


@pytest.mark.parametrize("kind", [Kind.RENEW, Kind.AMEND, Kind.CORRECT])
def test_a_missing_end_is_not_read_as_for_ever(kind: Kind) -> None:
    assert refused(granted(), decision(kind, valid_to=None, content="冷食")) == "no_term"


def test_a_grant_needs_an_end_or_the_word_for_ever() -> None:
    assert refused(Permit(), decision(valid_to=None)) == "no_term"
    assert when(Permit(), decision(valid_to=None, long_term=True)).facts.valid_to is None


def test_a_refused_application_has_no_term_and_is_corrected_without_one() -> None:
    permit = given(decision(Kind.REFUSE, valid_to=None, **WHY))
    event = when(permit, decision(Kind.CORRECT, valid_to=None, content="更正后的内容"))
    assert event.status is PermitStatus.REFUSED


@pytest.mark.parametrize("valid_to", [date(2031, 11, 19), date(2030, 1, 1)])
def test_a_renewal_ends_later_than_before(valid_to: date) -> None:
    assert refused(granted(), decision(Kind.RENEW, valid_to=valid_to)) == "not_extended"


def test_a_permit_for_ever_cannot_be_extended_and_one_with_an_end_may_become_one_for_ever() -> None:
    for_ever = granted(valid_to=None, long_term=True)
    assert refused(for_ever, decision(Kind.RENEW, **LONGER)) == "not_extended"
    assert when(granted(), decision(Kind.RENEW, valid_to=None, long_term=True)).facts.valid_to is None


@pytest.mark.parametrize("kind", [Kind.AMEND, Kind.CORRECT])
def test_a_change_that_changes_nothing_is_refused(kind: Kind) -> None:
    assert refused(granted(), decision(kind)) == "nothing_changed"


def test_a_change_of_personal_facts_alone_is_a_change() -> None:
    event = when(granted(), decision(Kind.AMEND), mark="another mark")
    assert event.model_dump()["changed"] == ("personal",)


def test_a_change_names_what_changed_and_a_correction_keeps_what_was_wrong() -> None:
    assert when(granted(), decision(Kind.AMEND, place="二号")).model_dump()["changed"] == ("place",)
    corrected = when(granted(), decision(Kind.CORRECT, certificate_name="小餐饮许可证")).model_dump()
    assert (corrected["changed"], corrected["was"]) == (("certificate_name",), {"certificate_name": "食品经营许可证"})


@pytest.mark.parametrize("kind", ADVERSE)
def test_a_permit_is_not_taken_away_or_refused_without_a_reason(kind: Kind) -> None:
    assert refused(granted(), decision(kind)) == refused(Permit(), decision(Kind.REFUSE)) == "reason_needed"
    assert when(granted(), decision(kind, legal_basis="《行政许可法》第六十九条")).status is ENDINGS[kind]


@pytest.mark.parametrize("kind", [Kind.RENEW, Kind.REISSUE, *ENDINGS])
def test_only_the_holder_gets_a_decision_about_a_permit(kind: Kind) -> None:
    assert refused(granted(), decision(kind, **LONGER, **WHY), BUYER) == "other_party"


@pytest.mark.parametrize("kind", [Kind.AMEND, Kind.CORRECT])
def test_a_transfer_is_an_amendment_and_a_wrong_party_a_correction(kind: Kind) -> None:
    event = when(granted(), decision(kind), BUYER)
    assert event.facts.party == BUYER


@pytest.mark.parametrize("kind", [Kind.REISSUE, *ENDINGS])
def test_an_ending_and_a_reissue_leave_the_facts_as_they_stand(kind: Kind) -> None:
    before = granted()
    event = when(before, decision(kind, content="别的内容", **WHY), mark="another mark")
    assert before.now is not None
    assert (event.facts, event.personal_mark) == (before.now.facts, before.now.personal_mark)


def test_a_stock_hand_over_takes_permits_and_nothing_else() -> None:
    assert refused(granted(), decision(Kind.RENEW, opening_stock=True, **LONGER)) == "stock_is_grant"
    assert when(Permit(), decision(opening_stock=True)).opening_stock


def test_a_decision_recorded_late_is_marked_as_back_dated_and_stock_is_not() -> None:
    in_time = TODAY - timedelta(days=life.BACK_DATED_AFTER_DAYS)
    late = in_time - timedelta(days=1)
    assert when(Permit(), decision(decision_date=late)).back_dated
    assert not when(Permit(), decision(decision_date=in_time)).back_dated
    assert not when(Permit(), decision(decision_date=late, opening_stock=True)).back_dated


def test_what_was_never_recorded_cannot_be_taken_back() -> None:
    with pytest.raises(Refused, match="not_recorded"):
        life.retract(granted(), 7, "选错了文件", TODAY)


def test_a_decision_that_a_later_one_rests_on_cannot_be_taken_back() -> None:
    with pytest.raises(Refused, match="later_decision"):
        life.retract(given(decision(), decision(Kind.RENEW, **LONGER)), 1, "选错了文件", TODAY)


def test_taking_a_renewal_back_restores_what_held_before() -> None:
    before = granted()
    renewed = given(decision(), decision(Kind.RENEW, **LONGER))
    taken_back = evolve(renewed, 3, life.retract(renewed, 2, "选错了文件", TODAY))
    assert taken_back.entries == before.entries
    assert taken_back.version == 3


def test_after_a_grant_is_taken_back_the_number_is_free() -> None:
    event = life.retract(granted(), 1, "选错了文件", TODAY)
    assert event.status is PermitStatus.RETRACTED
    again = evolve(granted(), 2, event)
    assert when(again, decision(), BUYER).status is PermitStatus.VALID


def test_every_rule_speaks_chinese_and_says_what_to_do() -> None:
    for rule in RULES:
        assert all(any("一" <= letter <= "鿿" for letter in text) for text in (rule.text, rule.repair)), rule.code
    assert len({rule.code for rule in RULES}) == len(RULES)

"""What a department does about a push, and what follows: read, sign, return, hand on, consult, rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events import store
from events.database import raw
from events.oversight import OpenedBy, ReturnReason
from events.supervision import Role
from projections.cases import TYPES
from projections.oversight import oversight_of
from projections.push_case import Case
from services.approval.decision import Kind
from services.supervision.oversight_commands import (
    Close,
    GiveOpinion,
    Handle,
    OpenConsultation,
    Read,
    Reassign,
    Return,
    RuleOn,
    Sign,
)
from tests.invented import BODY, DEPARTMENTS, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

FIRE = "11990100MB0000103C"
COUNTY = "11990103MB0000201C"
OTHERS = {FIRE: "海州市虚构消防支队", COUNTY: "虚构县市场监管局"}


@pytest.fixture
def permit(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A granted permit that market supervision leads and the health bureau helps with."""
    for code, name in OTHERS.items():
        monkeypatch.setitem(DEPARTMENTS, code, name)
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    assert granted.permit
    return granted.permit


def states(linkage: Linkage, permit: UUID) -> dict[str, str]:
    """How far the newest push is in each department."""
    query = "SELECT department, state FROM cases WHERE permit = %s ORDER BY push_version"
    return dict(linkage.rows(query, permit))


def lead(linkage: Linkage, permit: UUID) -> str:
    ((code,),) = linkage.rows("SELECT department FROM watch_list WHERE permit = %s AND role = 'lead'", permit)
    return str(code)


def returned(linkage: Linkage, permit: UUID, department: str, **more: Any) -> dict[str, Any]:
    form = Return(officer="0102", reason=ReturnReason.MATTER, **more)
    return linkage.oversee(permit, form, department)


def agrees_with_its_events(linkage: Linkage) -> bool:
    """Every case, folded anew from the events, is what stands in the table."""
    with linkage.supervision.connect() as connection:
        permits = [row[0] for row in linkage.rows("SELECT DISTINCT permit FROM cases")]
        streams = store.load_streams(raw(connection), "supervision", permits)
    folded = {key: case for permit in permits for key, case in _cases(permit, streams[permit]).items()}
    stored = [Case(*row) for row in linkage.rows(f"SELECT {', '.join(TYPES)} FROM cases")]
    return folded == {(case.permit, case.push_version, case.department): case for case in stored}


def _cases(permit: UUID, records: Any) -> dict[tuple[UUID, int, str], Case]:
    return {(permit, *key): case for key, case in oversight_of(permit, records).cases.items()}


def test_each_push_is_a_case_with_a_limit_in_each_department(linkage: Linkage, permit: UUID) -> None:
    rows = linkage.rows("SELECT department, role, state, due_on, due_estimated FROM cases ORDER BY role DESC")
    friday = linkage.today + timedelta(days=3)
    assert rows == [
        (MARKET_BUREAU, "lead", "delivered", friday, False),
        (HEALTH_BUREAU, "co", "delivered", friday, False),
    ]
    assert agrees_with_its_events(linkage)


def test_a_push_is_read_signed_handled_and_closed_each_with_its_time_and_officer(
    linkage: Linkage, permit: UUID
) -> None:
    for step in (Read(officer="0102"), Sign(officer="0102"), Handle(officer="0103"), Close(officer="0104")):
        assert linkage.oversee(permit, step, MARKET_BUREAU)["accepted"]
    ((state, officer, *times),) = linkage.rows(
        "SELECT state, officer, read_at, signed_at, handled_at, closed_at FROM cases WHERE department = %s",
        MARKET_BUREAU,
    )
    assert (state, officer) == ("closed", "0104")
    assert times == sorted(times)
    assert None not in times
    assert states(linkage, permit)[HEALTH_BUREAU] == "delivered"
    assert agrees_with_its_events(linkage)


def test_of_two_officers_who_sign_one_wins_and_the_other_is_told_by_whom_and_when(
    linkage: Linkage, permit: UUID
) -> None:
    assert linkage.oversee(permit, Sign(officer="0102"), MARKET_BUREAU)["accepted"]
    late = linkage.oversee(permit, Sign(officer="0103", push_version=1), MARKET_BUREAU)
    assert late["rule"] == "already_signed"
    assert "由 0102 于 20" in late["text"]
    assert "现在可以: 办理、办结" in late["text"]


def test_a_repeated_request_gets_its_first_answer_and_changes_nothing(linkage: Linkage, permit: UUID) -> None:
    first = linkage.oversee(permit, Sign(officer="0102"), MARKET_BUREAU, key="k1")
    again = linkage.oversee(permit, Sign(officer="0102"), MARKET_BUREAU, key="k1")
    assert again == first | {"repeated": True}
    other = linkage.oversee(permit, Sign(officer="0109"), MARKET_BUREAU, key="k1")
    assert other["rule"] == "same_key_other_content"


def test_a_step_that_the_state_does_not_allow_names_the_state_and_what_is_allowed(
    linkage: Linkage, permit: UUID
) -> None:
    said = linkage.oversee(permit, Handle(officer="0102"), MARKET_BUREAU)
    assert said["rule"] == "step_not_allowed"
    assert "已送达, 不能办理; 现在可以: 阅看、签收、退回" in said["text"]
    assert linkage.oversee(permit, Sign(officer="1"), FIRE)["rule"] == "not_yours"
    assert linkage.oversee(UUID(int=5), Sign(officer="1"), FIRE)["rule"] == "unknown_permit"


def test_opening_stock_opens_cases_and_starts_no_clock(linkage: Linkage, permit: UUID) -> None:
    linkage.publish(decision(permit_number="存-1", opening_stock=True))
    assert linkage.rows("SELECT DISTINCT due_on FROM cases WHERE opening_stock") == [(None,)]
    assert agrees_with_its_events(linkage)


def test_a_return_releases_nobody_and_the_clock_goes_on(linkage: Linkage, permit: UUID) -> None:
    before = linkage.rows("SELECT due_on FROM cases WHERE department = %s", MARKET_BUREAU)
    assert returned(linkage, permit, MARKET_BUREAU, candidate=HEALTH_BUREAU)["accepted"]
    assert lead(linkage, permit) == MARKET_BUREAU
    assert states(linkage, permit)[MARKET_BUREAU] == "returned"
    assert linkage.rows("SELECT due_on FROM cases WHERE department = %s", MARKET_BUREAU) == before
    assert linkage.oversee(permit, Sign(officer="0102"), MARKET_BUREAU)["accepted"], "it may still take it"


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"reason": ReturnReason.OTHER}, "text_needed"),
        ({"reason": ReturnReason.PLACE, "candidate": MARKET_BUREAU}, "candidate_is_self"),
        ({"reason": ReturnReason.PLACE, "candidate": "11990100MB0009999Z"}, "unknown_department"),
    ],
)
def test_a_return_without_what_it_needs_is_refused(
    linkage: Linkage, permit: UUID, form: dict[str, Any], rule: str
) -> None:
    assert linkage.oversee(permit, Return(officer="0102", **form), MARKET_BUREAU)["rule"] == rule
    assert states(linkage, permit)[MARKET_BUREAU] == "delivered"


def test_what_was_returned_goes_to_whom_the_duty_list_names_by_now(linkage: Linkage, permit: UUID) -> None:
    linkage.duties(duty(lead=FIRE, co_departments=()))
    assert returned(linkage, permit, MARKET_BUREAU)["accepted"]
    assert lead(linkage, permit) == FIRE
    assert states(linkage, permit) == {MARKET_BUREAU: "moved", HEALTH_BUREAU: "moved", FIRE: "delivered"}
    assert linkage.listed(MARKET_BUREAU) == {}
    assert agrees_with_its_events(linkage)


def test_the_coordinator_hands_a_permit_on_and_the_first_clock_stays_readable(linkage: Linkage, permit: UUID) -> None:
    returned(linkage, permit, MARKET_BUREAU)
    first = linkage.today
    linkage.today = first + timedelta(days=2)
    moved = linkage.oversee(permit, Reassign(lead=HEALTH_BUREAU, by="0001", text="属医疗机构"))
    assert [one["type"] for one in moved["events"]] == ["push_moved"]
    assert lead(linkage, permit) == HEALTH_BUREAU
    ((due, first_due),) = linkage.rows(
        "SELECT due_on, first_due_on FROM cases WHERE state = 'delivered' AND role = 'lead'"
    )
    assert first_due == first + timedelta(days=3)
    assert due > first_due
    assert linkage.oversee(permit, Reassign(lead=HEALTH_BUREAU, by="0001", text="再次"))["rule"] == "nothing_moves"


def test_a_later_decision_stays_where_the_coordinator_placed_the_permit(linkage: Linkage, permit: UUID) -> None:
    linkage.oversee(permit, Reassign(lead=HEALTH_BUREAU, by="0001", text="属医疗机构"))
    linkage.publish(decision(Kind.AMEND, content="冷食类食品制售"))
    assert lead(linkage, permit) == HEALTH_BUREAU
    assert linkage.listed(MARKET_BUREAU) == {}
    assert agrees_with_its_events(linkage)


def handed_on_and_returned_twice(linkage: Linkage, permit: UUID) -> dict[str, Any]:
    returned(linkage, permit, MARKET_BUREAU, candidate=FIRE)
    linkage.oversee(permit, Reassign(lead=FIRE, by="0001", text="按退回建议"))
    return returned(linkage, permit, FIRE)


def test_a_second_return_opens_a_consultation_by_itself_and_the_default_lead_is_responsible(
    linkage: Linkage, permit: UUID
) -> None:
    said = handed_on_and_returned_twice(linkage, permit)
    assert [one["type"] for one in said["events"]] == ["push_returned", "push_moved", "consultation_opened"]
    assert lead(linkage, permit) == MARKET_BUREAU
    ((opened_by, bodies, due),) = linkage.rows("SELECT opened_by, bodies, opinions_due FROM consultations")
    assert opened_by == OpenedBy.SECOND_RETURN
    assert {MARKET_BUREAU, FIRE, BODY} <= set(bodies)
    assert due == linkage.today + timedelta(days=3)
    assert agrees_with_its_events(linkage)


def test_while_a_consultation_is_open_nobody_returns_or_hands_on(linkage: Linkage, permit: UUID) -> None:
    handed_on_and_returned_twice(linkage, permit)
    assert returned(linkage, permit, MARKET_BUREAU)["rule"] == "in_consultation"
    said = linkage.oversee(permit, Reassign(lead=FIRE, by="0001", text="再试"))
    assert said["rule"] == "in_consultation"


def test_no_case_passes_on_more_than_twice_without_a_ruling(linkage: Linkage, permit: UUID) -> None:
    for code in (FIRE, HEALTH_BUREAU):
        assert linkage.oversee(permit, Reassign(lead=code, by="0001", text="转办"))["accepted"]
    assert linkage.oversee(permit, Reassign(lead=COUNTY, by="0001", text="转办"))["rule"] == "needs_ruling"
    linkage.oversee(permit, OpenConsultation(by="0001", text="三个部门都说不管"))
    assert linkage.oversee(permit, RuleOn(lead=COUNTY, by="0001", reason="按三定方案"))["accepted"]
    assert lead(linkage, permit) == COUNTY


def test_both_sides_give_opinions_the_coordinator_rules_and_the_ruled_cannot_return(
    linkage: Linkage, permit: UUID
) -> None:
    handed_on_and_returned_twice(linkage, permit)
    for body in (MARKET_BUREAU, BODY):
        form = GiveOpinion(body=body, officer="0102", text="应由消防负责", legal_basis="消防法第十五条")
        assert linkage.oversee(permit, form)["accepted"]
    stranger = GiveOpinion(body=COUNTY, officer="0102", text="与我无关")
    assert linkage.oversee(permit, stranger)["rule"] == "not_asked"
    ruled = linkage.oversee(permit, RuleOn(lead=FIRE, by="0001", reason="公众聚集场所", legal_basis="消防法第十五条"))
    assert [one["type"] for one in ruled["events"]] == ["ruling_made", "push_moved"]
    assert lead(linkage, permit) == FIRE
    assert returned(linkage, permit, FIRE)["rule"] == "ruled"
    linkage.publish(decision(Kind.AMEND, content="冷食类食品制售"))
    assert lead(linkage, permit) == FIRE, "the list does not undo a ruling"
    ((answered, ruled_lead),) = linkage.rows("SELECT answered, lead FROM consultations")
    assert (answered, ruled_lead) == (sorted([MARKET_BUREAU, BODY]), FIRE)
    assert agrees_with_its_events(linkage)


def test_a_ruling_settles_the_cases_that_wait_like_it(linkage: Linkage, permit: UUID) -> None:
    like, returned_once, elsewhere = linkage.publish(
        decision(permit_number="同-1"),
        decision(permit_number="同-2"),
        decision(permit_number="异-1", region_code="990104"),
    )
    for one in (permit, like.permit, elsewhere.permit):
        assert one
        handed_on_and_returned_twice(linkage, one)
    assert returned_once.permit
    returned(linkage, returned_once.permit, MARKET_BUREAU)
    linkage.oversee(permit, RuleOn(lead=FIRE, by="0001", reason="公众聚集场所"))
    leads = {
        number: lead(linkage, one) for number, one in enumerate((permit, like.permit, returned_once.permit)) if one
    }
    assert set(leads.values()) == {FIRE}
    assert elsewhere.permit
    assert lead(linkage, elsewhere.permit) == MARKET_BUREAU
    assert linkage.rows("SELECT count(*) FROM consultations WHERE ruled_at IS NULL") == [(1,)]
    assert agrees_with_its_events(linkage)


def test_a_ruling_may_change_the_duty_list_from_its_day_on(linkage: Linkage, permit: UUID) -> None:
    handed_on_and_returned_twice(linkage, permit)
    linkage.oversee(permit, RuleOn(lead=FIRE, by="0001", reason="公众聚集场所", changes_duty_list=True))
    linkage.publish(decision(permit_number="新-1"))
    leads = linkage.rows("SELECT DISTINCT department FROM watch_list WHERE role = 'lead'")
    assert leads == [(FIRE,)]
    entries = linkage.rows(
        "SELECT content->>'lead', content->>'valid_from', content->>'valid_to' FROM duties"
        " WHERE content->>'matter_code' = %s ORDER BY 2", FOOD,
    )  # fmt: skip
    yesterday, today = str(linkage.today - timedelta(days=1)), str(linkage.today)
    assert [entry[0] for entry in entries] == [MARKET_BUREAU, FIRE]
    assert (entries[0][2], entries[1][1]) == (yesterday, today)


def test_roles_and_numbers_of_a_moved_push_go_on(linkage: Linkage, permit: UUID) -> None:
    linkage.oversee(permit, Reassign(lead=HEALTH_BUREAU, co_departments=(MARKET_BUREAU,), by="0001", text="换牵头"))
    rows = linkage.rows("SELECT department, role, push_number FROM watch_list ORDER BY department")
    assert set(rows) == {(HEALTH_BUREAU, Role.LEAD.value, 2), (MARKET_BUREAU, Role.CO.value, 2)}

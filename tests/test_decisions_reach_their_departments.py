"""From a decision to the watch lists: the one hop that everything else rests on."""

from __future__ import annotations

from datetime import date

from services.approval.decision import Kind
from tests.invented import DEPARTMENTS, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage


def test_a_granted_permit_stands_in_the_lists_of_its_lead_and_its_co_department(linkage: Linkage) -> None:
    linkage.duties(duty())
    (outcome,) = linkage.publish(decision())
    assert linkage.listed(MARKET_BUREAU) == {outcome.permit: "valid"}
    assert linkage.listed(HEALTH_BUREAU) == {outcome.permit: "valid"}
    roles = dict(linkage.rows("SELECT department, role FROM watch_list"))
    assert roles == {MARKET_BUREAU: "lead", HEALTH_BUREAU: "co"}


def test_a_revoked_permit_is_shown_as_revoked_in_the_same_lists(linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted, revoked) = linkage.publish(decision(), decision(Kind.REVOKE, reason="处罚决定"))
    assert granted.permit == revoked.permit
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "revoked"}


def test_a_permit_that_moves_to_another_region_leaves_the_old_list(linkage: Linkage) -> None:
    county = "11990103MB0000201C"
    linkage.duties(duty(), duty(region_code="990103", lead=county, co_departments=()))
    (granted,) = linkage.publish(decision())
    linkage.publish(decision(Kind.AMEND, region_code="990103"))
    assert linkage.listed(MARKET_BUREAU) == {}
    assert linkage.listed(HEALTH_BUREAU) == {}
    assert linkage.listed(county) == {granted.permit: "valid"}


def test_a_matter_without_a_duty_waits_with_an_owner_and_finds_its_department_when_the_duty_is_added(
    linkage: Linkage,
) -> None:
    (outcome,) = linkage.publish(decision())
    assert linkage.waiting() == [(outcome.permit, "matter_not_listed")]
    assert linkage.rows("SELECT owner FROM exceptions") == [("审改办",)]
    linkage.tend()
    assert linkage.listed(MARKET_BUREAU) == {}
    linkage.duties(duty())
    linkage.tend()
    assert linkage.waiting() == []
    assert linkage.listed(MARKET_BUREAU) == {outcome.permit: "valid"}


def test_a_later_decision_of_a_permit_that_lost_its_duty_still_reaches_those_who_had_it(linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    linkage.publish(decision(Kind.AMEND, matter_code="000100000000"))
    assert linkage.waiting() == [(granted.permit, "matter_not_listed")]
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "valid"}
    linkage.publish(decision(Kind.SURRENDER))
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "surrendered"}


def test_push_numbers_are_dense_for_each_body_and_department(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(*(decision(permit_number=f"A{n}") for n in range(5)))
    linkage.publish(*(decision(permit_number=f"B{n}") for n in range(5)))
    for department in DEPARTMENTS:
        rows = linkage.rows("SELECT push_number FROM watch_list WHERE department = %s ORDER BY 1", department)
        assert [row[0] for row in rows] == list(range(1, 11))


def test_the_same_list_of_duties_again_changes_nothing(linkage: Linkage) -> None:
    assert linkage.duties(duty()).assigned == 1
    again = linkage.duties(duty())
    assert (again.assigned, again.changed, again.unchanged) == (0, 0, 1)


def test_the_nearest_region_is_responsible_and_a_duty_that_has_ended_is_not(linkage: Linkage) -> None:
    county = "11990102MB0000202D"
    linkage.duties(
        duty(),
        duty(region_code="990102", lead=county, valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31)),
    )
    (outcome,) = linkage.publish(decision())
    assert list(linkage.listed(MARKET_BUREAU)) == [outcome.permit]
    assert linkage.listed(county) == {}


def test_no_name_of_a_natural_person_is_outside_the_sealed_part(linkage: Linkage) -> None:
    linkage.duties(duty())
    natural = {"kind": "自然人", "name": "欧阳某某", "identifier": "990102199001010015", "identifier_kind": "身份证"}
    linkage.publish(decision(party=natural, content="准予欧阳某某执业", matter_code=FOOD))
    linkage.number_pushes()
    public = linkage.rows("SELECT data FROM ledger") + linkage.rows("SELECT data FROM ledger", side="approval")
    public += linkage.rows("SELECT watch_list::text FROM watch_list")
    assert public
    assert not [row for row in public if "某某" in row[0] or "990102199001010015" in row[0]]
    assert linkage.rows("SELECT DISTINCT party_label FROM watch_list") == [("欧阳**",)]

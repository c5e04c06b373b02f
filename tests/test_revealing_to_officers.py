"""An officer of a department that watches a permit is shown one of its holder's facts, as the deciding bureau is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events.database import raw
from services.access.actions import Action
from services.access.callers import Caller, Scope
from services.access.entrance import Entrance
from services.approval.http import Office, application, key_token
from services.pages.seats import Role, Seat
from services.supervision.http import application as supervision_application
from services.supervision.oversight_commands import Reassign
from services.supervision.party_register import HttpPartyRegister
from services.supervision.permit_history import History
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web
from tests.test_revealing import HOLDER, NAME, NUMBER, shown

FIRE = "11990100MB0000103C"


@pytest.fixture
def permit(linkage: Linkage) -> UUID:
    """One that the market bureau leads and the health bureau watches beside it."""
    linkage.duties(duty(co_departments=(HEALTH_BUREAU,)))
    (outcome,) = linkage.publish(decision(party=HOLDER))
    linkage.number_pushes()
    assert outcome.permit is not None
    return outcome.permit


def officer(linkage: Linkage, department: str = MARKET_BUREAU, most: int = 30, **how: Any) -> TestClient:
    office = replace(web(linkage, **how).state.office, reveals_a_day=most)
    seat = {"seat-supervision": Seat(Role.OFFICER, department, "2042").as_cookie()}
    return TestClient(supervision_application(office), headers={"Accept": "text/html"}, cookies=seat)


def trail(linkage: Linkage) -> list[tuple[Any, ...]]:
    return linkage.rows("SELECT act, caller, body, place, fields, reason, result FROM audit ORDER BY id")


@pytest.mark.parametrize("department", [MARKET_BUREAU, HEALTH_BUREAU])
def test_lead_and_those_beside_it_are_shown_masks_and_one_fact_after_a_reason(
    linkage: Linkage, permit: UUID, department: str
) -> None:
    client = officer(linkage, department)
    assert f'href="/permits/{permit}/personal"' in client.get(f"/permits/{permit}").text
    page = client.get(f"/permits/{permit}/personal").text
    assert ("990***********0015" in page, NUMBER in page, NAME in page) == (True, False, False)
    revealed = shown(client, permit, words="核对来电")
    assert (NUMBER in revealed.text, NAME in revealed.text) == (True, False)
    assert revealed.headers["cache-control"] == "no-store"
    masked = ["name", "identifier", "content"]
    page_of = "/permits/{permit}/personal"
    assert trail(linkage) == [
        ("personal_read", "2042", department, f"GET {page_of}", masked, "", "done"),
        ("revealed", "2042", department, f"POST {page_of}", ["identifier"], "现场检查,核对身份:核对来电", "done"),
    ]
    assert shown(client, permit, why="other").status_code == 422  # without words


def test_another_department_is_shown_nothing_and_each_attempt_is_written_down(
    linkage: Linkage, permit: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = officer(linkage, FIRE)
    asked = {"field": "identifier", "why": "check"}
    for answer in (
        other.get(f"/permits/{permit}/personal"),
        shown(other, permit),
        other.post(f"/api/v1/permits/{permit}/reveals", json=asked),
        shown(other, UUID(int=7)),  # what is nowhere is answered alike
    ):
        assert (answer.status_code, NUMBER in answer.text, "990*" in answer.text) == (403, False, False)
    refused = [line[0] for line in trail(linkage)]
    assert refused == ["refused"] * 4
    # Control: with neither the question whose permit it is nor the wall of the database, it would be shown.
    monkeypatch.setattr(History, "responsible", lambda _: {FIRE: "lead"})
    assert shown(other, permit).status_code == 403  # the database alone still hides it
    assert NUMBER in shown(officer(linkage, FIRE, opened=linkage.supervision), permit).text


def test_a_department_that_the_permit_has_left_is_shown_nothing_more(linkage: Linkage, permit: UUID) -> None:
    linkage.oversee(permit, Reassign(lead=HEALTH_BUREAU, by="9001", text="职责调整"))
    assert shown(officer(linkage), permit).status_code == 403
    assert NUMBER in shown(officer(linkage, HEALTH_BUREAU), permit).text


def test_a_program_of_the_department_is_shown_one_fact_too_and_its_key_must_allow_it(
    linkage: Linkage, permit: UUID
) -> None:
    def program(body: str, *actions: Action) -> TestClient:
        caller = Caller("key-7", Scope(frozenset((body,))), actions=frozenset(actions))
        return TestClient(web(linkage, entrance=Entrance((lambda _: caller,))))

    address, asked = f"/api/v1/permits/{permit}/reveals", {"field": "name", "why": "contact"}
    answer = program(HEALTH_BUREAU, Action.REVEAL_PERSONAL).post(address, json=asked)
    assert (answer.json()["value"], answer.headers["cache-control"]) == (NAME, "no-store")
    for refused in (program(HEALTH_BUREAU, Action.READ_LISTS), program(FIRE, Action.REVEAL_PERSONAL)):
        assert refused.post(address, json=asked).status_code == 403


def test_each_is_shown_so_many_a_day_and_nothing_while_trail_or_keys_are_away(linkage: Linkage, permit: UUID) -> None:
    client = officer(linkage, most=1)
    register = client.app.state.office.penalties.register  # type: ignore[attr-defined]
    register.away = True
    assert shown(client, permit).status_code == 503
    assert trail(linkage) == []  # and it counts for nothing
    register.away = False
    assert [shown(client, permit).status_code for _ in range(2)] == [200, 429]
    with linkage.supervision.begin() as transaction:
        raw(transaction).execute("ALTER TABLE audit RENAME TO audit_away")
    for answer in (client.get(f"/permits/{permit}/personal"), shown(officer(linkage), permit)):
        assert (answer.status_code, NUMBER in answer.text, "990*" in answer.text) == (503, False, False)


def test_the_key_comes_from_the_one_place_that_hands_keys_out_and_writes_it_down(
    linkage: Linkage, permit: UUID
) -> None:
    approval = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now))
    register = HttpPartyRegister("http://approval", token=key_token(MASTER))
    register.client = TestClient(approval)  # type: ignore[assignment]
    ((party,),) = linkage.rows("SELECT party FROM parties WHERE kind = '自然人'", side="approval")
    assert register.key_of(party) == officer(linkage).app.state.office.penalties.register.key_of(party)  # type: ignore[attr-defined]
    assert linkage.rows("SELECT act, objects FROM audit", side="approval") == [("keys_handed_out", [str(party)])]
    with linkage.approval.begin() as transaction:
        raw(transaction).execute("UPDATE parties SET wrapped_key = NULL WHERE party = %s", (party,))
    assert register.key_of(party) is None
    answer = shown(officer(linkage), permit)  # of an erased party nothing is left to show
    assert (answer.status_code, NUMBER in answer.text) == (404, False)

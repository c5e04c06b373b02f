"""Each cell of the table of rights of both APIs is asked: every role and route, own rows and another's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from docs.rights_table import cell
from services.access.callers import Caller, scope_of
from services.access.entrance import OPEN, Entrance
from services.access.rights import Right, Where, rights
from services.approval.http import Office, application
from services.pages.seats import Role, Seat
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, clinic, decision, duty, party
from tests.linkage import Linkage
from tests.penalties import impose
from tests.supervision_web import web
from tests.two_bureaus import OTHER, asked_about

CLINIC = "000131004000"
ENDLESS = "/api/v1/departments/{department}/events"
Rows = Mapping[str, Mapping[str, str]]
"""By body, one's own first: ``whose`` it is, and the rows that this body alone has one of, by their name in paths."""


def seated(body: str) -> Entrance:
    """Return a door that takes the role from a header; who is of a body is of ``body``."""

    def by_header(request: Request) -> Caller | None:
        role = Role(request.headers["x-role"])
        seat = Seat(role, body if role.of_a_body else "", "0001")
        return Caller("0001", scope_of(seat), seat)

    return Entrance((by_header,))


@pytest.fixture
def of_departments(linkage: Linkage) -> Rows:
    """By department: one permit that is its own alone, and one penalty."""
    linkage.duties(duty(co_departments=()), duty(matter_code=CLINIC, lead=HEALTH_BUREAU, co_departments=()))
    permits = linkage.publish(decision(), decision(matter_code=CLINIC, permit_number="WS0001", party=clinic()))
    return {
        department: {
            "whose": department,
            "department": department,
            "permit": str(permit.permit),
            "penalty": str(
                impose(linkage, department=department, document_number=f"海罚〔2026〕{number}号", party=whom)
            ),
        }
        for number, (department, permit, whom) in enumerate(
            zip((MARKET_BUREAU, HEALTH_BUREAU), permits, (party(), clinic()), strict=True)
        )
    }


@pytest.fixture
def of_bureaus(linkage: Linkage) -> Rows:
    """By bureau: one permit that is its own alone, handed in with a batch, and a task about it."""
    linkage.duties(duty(co_departments=()))
    found = {}
    for bureau, holder in ((BODY, party()), (OTHER, clinic())):
        batch = uuid4()
        (granted,) = linkage.publish(decision(deciding_body=bureau, batch=batch, party=holder))
        assert granted.permit
        task = asked_about(linkage, granted.permit, bureau)
        found[bureau] = {
            "whose": bureau, "body": bureau, "permit": str(granted.permit), "batch": str(batch), "task": str(task),
        }  # fmt: skip
    return found


def asked(client: TestClient, right: Right, role: Role, named: Mapping[str, str]) -> int:
    known = {
        "body": BODY,
        "department": MARKET_BUREAU,
        "day": "2026-11-23",
        "number": "1",
        "push": "1",
        "officer": "S-0311",
        **named,
    }
    address = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], str(uuid4())), right.path)
    query = {right.whose.name: named["whose"]} if right.whose.where is Where.QUERY else {}
    said: dict[str, Any] = {right.whose.name: named["whose"]} if right.whose.where is Where.FIELD else {}
    if right.whose.where is Where.ROW and f"{{{right.whose.name}}}" not in right.path:
        said = {right.whose.name: named[right.whose.name]}
    for name in reversed(right.whose.restated.split(".") if right.whose.restated else ()):
        said = {name: said or named["whose"]}
    body = None if right.method == "GET" else said
    return client.request(right.method, address, params=query, json=body, headers={"x-role": role.value}).status_code


def walk(client: TestClient, rows: Rows, routes: Iterable[Right]) -> tuple[list[Any], int]:
    """Ask every cell of ``routes``; return those that were answered otherwise than the table says, and how many there
    were."""
    wrong: list[Any] = []
    walked = 0
    own, other = rows
    for right in routes:
        for role in Role:
            allowed = cell(right, role)
            for whose in (own, other):
                refused = allowed == "–" or (allowed == "own" and whose == other)
                if right.whose.where is Where.ITEMS and allowed == "own":
                    refused = False  # each of the things stated is refused for itself
                elif right.whose.where is Where.ROW and right.whose.name not in rows[own] and allowed == "own":
                    refused = True  # there is no such row, and that is not told apart from another's
                if right.path == ENDLESS and not refused:
                    continue
                status = asked(client, right, role, rows[whose])
                walked += 1
                if (status == 403) != refused or status >= 500:
                    wrong.append((right.method, right.path, role.value, allowed, whose == own, status))
    return wrong, walked


def of_side(side: str) -> list[Right]:
    return [one for one in rights().values() if one.side == side and not one.is_page]


def bureau(linkage: Linkage, entrance: Entrance) -> TestClient:
    office = Office(linkage.approval_web, linkage.web_desk, "token", now=linkage.now)
    return TestClient(application(office, entrance), raise_server_exceptions=False)


def test_every_cell_is_as_the_table_says(linkage: Linkage, of_departments: Rows) -> None:
    client = TestClient(web(linkage, entrance=seated(MARKET_BUREAU)), raise_server_exceptions=False)
    wrong, walked = walk(client, of_departments, of_side("supervision"))
    assert wrong == []
    assert walked > 1_000


def test_every_cell_of_the_approval_side_is_as_the_table_says(linkage: Linkage, of_bureaus: Rows) -> None:
    wrong, walked = walk(bureau(linkage, seated(BODY)), of_bureaus, of_side("approval"))
    assert wrong == []
    assert walked > 900


def test_a_door_without_its_guard_is_found_by_the_walk(linkage: Linkage, of_departments: Rows) -> None:
    """Negative control: an open door, of whose routes every one has a wrong cell."""
    door = replace(seated(MARKET_BUREAU), otherwise=OPEN.otherwise)
    routes = [one for one in of_side("supervision") if one.method == "GET" and one.path != ENDLESS][:4]
    client = TestClient(web(linkage, entrance=door), raise_server_exceptions=False)
    wrong, _ = walk(client, of_departments, routes)
    assert {path for _, path, *_ in wrong} == {one.path for one in routes}


def test_such_a_door_is_found_on_the_approval_side_too(linkage: Linkage, of_bureaus: Rows) -> None:
    """Negative control: as before."""
    door = replace(seated(BODY), otherwise=OPEN.otherwise)
    routes = [one for one in of_side("approval") if one.method == "GET"][:4]
    wrong, _ = walk(bureau(linkage, door), of_bureaus, routes)
    assert {path for _, path, *_ in wrong} == {one.path for one in routes}


def test_a_leader_reads_and_urges_and_does_nothing_else() -> None:
    done = {one.path for one in rights().values() if one.method != "GET" and Role.LEADER in one.roles}
    about_oneself = {"/sessions/{session}/end", "/password", "/logout"}
    looked_up = {"/check"}
    assert done == {"/api/v1/deadlines/{item}/urging", "/urging/{item}"} | about_oneself | looked_up

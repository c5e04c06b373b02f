"""Each cell of the table of rights on the supervision side is asked: every role and route, own rows and another's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from docs.rights_table import cell
from services.access.callers import Caller, scope_of
from services.access.entrance import OPEN, Entrance
from services.access.rights import Right, Where, rights
from services.pages.seats import Role, Seat
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, clinic, decision, duty, party
from tests.linkage import Linkage
from tests.penalties import impose
from tests.supervision_web import web

CLINIC = "000131004000"
ENDLESS = "/api/v1/departments/{department}/events"
OF_THE_TOWN = frozenset(("permit", "penalty"))
"""Kinds of rows that each department of the town has one of."""

Rows = dict[str, dict[str, str]]


def by_header(request: Request) -> Caller | None:
    role = Role(request.headers["x-role"])
    seat = Seat(role, MARKET_BUREAU if role.of_a_body else "", "0001")
    return Caller("0001", scope_of(seat), seat)


@pytest.fixture
def rows(linkage: Linkage) -> Rows:
    """By department: one permit that is its own alone, and one penalty."""
    linkage.duties(duty(co_departments=()), duty(matter_code=CLINIC, lead=HEALTH_BUREAU, co_departments=()))
    permits = linkage.publish(decision(), decision(matter_code=CLINIC, permit_number="WS0001", party=clinic()))
    return {
        department: {
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


def asked(client: TestClient, right: Right, role: Role, named: dict[str, str]) -> int:
    known = {"body": BODY, "day": "2026-11-23", "number": "1", "officer": "S-0311"} | named
    address = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], str(uuid4())), right.path)
    query = {right.whose.name: named["department"]} if right.whose.where is Where.QUERY else {}
    said: dict[str, Any] = {right.whose.name: named["department"]} if right.whose.where is Where.FIELD else {}
    for name in reversed(right.whose.restated.split(".") if right.whose.restated else ()):
        said = {name: said or named["department"]}
    body = None if right.method == "GET" else said
    return client.request(right.method, address, params=query, json=body, headers={"x-role": role.value}).status_code


def walk(client: TestClient, rows: Rows, routes: Iterable[Right]) -> tuple[list[Any], int]:
    """Ask every cell of ``routes``; return those that were answered otherwise than the table says, and how many there
    were."""
    wrong: list[Any] = []
    walked = 0
    for right in routes:
        for role in Role:
            allowed = cell(right, role)
            for whose in (MARKET_BUREAU, HEALTH_BUREAU):
                refused = allowed == "–" or (allowed == "own" and whose == HEALTH_BUREAU)
                if right.whose.where is Where.ITEMS and allowed == "own":
                    refused = False  # each of the things stated is refused for itself
                elif right.whose.where is Where.ROW and right.whose.name not in OF_THE_TOWN and allowed == "own":
                    refused = True  # there is no such row, and that is not told apart from another's
                if right.path == ENDLESS and not refused:
                    continue
                status = asked(client, right, role, rows[whose])
                walked += 1
                if (status == 403) != refused or status >= 500:
                    wrong.append((right.method, right.path, role.value, allowed, whose == MARKET_BUREAU, status))
    return wrong, walked


OF_SUPERVISION = [one for one in rights().values() if one.side == "supervision" and not one.is_page]


def test_every_cell_is_as_the_table_says(linkage: Linkage, rows: Rows) -> None:
    client = TestClient(web(linkage, entrance=Entrance((by_header,))), raise_server_exceptions=False)
    wrong, walked = walk(client, rows, OF_SUPERVISION)
    assert wrong == []
    assert walked > 1_000


def test_a_door_without_its_guard_is_found_by_the_walk(linkage: Linkage, rows: Rows) -> None:
    """Negative control: an open door, of whose routes every one has a wrong cell."""
    door = Entrance((by_header,), otherwise=OPEN.otherwise)
    routes = [one for one in OF_SUPERVISION if one.method == "GET" and one.path != ENDLESS][:4]
    wrong, _ = walk(TestClient(web(linkage, entrance=door), raise_server_exceptions=False), rows, routes)
    assert {path for _, path, *_ in wrong} == {one.path for one in routes}


def test_a_leader_reads_and_urges_and_does_nothing_else() -> None:
    done = {one.path for one in rights().values() if one.method != "GET" and Role.LEADER in one.roles}
    about_oneself = {"/sessions/{session}/end", "/password", "/logout"}
    looked_up = {"/check"}
    assert done == {"/api/v1/deadlines/{item}/urging", "/urging/{item}"} | about_oneself | looked_up

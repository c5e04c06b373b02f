"""Each page of both sides is asked by every role: who may is let in, who may not gets a page that says why and betrays
nothing; menus lead nobody to a shut door."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from services.access import audited_answers, entrance, guard
from services.access.callers import Caller, scope_of
from services.access.entrance import Entrance
from services.access.rights import Right, right_of, rights
from services.access.rights_of_pages import ADMINISTRATORS, BUSINESS
from services.approval.http import Office, application, key_token
from services.approval.pages import site as approval_site
from services.pages.seats import Role, Seat
from services.problems import Problem
from services.supervision.pages import site as supervision_site
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.penalties import impose
from tests.supervision_web import web
from tests.two_bureaus import settled

SITES = {"approval": approval_site, "supervision": supervision_site}
OWN = {"approval": BODY, "supervision": MARKET_BUREAU}
ENDLESS = "/live"
NAMED = {
    "department": MARKET_BUREAU, "body": BODY, "day": "2026-11-23", "number": "1", "version": "1", "push": "1",
    "officer": "1001", "staff": "1001", "form": "inspection", "step": "result", "silence": "1",
    "matter": "000131023000",
}  # fmt: skip


def by_header(request: Request) -> Caller:
    role = Role(request.headers["x-role"])
    seat = Seat(role, OWN[request.app.state.side] if role.of_a_body else "", "0001")
    return Caller("0001", scope_of(seat), seat)


def closed(linkage: Linkage, side: str) -> FastAPI:
    door = Entrance((by_header,))
    if side == "supervision":
        return web(linkage, entrance=door)
    return application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)), door)


def pages(side: str) -> Sequence[Right]:
    """Those that are some roles', without the stream that has no end."""
    found = [one for one in rights().values() if one.side == side and one.is_page and one.roles]
    return [one for one in found if one.path != ENDLESS]


def address_of(right: Right) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NAMED.get(found[1], str(uuid4())), right.path)


def walk(app: FastAPI, asking: Iterable[Right]) -> tuple[list[Any], int]:
    """Ask every cell; return those that were answered otherwise than the table says, and how many there were."""
    return asyncio.run(_walked(app, asking))


async def _walked(app: FastAPI, asking: Iterable[Right]) -> tuple[list[Any], int]:
    wrong: list[Any] = []
    walked = 0
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for right in asking:
            for role in BUSINESS[right.side] | ADMINISTRATORS:
                answer = await client.request(right.method, address_of(right), headers={"x-role": role.value})
                refused = answer.json()["code"] == "no_right"
                if answer.status_code != (403 if refused else 418) or refused != (role not in right.roles):
                    wrong.append((right.method, right.path, role.value, answer.status_code))
                walked += 1
    return wrong, walked


@pytest.fixture
def no_further_than_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is let in learns so, and nothing is written down: what pages answer, other tests look at."""

    async def let_in(*_: Any) -> None:
        raise Problem(418, "let_in", "已进入", "", "")

    monkeypatch.setattr(entrance, "from_own_form", let_in)  # what is asked once the table has said yes
    monkeypatch.setattr(audited_answers, "note", lambda *_, **__: None)


@pytest.mark.parametrize("side", SITES)
def test_every_page_is_for_the_roles_of_its_row_and_for_no_other(
    linkage: Linkage, side: str, no_further_than_the_door: None
) -> None:
    wrong, walked = walk(closed(linkage, side), pages(side))
    assert wrong == []
    assert walked > 200


@pytest.mark.parametrize("side", SITES)
def test_who_may_not_reads_why_and_what_to_do_and_nothing_else(linkage: Linkage, side: str) -> None:
    client = TestClient(closed(linkage, side), raise_server_exceptions=False)
    for right in pages(side)[::9]:
        outside = next((role for role in Role if role not in right.roles), None)
        if outside is not None:
            asks = {"x-role": outside.value, "accept": "text/html"}
            page = client.request(right.method, address_of(right), headers=asks)
            told = [words in page.text for words in ("这件事由其他岗位办理", "怎么办", f"本页由{names(right)}使用")]
            assert (page.status_code, told) == (403, [True] * 3), right


def names(right: Right) -> str:
    return "、".join(role.words for role in sorted(right.roles))


def test_a_door_that_asks_no_role_is_found_by_the_walk(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, no_further_than_the_door: None
) -> None:
    """Negative control: every page that is not everybody's has a wrong cell."""
    monkeypatch.setattr(guard, "_may_read", lambda *_: None)
    some = [one for one in pages("supervision") if one.method == "GET" and len(one.roles) == 1][:5]
    wrong, _ = walk(closed(linkage, "supervision"), some)
    assert {path for _, path, *_ in wrong} == {one.path for one in some}


def test_a_page_without_a_row_is_refused_at_either_door(linkage: Linkage) -> None:
    for app in (closed(linkage, "supervision"), web(linkage)):
        app.add_api_route("/secrets", lambda: "geheim", methods=["GET"])
        client = TestClient(app, headers={"x-role": "leader"})
        assert (client.get("/secrets").status_code, client.get("/secrets").json()["code"]) == (403, "not_opened")
        assert client.get("/help").status_code == 200


NO_BODY = "11990100MB9999999X"


def said(client: TestClient, role: Role, address: str, named: object) -> tuple[int, str]:
    """Return what a role reads at an address, without what was asked for and the hour."""
    page = client.get(address.format(named), headers={"x-role": role.value, "accept": "text/html"})
    return page.status_code, re.sub(r"[0-9a-f-]{36}|\d{2}:\d{2}(:\d{2})?", "", page.text.replace(str(named), ""))


def told_apart(client: TestClient, role: Role, asked: Mapping[str, object]) -> list[str]:
    """Return the addresses at which what is there, and what is nowhere, are answered otherwise."""
    found = []
    for address, there in asked.items():
        nowhere = NO_BODY if "/departments" in address else uuid4()
        here, not_here = said(client, role, address, there), said(client, role, address, nowhere)
        assert not_here[0] in (403, 404), address
        found += [address] * (here != not_here)
    return found


def test_another_departments_page_and_one_that_is_nowhere_are_told_apart_by_nothing(linkage: Linkage) -> None:
    clinic = "000131004000"
    linkage.duties(duty(co_departments=()), duty(matter_code=clinic, lead=HEALTH_BUREAU, co_departments=()))
    (anothers,) = linkage.publish(decision(matter_code=clinic, permit_number="WS0001"))
    asked = {
        "/permits/{}": anothers.permit,
        f"/permits/{{}}/pushes/1/{HEALTH_BUREAU}/notice": anothers.permit,
        f"/permits/{{}}/pushes/1/{HEALTH_BUREAU}/receipt": anothers.permit,
        "/penalties/{}": impose(linkage, department=HEALTH_BUREAU),
        "/departments/{}": HEALTH_BUREAU,
        "/departments/{}/book": HEALTH_BUREAU,
    }
    client = TestClient(closed(linkage, "supervision"), raise_server_exceptions=False)
    assert told_apart(client, Role.OFFICER, asked) == []
    assert told_apart(client, Role.LEADER, asked) == list(asked), "control: who sees everybody"


def test_another_bureaus_page_and_one_that_is_nowhere_are_told_apart_by_nothing(linkage: Linkage) -> None:
    prey = settled(linkage)
    permit = prey.at("{permit}")
    asked = dict.fromkeys(("/permits/{}", "/permits/{}/now", "/permits/{}/notices/1"), permit)
    client = TestClient(closed(linkage, "approval"), raise_server_exceptions=False)
    own = {"/permits/{}/personal": permit, "/tasks/{}": prey.at("{task}"), "/files/{}": prey.at("{file}")}
    assert told_apart(client, Role.CLERK, asked | own) == []
    assert told_apart(client, Role.OPERATOR, asked) == list(asked), "control: who sees everybody"


@pytest.mark.parametrize("side", SITES)
def test_a_menu_names_only_pages_that_its_reader_may_open(side: str) -> None:
    named = 0
    for role in Role:
        if role not in SITES[side].ROLES and not role.is_administrator:
            continue
        seat = Seat(role, OWN[side] if role.of_a_body else "", "0001")
        for entry in (one for one in SITES[side].MENU if one.shown_to(seat)):
            template = f"{entry.address}/{{department}}" if entry.own else entry.address
            for address in (template, entry.also) if entry.also else (template,):
                right = right_of(side, "GET", address)
                assert right is not None, address
                assert role in right.roles, (address, role)
                named += 1
    assert named > 10

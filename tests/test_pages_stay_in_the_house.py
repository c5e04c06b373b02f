"""No page of either service names another host: an office network has no way out, nobody outside learns who reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from events.database import raw
from events.handovers import list_stream
from events.tasks import task_stream
from services.access.rows import seeing_everybodys
from services.approval.http import Office, application, key_token
from services.approval.pages import site as approval_site
from services.approval.publication_file.columns import LAYOUT
from services.approval.stock import hand_over
from services.pages.seats import Role, Seat
from services.people_register import enrol
from services.publication_file import kept_rows
from services.supervision.consultation_items import ruling_item
from services.supervision.finding_stated import PlanInspection
from services.supervision.open_items import open_items
from services.supervision.oversight_commands import OpenConsultation
from services.supervision.pages import site as supervision_site
from services.supervision.penalty_file.columns import LAYOUT as PENALTIES
from services.urging import Demand, urge_item
from tests.everything_kept import everything_kept
from tests.findings import holder_of, imposed, matched, penalty_facts, say
from tests.invented import BODY, FOOD, MARKET_BUREAU, TODAY, decision, duty
from tests.linkage import MASTER, Linkage
from tests.penalties import impose
from tests.people import GAO, enrolled
from tests.rules import publication, publish
from tests.statements import drawn_day
from tests.supervision_web import web

ELSEWHERE = re.compile(r"(?:https?:)?//[^\s\"'<>]+")
NAMES_ONLY = "http://www.w3.org/2000/svg"
OURSELVES = "http://testserver/"
PENALTY = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01")


def named_in(text: str) -> set[str]:
    """Return the addresses of other hosts in a page; the name of a notation is not loaded from anywhere, and a printed
    sheet bears the whole address of its own record."""
    return {found for found in ELSEWHERE.findall(text) if not found.startswith(OURSELVES)} - {NAMES_ONLY}


SITES = {"approval": approval_site, "supervision": supervision_site}


def pages(side: str) -> Iterator[str]:
    """Yield the address of every page of a side, with the names of what is asked in braces."""
    yield from ("/seat", "/behind")
    for router in SITES[side].ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                yield route.path


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_no_page_of_either_service_names_another_host_or_changes_anything(
    linkage: Linkage, side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_rows, "folder", lambda: tmp_path)
    linkage.duties(duty())
    (recorded,) = linkage.submit(decision(opening_stock=True, batch=UUID(int=1)))
    hand_over(linkage.approval, UUID(int=1))
    linkage.number()
    linkage.apply()
    assert recorded.permit
    app = web(linkage)
    with seeing_everybodys("what the pages are about"):
        planned = app.state.office.findings.handle(
            PlanInspection(
                permit=recorded.permit, department=MARKET_BUREAU, officer="1001", inspection_kind="双随机",
                planned_on=TODAY,
            )
        )  # fmt: skip
    kept = reader(app, "supervision", Role.OFFICER).post(
        "/penalties/import",
        files={"file": ("file.csv", f"{','.join(PENALTIES.by_code)}\n某甲\n")},
        follow_redirects=False,
    )
    batch = kept.headers["location"].rsplit("/", 1)[1]
    if side == "approval":
        app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)))
    listed = str(list_stream(BODY, MARKET_BUREAU, 1))
    linkage.oversee(recorded.permit, OpenConsultation(by="0001", text="职责不清"))
    item = ruling_item(recorded.permit, 1)
    demand = Demand(limit=2, officer="0001", reason="职责不清")
    urge_item(linkage.supervision, "supervision", open_items("审改办"), item, demand, linkage.now())
    places = {"department": MARKET_BUREAU, "permit": str(recorded.permit), "number": "1", "listed": listed}
    places |= {
        "matter": FOOD,
        "item": str(item),
        "version": "1",
        "party": str(holder_of(linkage, recorded.permit).party_id),
    }
    facts = penalty_facts(holder_of(linkage, recorded.permit))
    places["penalty"] = str(impose(linkage))
    say(linkage, PENALTY, imposed(facts), matched(facts, recorded.permit))
    places |= {"task": str(task_stream(PENALTY, recorded.permit)), "rule": str(publish(linkage, publication()))}
    linkage.hear()
    places |= {"batch": batch, "body": BODY, "day": drawn_day(linkage).isoformat()}
    linkage.rows(
        """INSERT INTO parked_streams (projection, stream, partition, reason, detail)
           VALUES ('intake', %s, 1, 'refused', 'KeyError') RETURNING 1""",
        recorded.permit,
    )
    places["stream"] = places["permit"]
    with linkage.supervision.begin() as transaction:
        enrol(raw(transaction), "supervision", [enrolled(GAO)], "S-0001", linkage.now())
    places |= {"officer": GAO, "push": "1"}
    places |= {"form": "inspection", "finding": planned["finding"], "step": "result"}
    readers = [reader(app, side, role) for role in SITES[side].ROLES]
    if side == "approval":
        readers.append(reader(app, side, Role.CLERK, BODY))
        columns = ",".join(LAYOUT.by_code)
        kept = readers[0].post("/files", files={"file": ("file.csv", f"{columns}\n某甲\n")}, follow_redirects=False)
        places["one"] = kept.headers["location"].rsplit("/", 1)[1]
    shown = list(pages(side))
    assert "/" in shown
    before = {engine: everything_kept(engine) for engine in (linkage.approval, linkage.supervision)}
    for page in shown:
        answers = [one.get(page.format(**places), follow_redirects=False) for one in readers]
        seen = [answer for answer in answers if answer.status_code == 200]
        assert seen, (page, [answer.status_code for answer in answers])
        for answer in seen:
            if "text" in answer.headers["content-type"]:  # the bytes of a packed workbook may look like anything
                assert named_in(answer.text) == set(), page
            assert "default-src 'none'" in answer.headers["content-security-policy"], page
    # No act is asked for by GET: whoever has looked at everything has changed nothing (OWASP ASVS 5.0, 3.5.3).
    assert {engine: everything_kept(engine) for engine in before} == before
    assert 'href="/openapi.json"' in readers[0].get("/").text
    assert readers[0].get("/openapi.json").json()["openapi"].startswith("3.")
    assert readers[0].get("/docs").status_code == 404


def reader(app: FastAPI, side: str, role: Role, body: str = MARKET_BUREAU) -> TestClient:
    """A browser in which a seat of this role was taken."""
    body = body if role.of_a_body else ""
    seat = {f"seat-{side}": Seat(role, body, "1001").as_cookie()}
    return TestClient(app, headers={"Accept": "text/html"}, cookies=seat)


def test_the_ready_made_page_that_loads_its_script_from_elsewhere_would_be_noticed() -> None:
    ready_made = bytes(get_swagger_ui_html(openapi_url="/openapi.json", title="").body).decode()
    assert named_in(ready_made) != set()

"""A clerk at the desk: what waits is found at a glance, and is dealt with on the page."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from events.oversight import ReturnReason
from events.tasks import task_stream
from services.approval.http import Office, application, key_token
from services.pages.seats import Role, Seat
from services.supervision.oversight_commands import OpenConsultation, Return
from tests import findings
from tests.findings import say
from tests.invented import BODY, FOOD, MARKET_BUREAU, decision, duty, party
from tests.linkage import MASTER, Linkage
from tests.rules import exchange, publication, publish

PENALTY = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b02")
NATURAL = party(kind="自然人", name="赵某某", identifier="990102199001011234", legal_representative="")
TILE = re.compile(r'<a class="tile[^"]*" href="([^"]+)"><span class="amount">(?:<span[^>]*>.</span>)?(\d+)')


def sitting(linkage: Linkage, body: str = BODY, role: Role = Role.CLERK) -> TestClient:
    app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now))
    seat = {"seat-approval": Seat(role, body, "1001").as_cookie()}
    return TestClient(app, headers={"Accept": "text/html"}, cookies=seat)


def granted(linkage: Linkage, **changes: Any) -> UUID:
    (outcome,) = linkage.publish(decision(**changes))
    assert outcome.permit is not None
    return outcome.permit


def punished(linkage: Linkage, permit: UUID) -> UUID:
    facts = findings.penalty_facts(findings.holder_of(linkage, permit))
    say(linkage, PENALTY, findings.imposed(facts), findings.matched(facts, permit))
    linkage.hear()
    return task_stream(PENALTY, permit)


def test_the_desk_counts_what_waits_and_each_figure_leads_to_exactly_its_rows(linkage: Linkage) -> None:
    linkage.duties(duty())
    permit = granted(linkage)
    returned = granted(linkage, permit_number="P2")
    granted(linkage, permit_number="P3", matter_code="000131009999")
    task = punished(linkage, permit)
    linkage.oversee(returned, Return(officer="S-2", reason=ReturnReason.MATTER), MARKET_BUREAU)
    linkage.oversee(returned, OpenConsultation(by="9001", text="职责不清"))
    linkage.hear()
    publish(linkage, publication())
    exchange(linkage)
    clerk = sitting(linkage)
    desk = clerk.get("/").text
    figures = dict(TILE.findall(desk))
    assert figures == {
        "/tasks?state=open": "1", "/tasks?light=yellow": "0", "/tasks?light=red": "0", "/rules?state=open": "1",
        "/files": "0", "/waiting": "0", "/consultations": "1", "/published?bounced=returned": "1",
        "/published?bounced=waiting": "1",
    }  # fmt: skip
    for address in (f"/tasks/{task}", f"/consultations/{returned}/1", f"/permits/{returned}"):
        assert f'href="{address}"' in desk
    for address, number in figures.items():
        rows = clerk.get(address).text.split("<tbody>")[1:]
        assert sum(part.split("</tbody>")[0].count("<tr") for part in rows) == int(number), address
    linkage.today = date(2026, 12, 2)
    assert dict(TILE.findall(sitting(linkage).get("/").text))["/tasks?light=red"] == "1"
    assert str(task) in sitting(linkage).get("/tasks?light=red").text
    other = sitting(linkage, body="11990100MB0000009X")
    assert set(dict(TILE.findall(other.get("/").text)).values()) == {"0"}
    assert other.get("/tasks", params={"lihgt": "red"}).status_code == 422


def test_a_penalty_is_answered_by_a_revocation_that_the_clerk_states_beside_it(linkage: Linkage) -> None:
    permit = granted(linkage, party=NATURAL)
    task = punished(linkage, permit)
    clerk = sitting(linkage)
    shown = clerk.get(f"/tasks/{task}").text
    assert "赵**" in shown
    assert NATURAL.name not in shown
    form = {"outcome": "revoke", "key": "k-1", "reason": "情节严重, 依法吊销"}
    refused = clerk.post(f"/tasks/{task}/answer", data=form)
    assert "须有许可决定为据" in refused.text
    form |= {
        "document_name": "吊销行政许可决定书",
        "document_number": "海审批吊〔2026〕1号",
        "decision_date": "2026-11-24",
    }
    named = clerk.post(f"/tasks/{task}/answer", data=form | {"reason": "赵某某拒不改正"})
    assert named.status_code == 422
    assert clerk.post(f"/tasks/{task}/answer", data=form, follow_redirects=False).status_code == 303
    assert clerk.post(f"/tasks/{task}/answer", data=form, follow_redirects=False).status_code == 303
    assert "已吊销" in clerk.get(f"/permits/{permit}").text
    done = clerk.get(f"/tasks/{task}").text
    assert "工号 1001 办结：吊销" in done
    assert '<form method="post" action="/tasks' not in done
    events = linkage.rows("SELECT type FROM outbox WHERE stream = %s", permit, side="approval")
    assert events[-1:] == [("permit_revoked",)]
    notice = clerk.get(f"/permits/{permit}/notices/2").text
    assert "情节严重, 依法吊销" in notice
    assert f"/check/{permit}/2" in notice.split("核验地址")[1]


def test_a_task_of_another_body_is_neither_seen_nor_answered(linkage: Linkage) -> None:
    task = punished(linkage, granted(linkage))
    other = sitting(linkage, body="11990100MB0000009X")
    assert other.get(f"/tasks/{task}").status_code == 404
    answer = other.post(f"/tasks/{task}/answer", data={"outcome": "note", "reason": "已阅"})
    assert (answer.status_code, "没有找到该任务" in answer.text) == (404, True), answer.text
    operator = sitting(linkage, body="", role=Role.OPERATOR)
    assert operator.get(f"/tasks/{task}").status_code == 403
    assert "停放" in operator.get("/").text


def test_a_rule_change_is_answered_with_what_was_done_and_on_which_day(linkage: Linkage) -> None:
    linkage.duties(duty())
    granted(linkage)
    rule = publish(linkage, publication())
    exchange(linkage)
    clerk = sitting(linkage)
    assert "待答复" in clerk.get("/rules").text
    nothing = clerk.post(f"/rules/{rule}/answer", data={"key": "k-1"})
    assert (nothing.status_code, "没有选择处理情况" in nothing.text) == (422, True)
    form = {
        "key": "k-2", "done": ["guide_revised", "permits_recalled"],
        "on": ["2026-11-23", "2026-11-24", "2026-11-24", "2026-11-24"], "text": ["", "", "收回 3 件", ""],
    }  # fmt: skip
    assert clerk.post(f"/rules/{rule}/answer", data=form, follow_redirects=False).status_code == 303
    shown = clerk.get(f"/rules/{rule}").text
    assert "2026-11-23 修订办事指南" in shown
    assert "收回或变更已发许可：收回 3 件" in shown
    assert "补充答复" in shown
    assert "没有待答复的规则变更" in clerk.get("/rules?state=open").text


def test_a_party_is_found_by_a_number_that_stands_in_no_address_and_its_standing_is_told_for_a_matter(
    linkage: Linkage,
) -> None:
    permit = granted(linkage, party=NATURAL)
    punished(linkage, permit)
    clerk = sitting(linkage)
    unknown = clerk.post("/parties/find", data={"identifier": "990102199001019999"})
    assert (unknown.status_code, "没有找到该行政相对人" in unknown.text) == (404, True)
    found = clerk.post("/parties/find", data={"identifier": NATURAL.identifier}, follow_redirects=False)
    holder = findings.holder_of(linkage, permit).party_id
    assert found.headers["location"] == f"/parties/{holder}"
    shown = clerk.get(f"/parties/{holder}", params={"matter": FOOD}).text
    assert "核实后办理" in shown
    assert f'href="/permits/{permit}"' in shown
    for secret in (NATURAL.name, NATURAL.identifier):
        assert secret not in shown + unknown.text + str(found.headers)
    assert clerk.get(f"/parties/{uuid4()}").status_code == 404


@pytest.mark.parametrize("page", ["/published", "/tasks", "/rules", "/waiting", "/consultations", "/parties"])
def test_whoever_has_no_seat_is_led_to_choose_one_and_back(linkage: Linkage, page: str) -> None:
    app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)))
    answer = TestClient(app, headers={"Accept": "text/html"}).get(page, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"].endswith(f"/seat?to={page.replace('/', '%2F')}")) == (
        303,
        True,
    )

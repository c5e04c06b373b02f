"""A department sees what became of the messages to its own systems, and nothing of anybody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services import webhook_words
from services.approval.http import Office, application, key_token
from services.own_systems import systems_of
from services.pages.seats import Role, Seat
from services.webhooks import endpoints, sealing_key
from services.webhooks.saying import KINDS
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web
from tests.webhook_sinks import answers, says_nothing
from tests.webhook_site import WebhookSite

MINE = f"/api/v1/departments/{MARKET_BUREAU}/webhooks"


def officer(webhook_site: WebhookSite, body: str = MARKET_BUREAU) -> TestClient:
    cookie = Seat(Role.OFFICER, body, "0101").as_cookie()
    return TestClient(web(webhook_site.linkage), headers={"accept": "text/html"}, cookies={"seat-supervision": cookie})


def told(webhook_site: WebhookSite) -> dict[str, Any]:
    (one,) = officer(webhook_site).get(MINE).json()["webhooks"]
    return dict(one)


def test_while_all_arrives_a_department_reads_that_it_does(webhook_site: WebhookSite) -> None:
    permit = webhook_site.push()
    assert webhook_site.turn() == 1
    one = told(webhook_site)
    assert (one["light"], one["failing_since"], one["what_to_do"]) == ("green", None, None)
    (delivery,) = one["deliveries"]
    assert (delivery["kind_in_words"], delivery["state_in_words"], delivery["attempts"]) == ("推送", "已送达", 1)
    assert delivery["page"].endswith(f"/permits/{permit}")
    shown = officer(webhook_site).get("/systems").text
    assert "已收到" in shown
    assert "怎么办" not in shown


def test_what_did_not_arrive_is_said_with_the_answer_the_next_try_and_what_to_do(webhook_site: WebhookSite) -> None:
    webhook_site.push()
    webhook_site.sink.behaves = [answers(503)]
    webhook_site.turn()
    one = told(webhook_site)
    (delivery,) = one["deliveries"]
    assert (one["light"], one["state_in_words"], one["cause"]) == ("red", "收不到", "对方没有接收 (503)")
    assert (delivery["state_in_words"], delivery["reason"]) == ("等待再试", "http 503")
    assert delivery["next_at"] == (webhook_site.now + timedelta(seconds=5)).isoformat().replace("+00:00", "Z")
    shown = officer(webhook_site).get("/systems").text
    for words in ("收不到", "对方没有接收 (503)", "修好后会自动补发", "等待再试"):
        assert words in shown
    webhook_site.sink.behaves = [says_nothing]
    webhook_site.now += timedelta(seconds=6)
    webhook_site.turn(seconds=0.3)
    assert told(webhook_site)["cause"] == "20 秒内没有应答"


def test_one_that_wants_no_more_is_disabled_and_says_who_can_enable_it(webhook_site: WebhookSite) -> None:
    webhook_site.push()
    webhook_site.sink.behaves = [answers(410)]
    webhook_site.turn()
    one = told(webhook_site)
    assert (one["state"], one["state_in_words"], one["cause"]) == ("disabled", "已停用", "对方答复已不再接收 (410)")
    assert "请运维人员启用" in officer(webhook_site).get("/systems").text


def test_nobody_reads_anothers_and_no_address_is_shown_that_may_hold_a_key(webhook_site: WebhookSite) -> None:
    key = sealing_key.read_key(webhook_site.manner.key_file)
    secret_way = f"{webhook_site.sink.url}/in?key=hunter2"
    endpoints.register(
        webhook_site.connection, key, HEALTH_BUREAU, secret_way, KINDS["supervision"], "v1", "0101", webhook_site.now
    )
    webhook_site.push()
    webhook_site.turn()
    shown, health = officer(webhook_site), officer(webhook_site, HEALTH_BUREAU)
    assert len(shown.get(MINE).json()["webhooks"]) == 1
    for reader in (shown, health):
        for place in ("/systems", MINE, MINE.replace(MARKET_BUREAU, HEALTH_BUREAU)):
            assert "hunter2" not in reader.get(place).text
    market_only = re.findall(r"<h2>http[^<]*", health.get("/systems").text)
    assert len(market_only) == 1
    coordinator = Seat(Role.COORDINATOR, "", "0001").as_cookie()
    refused = TestClient(web(webhook_site.linkage), cookies={"seat-supervision": coordinator}).get("/systems")
    assert refused.status_code == 403
    with_none = officer(webhook_site, "11990100MB0000103C").get("/systems").text
    assert "没有登记接收系统" in with_none


def test_a_page_that_forgot_whose_it_is_would_still_show_ones_own_alone(
    webhook_site: WebhookSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sealing_key.read_key(webhook_site.manner.key_file)
    kinds = KINDS["supervision"]
    endpoints.register(
        webhook_site.connection, key, HEALTH_BUREAU, f"{webhook_site.sink.url}/b", kinds, "v1", "0101", webhook_site.now
    )
    listed = endpoints.listed
    monkeypatch.setattr(endpoints, "listed", lambda connection, body=None: listed(connection))
    assert len(officer(webhook_site).get(MINE).json()["webhooks"]) == 1, "the database keeps the rows apart"
    # Negative control: the owner of the database, whom no wall holds, is shown both.
    assert len(systems_of(webhook_site.connection, MARKET_BUREAU)) == 2


def test_a_bureau_reads_its_own_on_the_approval_side(linkage: Linkage) -> None:
    app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now))
    seat = {"seat-approval": Seat(Role.CLERK, BODY, "1001").as_cookie()}
    clerk = TestClient(app, headers={"Accept": "text/html"}, cookies=seat)
    assert "没有登记接收系统" in clerk.get("/systems").text
    assert clerk.get(f"/api/v1/bodies/{BODY}/webhooks").json() == {"body": BODY, "webhooks": []}


def test_every_kind_and_state_has_its_words() -> None:
    assert set(webhook_words.KIND_WORDS) == set().union(*KINDS.values())

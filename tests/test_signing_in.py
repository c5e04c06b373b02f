"""Behind a log-in nothing is anybody's until they have shown a password and a code; and what is shown holds once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response

from events.database import raw
from services import live_feed
from services.access import attempts, sessions, signing_in
from services.access.accounts import AccountDesk
from services.access.one_time_codes import step_of
from services.access.passwords import Passwords
from services.access.rights import rights
from services.access.sessions import Stage
from services.access.signing_in import SigningIn
from services.pages import common
from services.pages.seats import Role
from tests.closed_site import CHEAP, PAGE, PASSWORD, ClosedSite
from tests.invented import MARKET_BUREAU, duty
from tests.linkage import Linkage
from tests.supervision_web import listening

EVERYTHING = f"/departments/{MARKET_BUREAU}"


@pytest.fixture
def site(linkage: Linkage) -> ClosedSite:
    linkage.duties(duty())
    return ClosedSite(linkage)


OUTSIDE = {path for (_, _, path), right in rights().items() if right.is_page and not right.roles}


def is_in(browser: TestClient) -> bool:
    answer = browser.get("/sessions")
    assert answer.status_code == 200 or answer.headers["location"].startswith("/login")
    return answer.status_code == 200


def test_the_first_log_in_takes_a_password_of_ones_own_and_a_second_factor(site: ClosedSite) -> None:
    initial = site.account("1001", Role.OFFICER)
    browser = site.browser()
    wanted = browser.get(f"{EVERYTHING}?status=all").headers["location"]
    assert wanted.startswith("/login?to=%2Fdepartments%2F")
    browser = site.first_time("1001", initial, browser)
    page = browser.get(EVERYTHING)
    assert "监管人员 <span>工号 1001</span>" in page.text
    assert "演示：没有登录" not in page.text
    again = site.browser()
    assert again.post("/login", data={"staff": "1001", "password": initial}).status_code == 401, (
        "the initial one is over"
    )
    assert site.sign_in("1001", again).status_code == 303
    assert is_in(again)


def test_neither_a_weak_password_nor_an_initial_one_that_is_old_lets_anybody_in(site: ClosedSite) -> None:
    initial = site.account("1001", Role.OFFICER)
    browser = site.browser()
    browser.post("/login", data={"staff": "1001", "password": initial})
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.get("/login/first").text)
    assert shown
    site.secrets["1001"] = shown[1].replace(" ", "")
    for weak in ("短", "aaaaaaaaaaaaaaaa", "a1001 的长密码够长了", initial):
        refused = browser.post("/login/first", data={"password": weak, "again": weak, "code": site.code("1001")})
        assert (refused.status_code, "新密码不合要求" in refused.text) == (422, True), weak
    other = {"password": PASSWORD, "again": PASSWORD + "x", "code": site.code("1001")}
    assert browser.post("/login/first", data=other).status_code == 422
    site.now += timedelta(days=8)
    assert site.browser().post("/login", data={"staff": "1001", "password": initial}).status_code == 401


def test_a_stranger_gets_nothing_from_any_route_but_the_log_in(site: ClosedSite) -> None:
    site.linkage.number()
    stranger = site.browser()
    asked = 0
    for route in iter_route_contexts(site.app.routes):
        if route.methods is None or route.path is None or route.path in OUTSIDE:
            continue
        path = re.sub(r"\{[^}]+\}", MARKET_BUREAU, route.path)
        for method in route.methods:
            answer = stranger.request(method, path)
            assert answer.status_code in (303, 401), (method, path)
            assert answer.status_code == 401 or answer.headers["location"].startswith("/login?to="), path
            asked += 1
    assert asked > 150
    by_program = stranger.get("/api/v1/departments", headers={"Accept": "application/json"})
    assert (by_program.status_code, by_program.json()["code"]) in [(401, "sign_in_first"), (401, "key_needed")]
    by_script = stranger.get(EVERYTHING, headers={"HX-Request": "true"})
    assert by_script.headers["hx-redirect"].startswith("/login")
    stranger.cookies.set("seat-supervision", f"officer.{MARKET_BUREAU}.1001")
    assert not is_in(stranger), "a seat of a demo opens nothing"
    assert stranger.post("/seat", data={"role": "leader", "staff": "1"}).status_code in (303, 401, 404, 405)


def test_who_is_refused_learns_the_same_whether_there_is_such_an_account_or_not(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.member("1001", Role.OFFICER)
    worked: list[str] = []
    verify = CHEAP._hasher.verify
    monkeypatch.setattr(CHEAP, "_hasher", Watched(worked, verify))

    def attempt(staff: str) -> tuple[int, str, int]:
        worked.clear()
        answer = site.browser().post("/login", data={"staff": staff, "password": "不是这个密码"})
        return answer.status_code, answer.text.replace(staff, ""), len(worked)

    assert attempt("1001") == attempt("7777")
    monkeypatch.setattr(Passwords, "matches", hasty)
    assert attempt("1001") != attempt("7777"), "a variant that looks the account up first would be found"


class Watched:
    def __init__(self, worked: list[str], verify: Callable[..., Any]) -> None:
        self.worked, self._verify = worked, verify

    def verify(self, kept: str, password: str) -> Any:
        self.worked.append(kept)
        return self._verify(kept, password)


def hasty(self: Passwords, kept: str, password: str) -> bool:
    if not kept:
        return False
    try:
        return bool(self._hasher.verify(kept, password))
    except Exception:
        return False


def guesses(site: ClosedSite, staff: str) -> list[int]:
    return [site.browser().post("/login", data={"staff": staff, "password": f"猜{n}"}).status_code for n in range(6)]


def test_too_many_attempts_shut_the_door_for_longer_each_time_also_for_the_right_password(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.member("1001", Role.OFFICER)
    assert guesses(site, "1001") == guesses(site, "7777") == [401] * 5 + [429]
    assert site.sign_in("1001").status_code == 429
    site.now += timedelta(seconds=61)
    wrong = {"staff": "1001", "password": "又猜错了"}
    assert site.browser().post("/login", data=wrong).status_code == 401
    site.now += timedelta(seconds=61)
    shut = site.browser().post("/login", data=wrong)
    assert (shut.status_code, "分钟后再试" in shut.text) == (429, True), "the second time it is two minutes"
    site.now += timedelta(seconds=61)
    assert site.sign_in("1001").status_code == 303
    assert guesses(site, "1001") == [401] * 5 + [429], "who was in begins anew"
    site.now += timedelta(minutes=2)
    monkeypatch.setattr(attempts, "count", lambda *_: None)
    assert guesses(site, "1001") == [401] * 6, "a door that does not count would be found"


def test_one_address_is_shut_out_whatever_names_it_tries(site: ClosedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "OF_ADDRESS", attempts.Limit("address", 8, timedelta(hours=1)))
    answers = [
        site.browser().post("/login", data={"staff": f"20{n}", "password": "春天来了大家都好"}).status_code
        for n in range(10)
    ]
    assert answers == [401] * 8 + [429] * 2


def test_a_right_password_wins_no_further_guesses_of_the_code(site: ClosedSite) -> None:
    site.member("1001", Role.OFFICER)
    answers = [site.sign_in("1001", code="000000").status_code for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2


def replayed(site: ClosedSite) -> Response:
    """A code that was looked over somebody's shoulder, used within the half minute in which it still shows."""
    seen = site.code("1001")
    assert site.sign_in("1001", code=seen).status_code == 303
    return site.sign_in("1001", code=seen)


def test_a_code_holds_once(site: ClosedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.member("1001", Role.OFFICER)
    refused = replayed(site)
    assert (refused.status_code, "动态口令不对" in refused.text) == (401, True)
    site.now += timedelta(minutes=1)

    def forgetful(self: SigningIn, connection: object, account: object, secret: str, code: str) -> bool:
        return step_of(secret, code, self.now()) is not None

    monkeypatch.setattr(SigningIn, "_take_code", forgetful)
    assert replayed(site).status_code == 303, "a door that forgets what it took would be found"


def planted(site: ClosedSite) -> bool:
    """Tell whether a cookie that was put into somebody's browser before they signed in opens anything afterwards."""
    attackers = site.browser()
    attackers.post("/login", data={"staff": "1001", "password": PASSWORD})
    known = attackers.cookies[site.cookie]
    victims = site.browser(**{site.cookie: known})
    assert victims.post("/login/code", data={"code": site.code("1001")}).status_code == 303
    assert is_in(victims)
    return is_in(attackers)


def test_a_session_that_was_planted_in_a_browser_opens_nothing(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.member("1001", Role.OFFICER)
    assert not planted(site)
    begin = sessions.begin

    def promoting(connection: psycopg.Connection, account: Any, stage: Stage, *rest: Any, **more: Any) -> str:
        if stage is not Stage.IN:
            held.append(begin(connection, account, stage, *rest, **more))
        else:
            connection.execute("UPDATE account_sessions SET stage = 'in' WHERE account = %s", (account,))
        return held[-1]

    held: list[str] = []
    monkeypatch.setattr(sessions, "begin", promoting)
    monkeypatch.setattr(sessions, "end", lambda *_: True)
    assert planted(site), "a variant that keeps the id at log-in would be found"


def stolen(site: ClosedSite) -> bool:
    """Tell whether a copy of a cookie still opens something when its owner has signed out."""
    browser = site.browser()
    site.sign_in("1001", browser)
    thiefs = site.browser(**{site.cookie: browser.cookies[site.cookie]})
    assert is_in(thiefs)
    left = browser.post("/logout")
    assert (left.headers["location"], left.headers["clear-site-data"]) == ("/login", '"cache", "storage"')
    assert site.cookie not in browser.cookies
    return is_in(thiefs)


def test_a_cookie_that_was_stolen_is_worth_nothing_when_its_owner_signs_out(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.member("1001", Role.OFFICER)
    assert not stolen(site)
    monkeypatch.setattr(sessions, "end", lambda *_: True)
    assert stolen(site), "a sign-out that only empties the browser would be found"


def test_a_session_ends_when_nobody_touches_it_and_after_twelve_hours_at_the_latest(site: ClosedSite) -> None:
    browser = site.member("1001", Role.OFFICER)
    for _ in range(2):
        site.now += timedelta(minutes=20)
        assert is_in(browser)
    for _ in range(2):
        site.now += timedelta(minutes=20)
        browser.get(EVERYTHING, headers={"X-By-Itself": "1"})
        browser.get("/behind")
    assert not is_in(browser), "a page that refreshes itself keeps nobody signed in"
    site.sign_in("1001", browser)
    for _ in range(24):
        site.now += timedelta(minutes=29)
        assert is_in(browser)
    site.now += timedelta(minutes=25)
    assert not is_in(browser)


def test_a_copy_of_the_database_signs_nobody_in(site: ClosedSite) -> None:
    browser = site.member("1001", Role.OFFICER)
    (kept,) = site.linkage.rows("SELECT token, s::text || a::text FROM account_sessions s, accounts a")
    assert is_in(browser)
    for secret in (browser.cookies[site.cookie], PASSWORD, site.secrets["1001"], site.secrets["1001"].encode().hex()):
        assert secret not in kept[1]
    assert "$argon2id$" in kept[1]
    assert not is_in(site.browser(**{site.cookie: bytes(kept[0]).hex()}))


def test_by_https_the_cookie_is_of_this_host_alone(linkage: Linkage) -> None:
    linkage.duties(duty())
    site = ClosedSite(linkage, "https://linkage.example")
    initial = site.account("1001", Role.OFFICER)
    browser = site.browser()
    said = browser.post("/login", data={"staff": "1001", "password": initial}).headers["set-cookie"]
    assert said.startswith("__Host-linkage-supervision=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(said.split("; "))
    assert "Domain" not in said
    assert "Secure" in browser.post("/size", data={"size": "larger"}).headers["set-cookie"], "every cookie"
    plain = ClosedSite(linkage).browser().post("/login", data={"staff": "1001", "password": initial})
    assert "Secure" not in plain.headers["set-cookie"]


@pytest.fixture
def short_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "HEARTBEAT_SECONDS", 0.05)


def still_heard(site: ClosedSite, path: str, cookie: str, meanwhile: Callable[[], Any]) -> int:
    """How many signs of life an open stream still gives after ``meanwhile``, ten at most."""
    with (
        listening(site.linkage, app=site.app) as address,
        httpx.Client(timeout=5, trust_env=False, cookies={site.cookie: cookie}) as client,
        client.stream("GET", address + path) as answer,
    ):
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        next(pieces)
        meanwhile()
        return sum(1 for _, _ in zip(range(10), pieces, strict=False))


def test_another_role_or_a_disabled_account_ends_streams_that_are_open(
    linkage: Linkage, short_breath: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty())
    site = ClosedSite(linkage, again_seconds=0)
    held = site.member("1001", Role.OFFICER).cookies[site.cookie]

    def changed(change: Callable[[AccountDesk], object]) -> Callable[[], None]:
        def carry_out() -> None:
            with linkage.supervision.begin() as transaction:
                change(AccountDesk(raw(transaction), CHEAP, (Role.LEADER,), "8001", site.now))

        return carry_out

    assert still_heard(site, "/live", held, lambda: None) == 10
    site.app.state.office.stopping.clear()
    assert still_heard(site, "/live", held, changed(lambda desk: desk.change_role("1001", Role.LEADER, ""))) < 5
    site.app.state.office.stopping.clear()
    events = f"/api/v1/departments/{MARKET_BUREAU}/events"
    assert still_heard(site, events, held, changed(lambda desk: desk.disable("1001"))) < 5

    changed(lambda desk: desk.enable("1001"))()
    site.app.state.office.stopping.clear()
    monkeypatch.setattr(common, "while_let_in", lambda _, stream: stream)
    browser = site.browser()
    assert site.sign_in("1001", browser).status_code == 303
    cookie = browser.cookies[site.cookie]
    assert still_heard(site, "/live", cookie, changed(lambda desk: desk.disable("1001"))) == 10, (
        "a stream that asks only at its beginning would be found"
    )


def test_every_log_in_and_every_refusal_is_in_the_audit_trail(site: ClosedSite) -> None:
    site.member("1001", Role.OFFICER)
    guesses(site, "1001")
    ((account,),) = site.linkage.rows("SELECT id::text FROM accounts")
    told = site.linkage.rows("SELECT act, place, result, caller, reason FROM audit ORDER BY id")
    assert told[0] == ("administered", "accounts add", "done", "it", "")
    assert told[1] == ("logged_in", "first sign in", "done", account, "")
    assert told[2:7] == [("logged_in", "sign in", "refused", account, "")] * 5
    assert told[7] == ("logged_in", "sign in", "refused", account, "shut out")
    assert len(told) == 8, "one line for each"


def test_an_account_is_signed_in_at_five_places_at_once_and_the_oldest_ends_for_a_sixth(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, others = site.member("1001", Role.OFFICER), [site.browser() for _ in range(sessions.AT_ONCE)]
    somebody_else = site.member("1002", Role.OFFICER)
    for browser in others[:-1]:
        assert site.sign_in("1001", browser).status_code == 303
    assert is_in(first)
    assert "最多同时在 5 处登录" in first.get("/sessions").text
    assert site.sign_in("1001", others[-1]).status_code == 303
    assert not is_in(first)
    assert all(is_in(browser) for browser in (*others, somebody_else))
    last = site.linkage.rows("SELECT place, reason FROM audit ORDER BY id DESC LIMIT 1")
    assert last == [("end session", "more at once than may be")]
    monkeypatch.setattr(sessions, "AT_ONCE", 99)
    site.sign_in("1001", first)
    assert all(is_in(browser) for browser in (first, *others)), "a variant that ends none would be found"


def test_what_cannot_be_written_down_signs_nobody_in(site: ClosedSite) -> None:
    site.member("1001", Role.OFFICER)
    with site.linkage.supervision.begin() as transaction:
        raw(transaction).execute("ALTER TABLE audit RENAME TO audit_away")
    browser = site.browser()
    assert browser.post("/login", data={"staff": "1001", "password": PASSWORD}).status_code == 303
    assert browser.post("/login/code", data={"code": site.code("1001")}).status_code >= 500
    assert not is_in(browser)


def test_the_pages_of_the_log_in_load_nothing_from_elsewhere(site: ClosedSite) -> None:
    initial = site.account("1001", Role.OFFICER)
    browser = site.browser()
    pages = [browser.get("/login")]
    browser.post("/login", data={"staff": "1001", "password": initial})
    pages.append(browser.get("/login/first"))
    for page in pages:
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r'style="|https?://', page.text.replace("http://www.w3.org/2000/svg", ""))
    assert "<svg" in pages[1].text
    assert signing_in.BY_ITSELF in browser.get("/static/live.js").text.lower()
    assert PAGE

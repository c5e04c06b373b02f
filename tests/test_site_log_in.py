"""By the site's own log-in (OpenID Connect), against a provider in a process of its own: there, back, and only so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from events.database import raw
from services.access.accounts import AccountDesk
from services.access.oidc import ALGORITHMS, Provider
from services.pages.seats import Role
from services.problems import Problem
from services.web_server import take_port
from tests.closed_site import CHEAP, ClosedSite
from tests.invented import MARKET_BUREAU, duty
from tests.linkage import Linkage

OFFICER = {"sub": "u-1", "number": "1001", "post": "inspector", "org": MARKET_BUREAU}
PEOPLE: list[dict[str, Any]] = [
    OFFICER,
    {"sub": "u-2", "number": "1002", "post": ["inspector", "director"], "org": MARKET_BUREAU},
    {"sub": "u-3", "number": "1003", "post": "gardener", "org": MARKET_BUREAU},
    {"sub": "u-4", "number": "1004", "post": "inspector"},
    {"sub": "u-5", "number": "1001", "post": "director"},
]
ROLES = {"inspector": Role.OFFICER, "director": Role.LEADER, "guard": Role.SECURITY, "auditor": Role.AUDIT}


@pytest.fixture(scope="module")
def house() -> Iterator[str]:
    """The provider, answering."""
    with take_port("127.0.0.1", 0, "") as probe:
        number = probe.getsockname()[1]
    people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "-p", str(number), "--require-nonce", "true", *people],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{number}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/jwks", trust_env=False)
                break
            except httpx.ConnectError:
                assert process.poll() is None
                time.sleep(0.05)
        yield address
    finally:
        process.kill()
        process.wait()


def provider_at(house: str) -> Provider:
    claims = {"staff": "number", "role": "post", "body": "org"}
    return Provider(
        house, f"{house}/oauth2/authorize", f"{house}/oauth2/token", f"{house}/jwks", "linkage", "s" * 32, claims, ROLES
    )


@pytest.fixture
def site(linkage: Linkage, house: str) -> ClosedSite:
    linkage.duties(duty())
    return ClosedSite(linkage, keep={"provider": provider_at(house)}, now=datetime.now(UTC))


def led_there(browser: TestClient, to: str = "/departments") -> str:
    address = browser.get("/login/provider", params={"to": to}).headers["location"]
    assert urlsplit(address).path == "/oauth2/authorize"
    return address


def vouched_for(address: str, who: str = "u-1") -> str:
    """What the provider sends ``who`` back with."""
    answer = httpx.post(address, data={"sub": who}, trust_env=False)
    back = urlsplit(answer.headers["location"])
    assert back.path == "/login/back"
    return f"{back.path}?{back.query}"


def signed_in(site: ClosedSite, who: str) -> tuple[TestClient, int]:
    browser = site.browser()
    return browser, browser.get(vouched_for(led_there(browser), who)).status_code


def test_whom_the_site_vouches_for_is_in_with_their_number_role_and_body(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[httpx2.Request] = []
    send = httpx2.Client.send

    def overheard(self: httpx2.Client, request: httpx2.Request, **more: Any) -> httpx2.Response:
        sent.append(request)
        return send(self, request, **more)

    browser = site.browser()
    assert "统一身份认证" in browser.get("/login").text
    there = led_there(browser)
    back = vouched_for(there)
    monkeypatch.setattr(httpx2.Client, "send", overheard)
    assert browser.get(back).headers["location"] == "/departments"
    assert "监管人员 <span>工号 1001</span>" in browser.get("/departments").text
    (exchange,) = [one for one in sent if one.url.path == "/oauth2/token"]
    asked, exchanged = parse_qs(urlsplit(there).query), parse_qs(exchange.content.decode())
    assert asked["code_challenge_method"] == ["S256"]
    proof = hashlib.sha256(exchanged["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == asked["code_challenge"][0]
    assert exchange.headers["authorization"].startswith("Basic "), "the secret is in no address"
    told = site.linkage.rows("SELECT act, place, result FROM audit ORDER BY id")
    assert told == [("administered", "accounts add", "done"), ("logged_in", "sign in", "done")]
    assert site.browser().post("/login", data={"staff": "1001", "password": "无"}).status_code == 401


def test_an_answer_holds_once_and_for_the_browser_that_set_out(site: ClosedSite) -> None:
    browser = site.browser()
    back = vouched_for(led_there(browser))
    assert site.browser().get(back).status_code == 401, "another browser"
    assert browser.get(f"{back}x").status_code == 401, "another state; and the visit is used up"
    assert browser.get(back).status_code == 401
    back = vouched_for(led_there(browser))
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 401, "replayed as it was"
    fresh = site.browser()
    state = parse_qs(urlsplit(led_there(fresh)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert fresh.get("/login/back", params={"code": code, "state": state}).status_code == 401, "a code that was used"


def injected(site: ClosedSite) -> int:
    """What is answered to the code of another's visit, put into one of one's own."""
    code = parse_qs(urlsplit(vouched_for(led_there(site.browser()))).query)["code"][0]
    browser = site.browser()
    state = parse_qs(urlsplit(led_there(browser)).query)["state"][0]
    return browser.get("/login/back", params={"code": code, "state": state}).status_code


def test_a_token_of_another_visit_is_not_believed(site: ClosedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    assert injected(site) == 401
    checked = Provider.checked

    def trusting(self: Provider, token: str, keys: Mapping[str, Any], nonce: str, now: datetime) -> Mapping[str, Any]:
        said = jwt.decode(token, RSAKey.import_key(keys["keys"][0]), algorithms=["RS256"]).claims["nonce"]
        return checked(self, token, keys, said, now)

    monkeypatch.setattr(Provider, "checked", trusting)
    assert injected(site) == 303, "a door that takes any nonce would be found"


def test_a_provider_that_calls_itself_otherwise_or_is_away_lets_nobody_in(site: ClosedSite, house: str) -> None:
    wrong = {
        401: replace(provider_at(house), issuer="https://elsewhere.invalid"),
        503: replace(provider_at(house), token="http://127.0.0.1:9/token"),
    }
    for status, provider in wrong.items():
        site.linkage.rows("DELETE FROM provider_visits RETURNING 1")
        other = ClosedSite(site.linkage, keep={"provider": provider}, now=datetime.now(UTC))
        assert signed_in(other, "u-1")[1] == status


def test_whoever_has_no_place_here_or_two_is_refused(site: ClosedSite) -> None:
    assert [signed_in(site, who)[1] for who in ("u-2", "u-3", "u-4")] == [403] * 3
    assert site.linkage.rows("SELECT 1 FROM accounts") == []


def test_what_is_disabled_here_stays_out_and_a_number_is_one_persons(site: ClosedSite) -> None:
    assert signed_in(site, "u-1")[1] == 303
    assert signed_in(site, "u-5")[1] == 401, "another person under the same number"

    def desk(change: Any) -> None:
        with site.linkage.supervision.begin() as transaction:
            change(AccountDesk(raw(transaction), CHEAP, (Role.LEADER,), "8001", site.now))

    desk(lambda one: one.disable("1001"))
    assert signed_in(site, "u-1")[1] == 401
    desk(lambda one: one.enable("1001"))
    desk(lambda one: one.reset("1001"))
    browser, status = signed_in(site, "u-5")
    assert status == 303, "recognised anew"
    assert "领导 <span>工号 1001</span>" in browser.get("/departments").text, "with the role that the provider says"


def test_the_provider_makes_nobody_two_administrators(site: ClosedSite, house: str) -> None:
    for post, status in (("guard", 303), ("auditor", 403), ("guard", 303)):
        httpx.put(f"{house}/users/u-6", json={"number": "1006", "post": post}, trust_env=False)
        assert signed_in(site, "u-6")[1] == status, post


NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
HOUSE = provider_at("https://id.invalid")


def token(key: RSAKey, header: Mapping[str, Any] | None = None, **other: Any) -> str:
    claims = {
        "iss": "https://id.invalid", "aud": "linkage", "sub": "u-1", "nonce": "n", "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
    } | other  # fmt: skip
    given = {name: value for name, value in claims.items() if value is not None}
    registry = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    return jwt.encode({"alg": "RS256", "kid": "1", **(header or {})}, given, key, registry=registry)


def coded(said: bytes) -> str:
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def with_other_algorithm(genuine: str, alg: str, secret: bytes | None) -> str:
    """The claims of a genuine token, not signed at all, or with what everybody knows as if it were a shared secret."""
    signed = f"{coded(json.dumps({'alg': alg, 'kid': '1'}).encode())}.{genuine.split('.')[1]}"
    return f"{signed}.{coded(hmac.digest(secret, signed.encode(), 'sha256')) if secret else ''}"


def test_a_forged_token_is_not_believed() -> None:
    key, foreign = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
    keys = {"keys": [key.as_dict(private=False)]}
    genuine = token(key)
    forged = {
        "alg none": with_other_algorithm(genuine, "none", None),
        "a shared secret that is the public key": with_other_algorithm(genuine, "HS256", key.as_pem(private=False)),
        "a key that is not the provider's": token(foreign),
        "keys from where the token says": token(foreign, {"jku": "https://evil.invalid/jwks"}),
        "a key inside the token": token(foreign, {"jwk": foreign.as_dict(private=False)}),
        "a foreign issuer": token(key, iss="https://evil.invalid"),
        "for somebody else": token(key, aud="other"),
        "for somebody else too": token(key, aud=["linkage", "other"]),
        "by another party": token(key, azp="other"),
        "of another visit": token(key, nonce="m"),
        "of no visit": token(key, nonce=None),
        "over": token(key, exp=int((NOW - timedelta(minutes=1)).timestamp())),
        "without an end": token(key, exp=None),
        "of nobody": token(key, sub=None),
        "no token": "x",
    }
    assert HOUSE.checked(genuine, keys, "n", NOW)["sub"] == "u-1", "the genuine one is"
    for what, one in forged.items():
        with pytest.raises(Problem) as refused:
            HOUSE.checked(one, keys, "n", NOW)
        assert refused.value.status == 401, what
    assert not {one for one in ALGORITHMS if one.startswith("HS") or one == "none"}


def test_a_log_in_that_was_weaker_than_demanded_is_refused_and_the_strength_is_asked_for() -> None:
    key = RSAKey.generate_key(2048, {"kid": "1"})
    keys = {"keys": [key.as_dict(private=False)]}
    strict = replace(HOUSE, acr=("urn:house:two", "urn:house:card"), amr=frozenset({"pwd", "otp"}))
    strong: dict[str, Any] = {"acr": "urn:house:two", "amr": ["pwd", "otp", "geo"]}
    assert strict.checked(token(key, None, **strong), keys, "n", NOW)["acr"] == "urn:house:two"
    weaker: list[dict[str, Any]] = [
        {"acr": "urn:house:one"}, {"acr": None}, {"acr": ["urn:house:two"]}, {"amr": ["pwd"]}, {"amr": None},
        {"amr": "pwd otp"}, {"amr": []},
    ]  # fmt: skip
    for less in weaker:
        with pytest.raises(Problem) as refused:
            strict.checked(token(key, None, **strong | less), keys, "n", NOW)
        assert refused.value.code == "log_in_too_weak", less
        # Control: a door that demands nothing lets it in.
        assert HOUSE.checked(token(key, None, **strong | less), keys, "n", NOW)["sub"] == "u-1"
    asked = parse_qs(urlsplit(strict.set_out("https://here.invalid/login/back").address).query)
    assert asked["acr_values"] == ["urn:house:two urn:house:card"]
    assert "acr_values" not in parse_qs(urlsplit(HOUSE.set_out("https://here.invalid/login/back").address).query)


def test_whoever_logged_in_too_weakly_there_is_not_in_here_and_it_is_written_down(linkage: Linkage, house: str) -> None:
    site = ClosedSite(
        linkage, keep={"provider": replace(provider_at(house), amr=frozenset({"otp"}))}, now=datetime.now(UTC)
    )
    assert signed_in(site, "u-1")[1] == 403
    assert signed_in(ClosedSite(linkage, keep={"provider": provider_at(house)}, now=site.now), "u-3")[1] == 403
    told = linkage.rows("SELECT act, result, reason FROM audit ORDER BY id")
    assert told == [("logged_in", "refused", f"by provider: {why}") for why in ("log_in_too_weak", "no_place_here")]
    assert linkage.rows("SELECT 1 FROM accounts") == []

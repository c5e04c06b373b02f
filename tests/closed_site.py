"""The supervision side behind a log-in, over a test's linkage; a telephone with codes; a clock that a test moves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from httpx2 import Response

from events.database import raw
from services.access.accounts import AccountDesk
from services.access.entrance import Entrance
from services.access.own_forms import FIELD, token_of
from services.access.passwords import Passwords
from services.access.signing_in import SigningIn
from services.pages.seats import Role
from services.supervision.http import application
from tests.invented import MARKET_BUREAU
from tests.linkage import Linkage
from tests.supervision_web import web

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""argon2id in a hundredth of a millisecond, for tests alone."""
PASSWORD = "海州市的清晨很安静 2026"
PAGE = {"Accept": "text/html"}


class Browser(TestClient):
    """One that sends what it holds in a form that it was shown: its post bears the token that stands in each of them
    (``tests/test_own_forms.py`` reads them)."""

    signing_in: SigningIn

    def post(self, *asked: Any, **how: Any) -> Response:
        if self.signing_in.cookie in self.cookies:
            token = token_of(self.signing_in.key, self.cookies[self.signing_in.cookie])
            how["data"] = {FIELD: token} | (how.get("data") or {})
        return super().post(*asked, **how)


@dataclass
class ClosedSite:
    """``keep``: what else is said of its log-in, e.g. a provider."""

    linkage: Linkage
    public_url: str = ""
    keep: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOON
    again_seconds: float = 10.0
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signing_in = SigningIn(
            self.linkage.supervision, "supervision", bytes(range(32)), self.public_url, passwords=CHEAP,
            now=lambda: self.now, **self.keep,
        )  # fmt: skip
        office = web(self.linkage).state.office
        door = Entrance((self.signing_in.by_session,), signing_in=self.signing_in, again_seconds=self.again_seconds)
        self.app = application(office, door)

    def browser(self, **cookies: str) -> Browser:
        base = "https://testserver" if self.public_url else "http://testserver"
        browser = Browser(self.app, base_url=base, headers=PAGE, cookies=cookies, follow_redirects=False)
        browser.signing_in = self.signing_in
        return browser

    def account(self, staff: str, role: Role, body: str = "") -> str:
        """Make an account; return its initial password."""
        body = body or (MARKET_BUREAU if role.of_a_body else "")
        with self.linkage.supervision.begin() as transaction:
            roles = (Role.OFFICER, Role.POLICY, Role.COORDINATOR, Role.LEADER, Role.OPERATOR)
            return AccountDesk(raw(transaction), CHEAP, roles, "it", self.now).add(staff, role, body)[1]

    def code(self, staff: str) -> str:
        """What the telephone shows: each time a later one, since each is good once."""
        self.now += timedelta(seconds=30)
        return pyotp.TOTP(self.secrets[staff]).at(self.now)

    def first_time(self, staff: str, initial: str, browser: Browser | None = None) -> Browser:
        """Sign in for the first time, with a password of one's own."""
        browser = browser or self.browser()
        led = browser.post("/login", data={"staff": staff, "password": initial})
        assert led.headers["location"].startswith("/login/first"), led.text
        shown = re.search(r'class="secret"><code>([A-Z2-7 ]+)</code>', browser.get("/login/first").text)
        assert shown
        self.secrets[staff] = shown[1].replace(" ", "")
        done = browser.post("/login/first", data={"password": PASSWORD, "again": PASSWORD, "code": self.code(staff)})
        assert done.status_code == 303, done.text
        return browser

    def member(self, staff: str, role: Role, body: str = "") -> Browser:
        """A new account, and a browser in which it is signed in."""
        return self.first_time(staff, self.account(staff, role, body))

    def sign_in(self, staff: str, browser: Browser | None = None, code: str = "") -> Response:
        """Sign in as every day; return what the last step was answered."""
        browser = browser or self.browser()
        first = browser.post("/login", data={"staff": staff, "password": PASSWORD})
        if first.status_code != 303:
            return first
        return browser.post("/login/code", data={"code": code or self.code(staff)})

    @property
    def cookie(self) -> str:
        return self.signing_in.cookie

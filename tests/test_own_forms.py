"""What changes something is taken from a form of one's own session alone, and nothing is changed by looking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.access import entrance, sessions
from services.access.own_forms import FIELD, HEADER, token_of
from services.access.rights import Right, rights
from services.approval.http import Office, application, key_token
from services.pages.seats import Role, Seat
from tests.closed_site import PASSWORD, Browser, ClosedSite
from tests.everything_kept import everything_kept
from tests.invented import BODY, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.penalties import impose
from tests.rows_of_rights import let_anybody_in
from tests.supervision_web import web

TEMPLATES = Path(sessions.__file__).parents[1]
POSTS = re.compile(r'<form\b[^>]*?method="post"[^>]*>(.{0,20})', re.DOTALL)
STATED = {"department": MARKET_BUREAU, "owner": MARKET_BUREAU, "body": BODY, "day": "2026-11-23", "officer": "1001"}


@pytest.fixture
def site(linkage: Linkage) -> ClosedSite:
    linkage.duties(duty())
    return ClosedSite(linkage)


def without_token(shown: str) -> list[str]:
    """Return what follows each form that posts and does not bear the token at once."""
    return [after for after in POSTS.findall(shown) if not after.startswith("{{ visit.own_form }}")]


def test_every_form_that_posts_bears_the_token() -> None:
    forms = 0
    for template in TEMPLATES.rglob("*.html"):
        shown = template.read_text()
        forms += len(POSTS.findall(shown))
        assert without_token(shown) == [], template.name
    assert forms > 60
    assert without_token('<form method="post" action="/size">\n<input name="to">') != []


def tokens(page: str) -> list[str]:
    return re.findall(
        rf'<form[^>]*method="post"[^>]*><input type="hidden" name="{FIELD}" value="([0-9a-f]{{64}})">', page
    )


def test_the_forms_that_a_reader_is_shown_are_taken_from_their_session(site: ClosedSite) -> None:
    chief = site.member("8001", Role.SECURITY)
    held = chief.cookies[site.cookie]
    page = chief.get("/accounts").text
    assert set(tokens(page)) == {token_of(site.signing_in.key, held)}
    assert len(tokens(page)) == page.count('method="post"') == 3
    assert held not in page
    made = TestClient.post(chief, "/accounts", data={"staff": "1001", "role": "leader", FIELD: tokens(page)[0]})
    assert made.status_code == 200
    assert tokens(site.browser().get("/login").text) == [], "without a session there is none"
    assert site.sign_in("8001").status_code == 303


def sent_otherwise(site: ClosedSite) -> Iterator[tuple[Browser, dict[str, str]]]:
    """Yield browsers of one who may, with what their forms bear instead of their own token."""
    chief, other = site.member("8001", Role.SECURITY), site.member("8002", Role.SECURITY)
    again = site.browser()
    site.sign_in("8001", again)
    yield chief, {FIELD: ""}
    yield chief, {FIELD: "0" * 64}
    for anothers in (other, again):
        yield chief, {FIELD: token_of(site.signing_in.key, anothers.cookies[site.cookie])}


def made(site: ClosedSite, staff: str) -> int:
    with site.linkage.supervision.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM accounts WHERE staff = :staff"), {"staff": staff})
        return int(found or 0)


def test_a_form_without_the_token_or_with_another_sessions_changes_nothing(
    site: ClosedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = {"staff": "1001", "role": "leader"}
    for chief, bears in sent_otherwise(site):
        refused = chief.post("/accounts", data=new | bears)
        assert (refused.status_code, "页面放得太久" in refused.text, "请刷新后再提交" in refused.text) == (
            403,
            True,
            True,
        )
        by_script = chief.post("/accounts", data=new | bears, headers={"HX-Request": "true"})
        assert by_script.headers["hx-retarget"] == "#said", "what was typed stays where it is"
        by_file = chief.post("/accounts", data=new | bears, files={"file": ("a.csv", b"1")})
        assert by_file.status_code == 403
        by_program = TestClient.post(chief, "/accounts", json=new, headers={"Accept": "application/json"})
        assert (by_program.status_code, by_program.json()["code"]) == (403, "form_out_of_date")
    assert made(site, "1001") == 0
    own = token_of(site.signing_in.key, chief.cookies[site.cookie])
    assert TestClient.post(chief, "/accounts", data=new, headers={HEADER: own}).status_code == 200
    assert made(site, "1001") == 1

    async def asks_nothing(*_: object) -> None:
        """The broken variant."""

    monkeypatch.setattr(entrance, "from_own_form", asks_nothing)
    chief.post("/accounts", data={"staff": "1002", "role": "leader", FIELD: ""})
    assert made(site, "1002") == 1


def test_the_api_takes_the_same_cookie_and_asks_for_the_same_token(site: ClosedSite) -> None:
    (granted,) = site.linkage.publish(decision())
    officer = site.member("1001", Role.OFFICER)
    asked = {
        "permit": str(granted.permit), "department": MARKET_BUREAU, "officer": "1001", "inspection_kind": "双随机",
        "planned_on": "2026-12-01",
    }  # fmt: skip
    before = everything_kept(site.linkage.supervision)
    refused = TestClient.post(officer, "/api/v1/inspections/plans", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "form_out_of_date")
    assert everything_kept(site.linkage.supervision) == before
    own = {HEADER: token_of(site.signing_in.key, officer.cookies[site.cookie])}
    assert TestClient.post(officer, "/api/v1/inspections/plans", json=asked, headers=own).status_code == 201
    assert everything_kept(site.linkage.supervision) != before


def test_the_steps_of_the_log_in_are_one_browsers_too(site: ClosedSite) -> None:
    site.member("1001", Role.OFFICER)
    browser = site.browser()
    browser.post("/login", data={"staff": "1001", "password": PASSWORD})
    stolen = TestClient.post(browser, "/login/code", data={"code": site.code("1001")})
    assert (stolen.status_code, "页面放得太久" in stolen.text) == (403, True)
    assert browser.post("/login/code", data={"code": site.code("1001")}).status_code == 303


def looked_at(client: TestClient, right: Right, known: dict[str, str]) -> int:
    address = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], str(uuid4())), right.path)
    asked = {right.whose.name: known[right.whose.name]} if right.whose.where.value == "query" else {}
    return client.get(address, params=asked, follow_redirects=False).status_code


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_no_question_to_the_api_changes_anything(linkage: Linkage, side: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are held to the same in ``tests/test_pages_stay_in_the_house.py``."""
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    known = STATED | {"permit": str(granted.permit), "penalty": str(impose(linkage))}
    app = web(linkage)
    if side == "approval":
        app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)))
    engine = linkage.approval if side == "approval" else linkage.supervision
    asking = [one for one in rights().values() if one.side == side and one.method == "GET" and not one.is_page]
    client = TestClient(app, cookies={f"seat-{side}": Seat(Role.OPERATOR, "", "1").as_cookie()})
    before = everything_kept(engine)
    statuses = [looked_at(client, one, known) for one in asking if not one.path.endswith("/events")]
    assert statuses.count(200) >= 10
    assert everything_kept(engine) == before

    def forgets() -> None:
        """The broken variant: a question that writes."""
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE looks (at timestamptz DEFAULT now())"))
            connection.execute(text("INSERT INTO looks DEFAULT VALUES"))

    let_anybody_in(monkeypatch, side, "GET /forgets")
    app.add_api_route("/forgets", forgets)
    client.get("/forgets")
    assert everything_kept(engine) != before

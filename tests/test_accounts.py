"""Who has an account is the security administrator's business, and no one person may be two of the administrators."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import typer
from argon2 import PasswordHasher

from events.database import raw
from services import account_commands
from services.access import accounts
from services.access.accounts import LAST_ONE, OWN_ACCOUNT, TWO_ADMINISTRATORS, AccountDesk
from services.access.passwords import Passwords
from services.pages.menus import HOMES
from services.pages.seats import Role
from services.refusing import Refused
from tests.closed_site import CHEAP, NOON, PASSWORD, ClosedSite
from tests.conftest import Databases
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, duty
from tests.linkage import Linkage

ROLES = (Role.OFFICER, Role.LEADER)
THREE = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)


@pytest.fixture
def site(linkage: Linkage) -> ClosedSite:
    linkage.duties(duty())
    return ClosedSite(linkage)


def test_no_account_is_two_of_the_three_administrators_neither_at_once_nor_one_after_another(
    linkage: Linkage,
) -> None:
    with linkage.supervision.begin() as transaction:
        connection = raw(transaction)
        desk = AccountDesk(connection, CHEAP, ROLES, "it", NOON)
        desk.add("8001", Role.SECURITY, "")
        desk.add("8002", Role.SECURITY, "")
        desk.add("8003", Role.OFFICER, MARKET_BUREAU)
        for other in (Role.SYSTEM, Role.AUDIT):
            with pytest.raises(Refused, match=TWO_ADMINISTRATORS.code):
                desk.change_role("8002", other, "")
        desk.change_role("8002", Role.LEADER, "")
        with pytest.raises(Refused, match=TWO_ADMINISTRATORS.code):
            desk.change_role("8002", Role.AUDIT, "")
        assert desk.change_role("8002", Role.SECURITY, "").role == "secadmin"
        assert desk.change_role("8003", Role.AUDIT, "").role == "auditadmin", "who was none of them may become one"
    with pytest.raises(psycopg.errors.CheckViolation), linkage.supervision.begin() as transaction:
        # the database itself: also for a program that does not ask the desk
        raw(transaction).execute("UPDATE accounts SET role = 'auditadmin' WHERE staff = '8001'")


def test_nobody_changes_their_own_account_and_one_security_administrator_stays(linkage: Linkage) -> None:
    with linkage.supervision.begin() as transaction:
        connection = raw(transaction)
        AccountDesk(connection, CHEAP, ROLES, "it", NOON).add("8001", Role.SECURITY, "")
        own, others = (AccountDesk(connection, CHEAP, ROLES, by, NOON) for by in ("8001", "it"))
        for change in (own.disable, own.reset, own.enable):
            with pytest.raises(Refused, match=OWN_ACCOUNT.code):
                change("8001")
        with pytest.raises(Refused, match=LAST_ONE.code):
            others.disable("8001")
        with pytest.raises(Refused, match=LAST_ONE.code):
            others.change_role("8001", Role.LEADER, "")
        others.add("8002", Role.SECURITY, "")
        assert others.disable("8001").disabled_at == NOON


def test_an_account_is_of_a_role_and_a_body_that_go_together(linkage: Linkage) -> None:
    wrong = [
        ("王某", Role.LEADER, "", "wrong_staff_number"),
        ("1", Role.OFFICER, "", "body_and_role"),
        ("1", Role.OFFICER, "kurz", "body_and_role"),
        ("1", Role.LEADER, HEALTH_BUREAU, "body_and_role"),
        ("1", Role.CLERK, MARKET_BUREAU, "role_not_here"),
    ]
    with linkage.supervision.begin() as transaction:
        desk = AccountDesk(raw(transaction), CHEAP, ROLES, "it", NOON)
        for staff, role, body, rule in wrong:
            with pytest.raises(Refused, match=rule):
                desk.add(staff, role, body)
        desk.add("1", Role.LEADER, "")
        with pytest.raises(Refused, match="staff_number_taken"):
            desk.add("1", Role.LEADER, "")


def initial_of(page: str) -> str:
    found = re.search(r'class="secret"><code>([A-Za-z2-9-]{19})</code>', page)
    assert found, page
    return found[1]


def test_the_security_administrator_makes_disables_resets_and_moves_accounts_on_pages(site: ClosedSite) -> None:
    chief = site.member("8001", Role.SECURITY)
    assert chief.get("/").headers["location"] == "/accounts"
    made = chief.post("/accounts", data={"staff": "1001", "role": "officer", "body": MARKET_BUREAU})
    officer = site.first_time("1001", initial_of(made.text))
    listed = chief.get("/accounts").text
    assert all(words in listed for words in ("1001", "监管人员", "海州市市场监督管理局", "安全管理员"))
    assert "1001" in chief.get("/accounts/1001").text
    assert chief.post("/accounts/1001/role", data={"role": "leader"}).status_code == 303
    assert "领导 <span>工号 1001</span>" in officer.get("/").text, "at the next request"
    chief.post("/accounts/1001/disable")
    assert officer.get("/").headers["location"].startswith("/login")
    assert site.sign_in("1001").status_code == 401
    chief.post("/accounts/1001/enable")
    site.sign_in("1001", officer)
    again = initial_of(chief.post("/accounts/1001/reset").text)
    assert officer.get("/").headers["location"].startswith("/login"), "a reset ends what was before"
    assert site.sign_in("1001").status_code == 401
    officer = site.first_time("1001", again)
    session = re.search(r"/sessions/([0-9a-f-]{36})/end", chief.get("/accounts/1001").text)
    assert session
    chief.post(f"/accounts/1001/sessions/{session[1]}/end")
    assert officer.get("/").headers["location"].startswith("/login")
    refused = chief.post("/accounts/8001/disable")
    assert (refused.status_code, "由另一位安全管理员办理" in refused.text) == (409, True)


def test_nobody_else_manages_accounts_and_an_administrator_reads_no_business(site: ClosedSite) -> None:
    business = ("/departments", f"/departments/{MARKET_BUREAU}", "/api/v1/departments", "/exceptions", "/penalties")
    for number, role in enumerate(THREE):
        administrator = site.member(f"800{number}", role)
        home = administrator.get("/").headers["location"]
        assert home == HOMES[role]
        assert administrator.get(home).status_code == 200
        for page in business:
            assert administrator.get(page).status_code == 403, (role, page)
        assert administrator.get("/accounts").status_code == (200 if role is Role.SECURITY else 403)
    officer = site.member("1001", Role.OFFICER)
    assert [officer.get(page).status_code for page in business[:2]] == [200, 200], "who may is let through"
    for path in ("/accounts/8000/disable", "/accounts/8000/reset", "/accounts"):
        assert officer.post(path, data={"staff": "1", "role": "leader"}).status_code == 403
    assert officer.get("/accounts").status_code == 403


def test_one_sees_where_one_is_signed_in_ends_it_there_and_changes_the_password(site: ClosedSite) -> None:
    here = site.member("1001", Role.OFFICER)
    there = site.browser()
    there.headers["User-Agent"] = "Mozilla (Windows NT) Firefox/150"
    site.sign_in("1001", there)
    shown = here.get("/sessions").text
    assert "Firefox Windows" in shown
    (session,) = re.findall(r"/sessions/([0-9a-f-]{36})/end", shown)
    stranger = site.member("1002", Role.OFFICER)
    stranger.post(f"/sessions/{session}/end")
    assert there.get("/sessions").status_code == 200, "another's session is not theirs to end"
    here.post(f"/sessions/{session}/end")
    assert there.get("/sessions").status_code == 303
    site.sign_in("1001", there)
    new = "换一个很长的密码再试试看"
    asked = {"old": PASSWORD, "password": new, "again": new}
    wrong = here.post("/password", data=asked | {"old": "不对的密码", "code": site.code("1001")})
    assert (wrong.status_code, "现用密码不对" in wrong.text) == (422, True)
    used = site.code("1001")
    site.sign_in("1001", site.browser(), used)
    for code in ("000000", used):  # whoever sits at a desk that was left open knows at best an old one
        wrong = here.post("/password", data=asked | {"code": code})
        assert (wrong.status_code, "动态口令不对" in wrong.text) == (422, True)
    assert here.post("/password", data=asked).status_code == 422, "without one"
    assert there.get("/sessions").status_code == 200, "nothing was changed"
    assert here.post("/password", data=asked | {"code": site.code("1001")}).status_code == 303
    assert here.get("/sessions").status_code == 200
    assert there.get("/sessions").status_code == 303, "a changed password ends the other sessions"
    assert site.sign_in("1001").status_code == 401


@pytest.fixture
def commands(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", databases.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", databases.supervision_url)
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path))
    monkeypatch.setattr(account_commands, "open_journal", lambda *_, **__: None)  # it would last beyond the test
    monkeypatch.setattr(account_commands, "Passwords", lambda: Passwords(PasswordHasher(1, 8, 1)))


def test_the_first_accounts_are_made_by_command(
    linkage: Linkage, commands: None, capsys: pytest.CaptureFixture[str]
) -> None:
    account_commands.add("8001", Role.SECURITY, "it", "supervision", as_json=True)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    site = ClosedSite(linkage, now=datetime.now(UTC))
    site.first_time("8001", told["initial_password"])
    account_commands.add("1001", Role.OFFICER, "it", "supervision", MARKET_BUREAU)
    capsys.readouterr()
    account_commands.list_accounts("supervision", as_json=True)
    listed = {one["staff"]: one for one in json.loads(capsys.readouterr().out.splitlines()[-1])}
    assert (listed["8001"]["state"], listed["1001"]["state"]) == ("正常", "待首次登录")
    assert (listed["1001"]["role"], listed["1001"]["body"]) == ("officer", MARKET_BUREAU)
    with pytest.raises(typer.Exit):
        account_commands.disable("8001", "it", "supervision")
    assert LAST_ONE.text in capsys.readouterr().err
    with linkage.supervision.connect() as connection:
        assert len(accounts.every(raw(connection))) == 2

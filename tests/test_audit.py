"""The audit trail: written before the answer, refused when it cannot be, and no entry changed unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from events.database import connect
from services.access.audit import Act, Entry, keep, note
from services.access.audit_chain import link_once, verify
from services.access.entrance import OPEN, enter
from services.pages.seats import Role, Seat
from services.problems import Problem
from tests.invented import MARKET_BUREAU, duty
from tests.linkage import Linkage
from tests.rows_of_rights import let_anybody_in
from tests.supervision_web import web

OFFICER = Seat(Role.OFFICER, MARKET_BUREAU, "2042")


@pytest.fixture
def supervision(linkage: Linkage) -> Iterator[psycopg.Connection]:
    with connect(linkage.supervision_url, application="test") as connection:
        yield connection


@pytest.fixture
def app(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    own = ("GET /shown/{party}", "GET /only-others/{permit}", "GET /shown-first/{party}")
    let_anybody_in(monkeypatch, "supervision", *own)
    linkage.duties(duty())
    made = web(linkage)

    @made.get("/shown/{party}", dependencies=[Depends(enter)])
    def shown(request: Request, party: str) -> str:
        note(request, Act.REVEALED, fields=["name"], reason="检查，来电 13800001234 要求核对")
        return "欧阳" + "虚构"

    @made.get("/only-others/{permit}", dependencies=[Depends(enter)])
    def only_others() -> None:
        raise Problem(403, "no_right", "没有权限", "其他部门的", "请转告")

    return made


def asking(app: FastAPI, seat: Seat = OFFICER) -> TestClient:
    return TestClient(app, cookies={"seat-supervision": seat.as_cookie()})


def lines(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT act, caller, role, body, place, objects, reason, result, origin FROM audit ORDER BY id"
    ).fetchall()


def faults(connection: psycopg.Connection) -> list[tuple[int, str]]:
    return [(one.position, one.kind) for one in verify(connection)]


def test_what_an_officer_reveals_exports_or_is_refused_is_written_down_with_who_what_why_and_from_where(
    app: FastAPI, supervision: psycopg.Connection
) -> None:
    client = asking(app)
    assert client.get("/shown/p-1").status_code == 200
    assert client.get(f"/departments/{MARKET_BUREAU}/book").status_code == 200
    assert client.get("/only-others/x-9").status_code == 403
    assert client.get("/desk/coordination").status_code == 403  # a page of other roles
    who = ("2042", "officer", MARKET_BUREAU)
    why = "检查,来电 （号码已隐去） 要求核对"
    book = "GET /departments/{department}/book"
    assert lines(supervision) == [
        ("revealed", *who, "GET /shown/{party}", ["party=p-1"], why, "done", "testclient"),
        ("exported", *who, book, [f"department={MARKET_BUREAU}"], "", "done", "testclient"),
        ("refused", *who, "GET /only-others/{permit}", ["permit=x-9"], "", "refused", "testclient"),
        ("refused", *who, "GET /desk/coordination", [], "", "refused", "testclient"),
    ]


def test_what_shows_nothing_personal_and_hands_out_nothing_is_not_written_down(
    app: FastAPI, supervision: psycopg.Connection
) -> None:
    assert asking(app).get(f"/api/v1/departments/{MARKET_BUREAU}/watch-list").status_code == 200
    assert lines(supervision) == []


def test_while_the_trail_cannot_be_written_nothing_is_shown_handed_out_or_refused_in_secret(
    app: FastAPI, supervision: psycopg.Connection
) -> None:
    client = asking(app)
    supervision.execute("ALTER TABLE audit RENAME TO audit_away")
    for asked in ("/shown/p-1", f"/departments/{MARKET_BUREAU}/book", "/only-others/x-9"):
        answer = client.get(asked)
        assert (answer.status_code, answer.json()["code"]) == (503, "audit_away"), asked
        assert "欧阳" not in answer.text
    supervision.execute("ALTER TABLE audit_away RENAME TO audit")
    assert client.get("/shown/p-1").status_code == 200
    # Control: a service that answers first and writes afterwards has shown everything by then.
    supervision.execute("ALTER TABLE audit RENAME TO audit_away")
    assert "欧阳" in answered_first(app).get("/shown-first/p-1").text


def answered_first(app: FastAPI) -> TestClient:
    """A broken variant: the handler's answer is there before the entry is."""

    @app.get("/shown-first/{party}")
    def shown_first(request: Request, party: str) -> str:
        with suppress(Problem):
            note(request, Act.REVEALED)
        return "欧阳" + "虚构"

    return asking(app)


def written(connection: psycopg.Connection, engine: Engine, many: int) -> None:
    for number in range(many):
        keep(engine, Entry(Act.EXPORTED, caller=f"k-{number}", reason="月报"))
    assert link_once(connection) == many


def test_entries_are_only_added_to(linkage: Linkage, supervision: psycopg.Connection) -> None:
    written(supervision, linkage.supervision, 3)
    for forbidden in (
        "UPDATE audit SET caller = 'k-9' WHERE id = 1", "DELETE FROM audit", "TRUNCATE audit",
        "UPDATE audit_chain SET entry = 9", "DELETE FROM audit_chain", "TRUNCATE audit_chain",
        "SET linkage.audit_archiving = on; DELETE FROM audit",  # younger than 180 days
    ):  # fmt: skip
        with pytest.raises(psycopg.Error, match="only added to"):
            supervision.execute(forbidden.encode())
    assert (len(lines(supervision)), faults(supervision)) == (3, [])


TAMPERED = {
    "UPDATE audit SET caller = 'k-9' WHERE id = 2": (2, "digest"),
    "UPDATE audit SET at = at - interval '1 day' WHERE id = 2": (2, "digest"),
    "DELETE FROM audit WHERE id = 2": (2, "digest"),
    "DELETE FROM audit_chain WHERE position = 3": (3, "head"),
    "UPDATE audit_chain SET recorded_at = recorded_at + interval '1 second' WHERE position = 1": (1, "digest"),
    "INSERT INTO audit (caller, role, body, act, place, objects, fields, reason, result, origin, digest) "
    "SELECT 'k-8', role, body, act, place, objects, fields, reason, result, origin, digest FROM audit WHERE id = 1": (
        3, "hole",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", TAMPERED)
def test_an_entry_that_was_changed_removed_or_slipped_in_past_the_triggers_is_found(
    linkage: Linkage, supervision: psycopg.Connection, change: str
) -> None:
    written(supervision, linkage.supervision, 3)
    assert faults(supervision) == []
    supervision.execute("SET session_replication_role = replica")  # as who owns the database can: no trigger speaks
    supervision.execute(change.encode())
    assert TAMPERED[change] in faults(supervision)


def test_requests_that_write_at_once_wait_for_no_lock_and_all_stand_in_the_chain(
    linkage: Linkage, supervision: psycopg.Connection
) -> None:
    with connect(linkage.supervision_url, application="test") as other, other.transaction():
        other.execute("SELECT * FROM audit_head FOR UPDATE")  # somebody is linking, and stands still
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: keep(linkage.supervision, Entry(Act.EXPORTED, caller=f"k-{n}")), range(20)))
    assert link_once(supervision, batch=7) == 7
    assert (link_once(supervision), link_once(supervision)) == (13, 0)
    assert (len(lines(supervision)), faults(supervision)) == (20, [])


def test_an_open_door_is_written_down_as_nobody(app: FastAPI, supervision: psycopg.Connection) -> None:
    assert OPEN.is_open
    assert TestClient(app).get("/shown/p-1").status_code == 200
    assert lines(supervision)[0][:4] == ("revealed", "", "", "")


def test_what_an_operator_does_is_written_down_before_it_is_done_and_not_done_when_it_cannot_be(
    app: FastAPI, supervision: psycopg.Connection
) -> None:
    operator = asking(app, Seat(Role.OPERATOR, "", "9001"))
    assert operator.post("/rebuild", data={"step": "begin"}, follow_redirects=False).status_code == 303
    assert operator.get("/rebuild").status_code == 200
    operator.post("/size", data={"size": "large"})
    asking(app).post("/receipts/steps", data={"one": "sign:none"})  # an officer's work is an event, and no act of these
    assert [line[:5] for line in lines(supervision)] == [("administered", "9001", "operator", "", "POST /rebuild")]
    supervision.execute("ALTER TABLE audit RENAME TO audit_away")
    assert operator.post("/rebuild", data={"step": "pause"}).status_code == 503
    done = supervision.execute("SELECT count(*) FROM audit_away").fetchone()
    assert done == (1,)
    supervision.execute("ALTER TABLE audit_away RENAME TO audit")


AUDITOR = Seat(Role.AUDIT, "", "9301")


def test_the_audit_administrator_alone_reads_the_trail_and_finds_entries_by_act_caller_object_and_day(
    app: FastAPI, supervision: psycopg.Connection
) -> None:
    asking(app).get("/shown/p-1")
    asking(app).get(f"/departments/{MARKET_BUREAU}/book")
    auditor = asking(app, AUDITOR)
    auditor.headers["accept"] = "text/html"

    def seen(**asked: str) -> set[str]:
        rows = auditor.get("/audit", params=asked).text.split("<tbody>")[1:]
        return {act.value for act in Act if any(f"<td>{act.words}" in row for row in rows)}

    assert seen() == {"revealed", "exported", "audit_read"}
    assert seen(act="revealed", caller="2042") == {"revealed"}
    assert seen(caller="9301") == {"audit_read"}
    assert seen(about="p-1", until="2099-01-01") == {"revealed"}
    assert seen(since="2099-01-01") == set()
    assert "没有符合条件的记录" in auditor.get("/audit?since=2099-01-01").text
    assert "显示隐去的个人信息" in auditor.get("/").text
    pack = auditor.get("/audit/pack", params={"act": ""})
    assert (pack.status_code, pack.content[:2]) == (200, b"PK")
    assert lines(supervision)[-1][:5] == ("exported", "9301", "auditadmin", "", "GET /audit/pack")
    for seat in (OFFICER, Seat(Role.LEADER, "", "1"), Seat(Role.OPERATOR, "", "2")):
        assert asking(app, seat).get("/audit").status_code == 403
        assert asking(app, seat).get("/audit/pack").status_code == 403


def test_a_page_shows_fifty_entries_and_leads_to_the_older_ones(
    app: FastAPI, linkage: Linkage, supervision: psycopg.Connection
) -> None:
    for number in range(52):
        keep(linkage.supervision, Entry(Act.EXPORTED, caller=f"k-{number}"))
    auditor = asking(app, AUDITOR)
    first = auditor.get("/audit?act=exported").text
    assert (first.count("k-51<"), first.count("k-1<")) == (1, 0)
    (following,) = {part.split('"')[0].replace("&amp;", "&") for part in first.split('href="')[1:] if "before=" in part}
    assert auditor.get(following).text.count("k-1<") == 1

"""What is written down when it is done is not done when it cannot be written; sheets and settings are written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from events.database import connect
from services.access import accounts, arriving, entrance, signing_in
from services.access.actions import Action
from services.access.audit import Act, note, note_with
from services.access.callers import Caller, Scope, scope_of
from services.access.entrance import WRITTEN_ELSEWHERE, Entrance
from services.access.guard import let_in
from services.approval.http import Office, application, key_token
from services.pages.seats import Role, Seat
from services.settings import Settings
from services.settings_started import note_settings
from tests.closed_site import PASSWORD, ClosedSite
from tests.invented import BODY, MARKET_BUREAU, decision, duty, party
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web

SERVICES = Path(__file__).parents[1] / "services"
COUNTED_ANYWAY = {"sign_in_attempts", "audit", "audit_unlinked"}
"""An attempt stays counted whatever becomes of it."""
SEEN = {"account_sessions": "(to_jsonb(t) - 'seen_at')"}
"""So does that somebody was there."""


def approval(linkage: Linkage, door: Entrance) -> FastAPI:
    return application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now), door)


def by_header(request: Request) -> Caller | None:
    seat = Seat(Role(request.headers["x-role"]), "", "9001")
    return Caller(seat.staff, scope_of(seat), seat)


@contextmanager
def without_a_trail(engine: Engine) -> Iterator[None]:
    with engine.begin() as transaction:
        transaction.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    yield
    with engine.begin() as transaction:
        transaction.execute(text("ALTER TABLE audit_away RENAME TO audit"))


def state_of(engine: Engine) -> dict[str, Any]:
    """Return what each table holds, as a sum that differs when any row of it does."""
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        sums = " UNION ALL ".join(
            f"SELECT '{one}', count(*), coalesce(sum(hashtext({SEEN.get(one, 't')}::text)), 0) FROM \"{one}\" t"
            for one in tables
            if one not in COUNTED_ANYWAY and one != "audit_away"
        )
        return {table: (rows, digest) for table, rows, digest in connection.execute(text(sums))}


def changed(engine: Engine, act: Callable[[], Any]) -> tuple[set[str], int]:
    """Do it while the trail is away; return which tables it changed, and how it was answered."""
    before = state_of(engine)
    with without_a_trail(engine):
        answer = act()
        after = state_of(engine)
    return {table for table in before if before[table] != after[table]}, answer.status_code


BY_TURNS = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_no_route_begins_what_an_operator_or_administrator_does_while_the_trail_is_away(
    linkage: Linkage, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Entrance((by_header,))
    app = web(linkage, entrance=door) if side == "supervision" else approval(linkage, door)
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    engine = linkage.supervision if side == "supervision" else linkage.approval
    walked, wrong = 0, []
    before = state_of(engine)
    with without_a_trail(engine):
        for route in iter_route_contexts(app.routes):
            for method in sorted((route.methods or set()) - {"GET", "HEAD"}):
                if not route.path or route.path.startswith(WRITTEN_ELSEWHERE):
                    continue
                address = re.sub(r"\{\w+\}", "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01", route.path)
                for role in (Role.OPERATOR, BY_TURNS[walked % 3]):
                    status = client.request(method, address, headers={"x-role": role.value}).status_code
                    walked += 1
                    if status != 503:
                        wrong.append((method, route.path, role.value, status))
        assert state_of(engine) == before
    assert wrong == []
    assert walked > 60
    # Control: a door that writes nothing down lets it be done.
    monkeypatch.setattr("services.access.entrance.administers", lambda *_: False)
    if side == "supervision":
        tables, status = changed(
            engine, lambda: client.post("/rebuild", data={"step": "begin"}, headers={"x-role": Role.OPERATOR.value})
        )
        assert (tables >= {"rebuilds"}, status) == (True, 303)


def walked(app: FastAPI, engine: Engine, most: int = 1000) -> tuple[list[Any], set[int]]:
    """Ask up to ``most`` routes that change something, as operator or administrator; return those that left another
    number of lines than one, and how they were answered."""
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    wrong, answered = [], set()
    acting = [
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in sorted((route.methods or set()) - {"GET", "HEAD"})
        if route.path and not route.path.startswith(WRITTEN_ELSEWHERE)
    ]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for asked, (method, path) in enumerate(acting[:most]):
            role = (Role.OPERATOR, *BY_TURNS)[asked % 4] if asked % 2 else Role.OPERATOR
            newest = connection.scalar(text("SELECT coalesce(max(id), 0) FROM audit"))
            address = re.sub(r"\{\w+\}", "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01", path)
            status = client.request(method, address, headers={"x-role": role.value}).status_code
            acts = connection.scalars(text("SELECT act FROM audit WHERE id > :id"), {"id": newest}).all()
            answered.add(status)
            if list(acts) != ["refused" if status == 403 else "administered"]:
                wrong.append((method, path, role.value, status, list(acts)))
    return wrong, answered


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_what_an_operator_does_or_may_not_do_leaves_one_line(
    linkage: Linkage, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Entrance((by_header,))
    app = web(linkage, entrance=door) if side == "supervision" else approval(linkage, door)
    engine = linkage.supervision if side == "supervision" else linkage.approval
    wrong, answered = walked(app, engine)
    assert (wrong, {403, 422} <= answered) == ([], True)
    if side == "supervision":
        # Control: a door that writes down first, and asks then whether they may.

        async def asked_late(request: Request, caller: Caller, *, is_open: bool) -> None:
            if entrance.administers(request, caller):
                note(request, Act.ADMINISTERED)
                request.state.audited = False
            await let_in(request, caller, is_open=is_open)

        monkeypatch.setattr(entrance, "let_in", asked_late)
        assert len(walked(app, engine, 6)[0]) >= 3


def test_a_party_that_is_asked_about_is_not_registered_when_that_cannot_be_written_down(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Caller("key-1", Scope(everybody=True), actions=frozenset((Action.RESOLVE_PARTIES,)))
    client = TestClient(approval(linkage, Entrance((lambda _: service,))), raise_server_exceptions=False)
    asked = {"parties": [{"party": party().model_dump(mode="json")}]}

    def ask() -> Any:
        return client.post("/api/v1/parties/resolve", json=asked)

    assert changed(linkage.approval, ask) == (set(), 503)
    # Control: a handler that has done it before it writes it down.

    def afterwards(connection: Any, *rest: Any) -> None:
        connection.commit()
        note_with(connection, *rest)

    monkeypatch.setattr("services.approval.http_for_supervision.note_with", afterwards)
    tables, status = changed(linkage.approval, ask)
    assert (tables >= {"parties"}, status) == (True, 503)


def test_nobody_comes_in_and_no_account_is_changed_while_the_trail_is_away(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = ClosedSite(linkage)
    keeper = site.member("S-0001", Role.SECURITY)
    officer = site.member("S-0002", Role.OFFICER)
    held = site.browser()
    held.post("/login", data={"staff": "S-0002", "password": PASSWORD})
    other = "海州市的傍晚也很安静 2026"
    acts: dict[str, Callable[[], Any]] = {
        "comes in": lambda: held.post("/login/code", data={"code": site.code("S-0002")}),
        "changes the password": lambda: officer.post(
            "/password", data={"old": PASSWORD, "password": other, "again": other, "code": site.code("S-0002")}
        ),
        "signs out": lambda: officer.post("/logout"),
        "is made": lambda: keeper.post("/accounts", data={"staff": "S-0003", "role": "leader", "body": ""}),
        "is disabled": lambda: keeper.post("/accounts/S-0002/disable"),
        "is reset": lambda: keeper.post("/accounts/S-0002/reset"),
    }
    for name, act in acts.items():
        assert changed(linkage.supervision, act) == (set(), 503), name
    # Control: where no line is written with the act, the act is done.
    for module in (accounts, arriving, signing_in):
        monkeypatch.setattr(module, "write", lambda *_: None)
    for name, act in acts.items():
        tables, status = changed(linkage.supervision, act)
        assert (tables != set(), status < 400) == (True, True), name


PRINTED = "SELECT act, caller, place, result FROM audit WHERE act = 'printed' ORDER BY id"


def test_a_sheet_that_is_opened_to_be_printed_is_written_down_before_it_is_shown(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty())
    (outcome,) = linkage.publish(decision())
    linkage.number_pushes()
    permit = outcome.permit
    page = {"Accept": "text/html"}
    officer = TestClient(
        web(linkage), headers=page, cookies={"seat-supervision": Seat(Role.OFFICER, MARKET_BUREAU, "2042").as_cookie()}
    )
    sheet = f"/permits/{permit}/pushes/1/{MARKET_BUREAU}"
    for one in ("notice", "receipt"):
        assert "文书编号" in officer.get(f"{sheet}/{one}").text
    officer.get(f"/permits/{permit}")  # a page that is no sheet
    under = "GET /permits/{permit}/pushes/{push}/{department}"
    assert linkage.rows(PRINTED) == [("printed", "2042", f"{under}/{one}", "done") for one in ("notice", "receipt")]
    clerk = TestClient(
        application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now)),
        headers=page, cookies={"seat-approval": Seat(Role.CLERK, BODY, "1001").as_cookie()},
    )  # fmt: skip
    assert clerk.get(f"/permits/{permit}/notices/1").status_code == 200
    place = "GET /permits/{permit}/notices/{version}"
    assert linkage.rows(PRINTED, side="approval") == [("printed", "1001", place, "done")]
    with without_a_trail(linkage.supervision):
        answer = officer.get(f"{sheet}/notice")
        assert (answer.status_code, "文书编号" in answer.text) == (503, False)
    # Control: a service that does not know its sheets writes none of them down.
    monkeypatch.setattr(officer.app.state.pages.rendering, "sheets", frozenset())  # type: ignore[attr-defined]
    assert "文书编号" in officer.get(f"{sheet}/notice").text
    assert len(linkage.rows(PRINTED)) == 2


FIGURES_ALONE = {"figures.html", "overview.html"}
"""May be printed, and name nobody's permit."""


def test_every_page_with_a_button_to_print_it_is_a_sheet_or_holds_figures_alone() -> None:
    pages = {path: path.read_text() for path in SERVICES.rglob("templates/*.html")}
    printable = {path.name for path, said in pages.items() if "data-print" in said}
    assert printable - {path.name for path, said in pages.items() if "{{ checked_at(" in said} == FIGURES_ALONE


def test_what_differs_from_the_settings_of_the_start_before_is_written_down_by_name(linkage: Linkage) -> None:
    def start(**settings: Any) -> None:
        with connect(linkage.supervision_url, application="test") as connection:
            note_settings(connection, "all", Settings(**settings))

    secret = "postgresql+psycopg://owner:vierzehn-geheime@db/linkage"
    start(reveals_a_day=30, supervision_database_url=secret)
    start(reveals_a_day=30, supervision_database_url=secret)
    start(reveals_a_day=500, supervision_database_url=secret.replace("@db", "@elsewhere"))
    start(reveals_a_day=500)
    started = linkage.rows("SELECT act, caller <> '', place, objects, reason = '' FROM audit ORDER BY id")
    limit, address = "setting=LINKAGE_REVEALS_A_DAY", "setting=SUPERVISION_DATABASE_URL"
    line = ("settings_changed", True, "linkage run all")
    assert started == [
        (*line, [limit, address], False),  # the first start says what was set
        (*line, [limit, address], True),
        (*line, [address], True),
    ]
    everything = str(linkage.rows("SELECT state FROM heartbeats")) + str(linkage.rows("SELECT audit::text FROM audit"))
    assert "geheime" not in everything
    with without_a_trail(linkage.supervision), suppress(Exception):
        start(reveals_a_day=1)
    start(reveals_a_day=1)  # what could not be written down was not taken for known
    assert linkage.rows("SELECT count(*) FROM audit") == [(4,)]

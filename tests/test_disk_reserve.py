"""Below the disk's reserve nothing new is taken, everything can be read, and what was taken comes home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from events import reserve
from events.database import connect, open_engine
from events.reserve import Disk, Room
from services import command_line
from services.approval.http import Office, application, key_token
from services.parts import MEGABYTE, watched_disk
from services.settings import read_settings
from tests.conftest import Databases
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web

MORE_THAN_ANY_DISK = 10**18


@pytest.fixture
def closed(linkage: Linkage) -> Linkage:
    """Both sides, on a disk with less room than its reserve."""
    linkage.duties(duty())
    for url in (linkage.approval_url, linkage.supervision_url):
        see(url, Disk(MORE_THAN_ANY_DISK, folder=Path()))
    return linkage


def see(url: str, disk: Disk) -> Room | None:
    with connect(url, application="test") as connection:
        return reserve.look(connection, disk)


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    def room() -> Room | None:
        with connect(linkage.approval_url, application="test") as connection:
            return reserve.read_room(connection)

    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), room=room)))


def stated(**changes: Any) -> dict[str, Any]:
    return decision(**changes).model_dump(mode="json")


def test_a_decision_is_refused_with_what_to_do_and_taken_once_there_is_room(
    bureau: TestClient, closed: Linkage
) -> None:
    answer = bureau.post("/api/v1/decisions", json=stated(), headers={"Idempotency-Key": "k-1"})
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert "运维人员" in answer.json()["what_to_do"]
    assert closed.rows("SELECT count(*) FROM outbox", side="approval") == [(0,)]
    see(closed.approval_url, Disk(1, folder=Path()))
    answer = bureau.post("/api/v1/decisions", json=stated(), headers={"Idempotency-Key": "k-1"})
    assert answer.status_code == 201
    assert "repeated" not in answer.json(), "a refusal for want of room is no answer to keep"


def test_a_page_says_so_and_is_read_all_the_same(bureau: TestClient, closed: Linkage) -> None:
    bureau.cookies.set("seat-approval", "clerk.11990100MA0000001Q.C-1")
    page = bureau.get("/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "磁盘空间不足，自" in page.text
    see(closed.approval_url, Disk(1, folder=Path()))
    assert "磁盘空间不足" not in bureau.get("/", headers={"accept": "text/html"}).text


def test_an_officer_cannot_sign_meanwhile_and_is_told_why(linkage: Linkage) -> None:
    linkage.duties(duty())
    (made,) = linkage.publish(decision())
    see(linkage.supervision_url, Disk(MORE_THAN_ANY_DISK, folder=Path()))
    officer = TestClient(web(linkage))
    sign = {"permit": str(made.permit), "do": {"step": "sign", "officer": "0102"}}
    signed = officer.post(f"/api/v1/departments/{MARKET_BUREAU}/receipts", json=sign)
    assert (signed.status_code, signed.json()["code"]) == (507, "disk_full")
    assert officer.get(f"/api/v1/departments/{MARKET_BUREAU}/cases").status_code == 200


@pytest.fixture(params=[True, False], ids=["as_the_projector_runs", "control"])
def projector(request: pytest.FixtureRequest, linkage: Linkage) -> Iterator[tuple[Linkage, bool]]:
    engine = open_engine(linkage.supervision_url, application="test", below_reserve=request.param)
    yield replace(linkage, supervision=engine), request.param
    engine.dispose()


def test_what_was_taken_before_is_numbered_and_listed(projector: tuple[Linkage, bool]) -> None:
    """The control is a projector that is refused as any other: what the bureau was promised would be on no list."""
    linkage, goes_on = projector
    linkage.duties(duty())
    (made,) = linkage.submit(decision())
    for url in (linkage.approval_url, linkage.supervision_url):
        see(url, Disk(MORE_THAN_ANY_DISK, folder=Path()))
    linkage.number()
    if not goes_on:
        with pytest.raises(psycopg.errors.DiskFull):
            linkage.apply()
        assert linkage.listed(MARKET_BUREAU) == {}
        return
    linkage.apply()
    assert list(linkage.listed(MARKET_BUREAU)) == [made.permit]
    assert linkage.rows("SELECT count(*) FROM parked_streams") == [(0,)]


def test_the_gate_does_not_open_and_shut_at_its_edge(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([1000, 999, 1001, 1099, 1100, 1000])
    monkeypatch.setattr(reserve, "_free", lambda connection, disk: next(free))
    states = []
    for _ in range(6):
        room = see(databases.approval_url, Disk(1000, folder=Path()))
        assert room is not None
        states.append(room.closed_at is not None)
    assert states == [False, True, True, True, False, False]


def test_a_database_whose_disk_cannot_be_seen_may_be_given_room(databases: Databases) -> None:
    wide = see(databases.approval_url, Disk(MEGABYTE, room=10_000 * MEGABYTE))
    assert wide is not None
    assert wide.closed_at is None
    assert 0 < wide.free < 10_000 * MEGABYTE
    narrow = see(databases.approval_url, Disk(MEGABYTE, room=2 * MEGABYTE))
    assert narrow is not None
    assert (narrow.free, narrow.closed_at is None) == (0, False)
    assert see(databases.approval_url, Disk(MEGABYTE)) is None, "nobody watches, and nothing is shut"


def test_the_embedded_databases_are_watched_where_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path))
    monkeypatch.setenv("LINKAGE_DISK_RESERVE", "7")
    assert watched_disk("approval", read_settings()) == Disk(7 * MEGABYTE, tmp_path)
    monkeypatch.setenv("APPROVAL_DATABASE_URL", "postgresql://u@h/d")
    assert watched_disk("approval", read_settings()).folder is None


def test_a_command_says_it_in_one_sentence(
    closed: Linkage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(**_: object) -> None:
        closed.submit(decision())

    monkeypatch.setattr(command_line, "program", lambda _: command)
    with pytest.raises(SystemExit) as left:
        command_line.main()
    said = capsys.readouterr().err
    assert (left.value.code, said.count("\n")) == (3, 1)
    assert "LINKAGE_DISK_RESERVE" in said

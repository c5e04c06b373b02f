"""The watch lists are made anew while they are read and written, and nobody's responsibility changes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from events.database import connect
from projections import rebuild
from projections.list_comparison import compare_lists
from services import rebuilding
from services.approval.decision import Kind
from services.metrics import StateCollector
from services.pages.lag_words import rebuilding_in_words
from services.pages.seats import Role, Seat
from services.rebuild_state import Rebuild, State, newest, steps_of
from services.rebuilding import Rebuilding
from services.refusing import Refused
from services.scraping import SideState
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.fixture
def office(linkage: Linkage) -> Any:
    """The connection on which an operator and the scheduler work, with a busy day behind them."""
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    linkage.publish(*(decision(permit_number=f"N{n}") for n in range(20)))
    linkage.publish(*(decision(Kind.AMEND, permit_number=f"N{n}", region_code="990103") for n in range(10)))
    linkage.publish(decision(Kind.AMEND, permit_number="N3", region_code="990102"))
    linkage.publish(decision(Kind.REVOKE, permit_number="N4", reason="吊销决定"))
    linkage.number_pushes()
    with connect(linkage.supervision_url, application="test") as connection:
        yield connection


def work(connection: psycopg.Connection) -> Rebuild:
    """Let the scheduler work until nothing is left to do."""
    while Rebuilding().end(connection, NOW):
        pass
    return now(connection)


def now(connection: psycopg.Connection) -> Rebuild:
    one = newest(connection)
    assert one is not None
    return one


def act(connection: psycopg.Connection, step: Any, **said: Any) -> None:
    with connection.transaction():
        step(connection, "9001", **said)


def dump(linkage: Linkage, table: str) -> list[str]:
    return sorted(repr(row) for row in linkage.rows(f"SELECT * FROM {table}"))


def clean(linkage: Linkage) -> bool:
    with connect(linkage.supervision_url, application="test") as supervision:
        return compare_lists(supervision, "supervision").clean


def test_a_rebuild_changes_nothing_that_is_right_and_says_nothing(linkage: Linkage, office: psycopg.Connection) -> None:
    said = linkage.rows("SELECT position FROM ledger_head") + linkage.rows("SELECT count(*) FROM outbox")
    before = [dump(linkage, table) for table in ("watch_list", "placements", "cases", "tidings")]
    act(office, rebuilding.begin)
    one = work(office)
    assert (one.state, one.progress, one.permits) == (State.READY, 1.0, 20)
    assert one.differing == 0
    assert one.comparison is not None
    assert one.comparison[MARKET_BUREAU]["equal"] == len(linkage.listed(MARKET_BUREAU))
    act(office, rebuilding.switch)
    act(office, rebuilding.end)
    assert [dump(linkage, table) for table in ("watch_list", "placements", "cases", "tidings")] == before
    assert linkage.rows("SELECT position FROM ledger_head") + linkage.rows("SELECT count(*) FROM outbox") == said
    assert [step for _, step, _ in steps_of(office, 1)] == ["begin", "switch", "end"]


def test_what_is_wrong_in_a_list_is_counted_by_department_and_right_after_the_switch(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    office.execute(
        "UPDATE watch_list SET status = 'valid' WHERE status = 'revoked' AND department = %s", (HEALTH_BUREAU,)
    )
    office.execute(
        "DELETE FROM watch_list WHERE department = %s AND permit = (SELECT min(permit::text)::uuid FROM watch_list "
        "WHERE department = %s)",
        (MARKET_BUREAU, MARKET_BUREAU),
    )
    act(office, rebuilding.begin)
    found = work(office).comparison
    assert found is not None
    assert {
        name: {kind: n for kind, n in counts.items() if n and kind != "equal"} for name, counts in found.items()
    } == {
        MARKET_BUREAU: {"missing": 1},
        HEALTH_BUREAU: {"different": 1},
    }
    assert not clean(linkage)
    act(office, rebuilding.switch)
    assert clean(linkage)
    act(office, rebuilding.switch, back=True)
    assert not clean(linkage)


def test_what_is_pushed_meanwhile_comes_along_and_so_it_does_on_the_way_back(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "AT_ONCE", 7)
    act(office, rebuilding.begin)
    with office.transaction():
        Rebuilding()._work(office)
    assert 0 < now(office).progress < 1
    linkage.publish(
        *(decision(permit_number=f"M{n}") for n in range(5)), decision(Kind.REVOKE, permit_number="N7", reason="吊销")
    )
    linkage.number_pushes()
    work(office)
    linkage.publish(decision(permit_number="K1"))  # not numbered yet when the lists change names
    act(office, rebuilding.switch)
    assert clean(linkage)
    linkage.publish(decision(permit_number="K2"), decision(Kind.REVOKE, permit_number="N8", reason="吊销"))
    assert clean(linkage)
    act(office, rebuilding.switch, back=True)
    assert clean(linkage)


def test_while_lists_are_made_anew_the_word_is_rebuilding_and_what_is_behind_beneath_is_still_told(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status() -> tuple[str, dict[str, float], str]:
        state = SideState(linkage.supervision, "supervision", "intake", lambda: linkage.log)
        registry = CollectorRegistry()
        registry.register(StateCollector(state.store, state.projections))
        told = {
            one: registry.get_sample_value("linkage_projection_status", {"projection": "intake", "status": one})
            for one in ("rebuilding", "silent", "level")
        }
        lag = state.lag()
        return lag.as_json()["status"], {name: value for name, value in told.items() if value}, rebuilding_in_words(lag)

    monkeypatch.setattr(rebuild, "AT_ONCE", 7)
    assert status() == ("失联", {"silent": 1.0}, "")
    act(office, rebuilding.begin)
    with office.transaction():
        Rebuilding()._work(office)
    word, told, shown = status()
    assert (word, told) == ("重建中", {"rebuilding": 1.0, "silent": 1.0})  # an alert of the silence is not hidden
    assert "名单正在重建，已完成" in shown
    assert "状态为“失联”" in shown
    act(office, rebuilding.pause, paused=True)
    assert "已暂停" in status()[2]
    act(office, rebuilding.pause, paused=False)
    work(office)
    assert status()[0] == "失联"


def test_a_push_that_is_numbered_just_while_lists_change_names_is_in_the_new_one(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(office, rebuilding.begin)
    work(office)
    linkage.publish(decision(permit_number="M1"))
    level = rebuild.level_next

    def numbered_meanwhile(connection: psycopg.Connection, since: int) -> int:
        reached = level(connection, since)
        linkage.number_pushes()
        return reached

    monkeypatch.setattr(rebuild, "level_next", numbered_meanwhile)
    act(office, rebuilding.switch)
    assert clean(linkage)


def test_without_catching_up_what_was_pushed_meanwhile_would_be_missing(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "level_next", lambda connection, since: rebuild._head(connection))
    act(office, rebuilding.begin)
    work(office)
    office.execute("UPDATE rebuilds SET filled_at = clock_timestamp(), state = 'ready'")
    linkage.publish(decision(permit_number="M1"))
    linkage.number_pushes()
    act(office, rebuilding.switch)
    assert not clean(linkage)


def test_who_is_killed_in_the_middle_is_followed_by_one_who_goes_on(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "AT_ONCE", 9)
    act(office, rebuilding.begin)
    for _ in range(4):
        mortal = connect(linkage.supervision_url, application="mortal")
        mortal.execute("BEGIN")
        Rebuilding()._work(mortal)
        mortal.close()  # before it has committed: what a kill -9 does
        with office.transaction():
            Rebuilding()._work(office)
    one = work(office)
    assert (one.permits, one.differing) == (20, 0)


def test_a_permit_with_more_pushes_than_are_read_at_once_is_folded_whole(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.publish(*(decision(Kind.AMEND, permit_number="N9", region_code=f"99010{n % 3 + 1}") for n in range(9)))
    linkage.number_pushes()
    monkeypatch.setattr(rebuild, "AT_ONCE", 5)
    monkeypatch.setattr(rebuild, "FOLDED", 2)
    act(office, rebuilding.begin)
    one = work(office)
    assert (one.permits, one.differing) == (20, 0)


def test_a_permit_that_is_cut_where_reading_stops_would_be_told_by_the_comparison(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rebuild._pushes_after

    def cut(reading: psycopg.Connection, through: Any) -> Any:
        for records in whole(reading, through):
            yield [one for one in records if one[1] == 1]

    monkeypatch.setattr(rebuild, "_pushes_after", cut)
    act(office, rebuilding.begin)
    assert work(office).differing > 0


def test_indexes_are_made_also_by_a_role_that_may_not_say_how_the_log_is_written(
    office: psycopg.Connection,
) -> None:
    assert office.execute(rebuild._LOOSE).fetchall() == [("off",)]
    office.execute("CREATE ROLE plain_owner")
    try:
        office.execute("SET ROLE plain_owner")
        assert office.execute(rebuild._LOOSE).fetchall() == []
    finally:
        office.execute("RESET ROLE")
        office.execute("DROP ROLE plain_owner")


def test_a_pause_holds_until_somebody_goes_on(office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "AT_ONCE", 9)
    act(office, rebuilding.begin)
    act(office, rebuilding.pause, paused=True)
    assert work(office).permits == 0
    act(office, rebuilding.pause, paused=False)
    assert work(office).state == State.READY
    assert [step for _, step, _ in steps_of(office, 1)] == ["begin", "pause", "resume"]


def test_sessions_that_have_prepared_their_statements_read_and_write_the_new_list(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    with connect(linkage.supervision_url, application="reader") as reader:
        for _ in range(8):
            reader.execute("SELECT count(*) FROM watch_list WHERE department = %s", (MARKET_BUREAU,)).fetchone()
        act(office, rebuilding.begin)
        work(office)
        office.execute("DELETE FROM watch_list")
        act(office, rebuilding.switch)
        row = reader.execute("SELECT count(*) FROM watch_list WHERE department = %s", (MARKET_BUREAU,)).fetchone()
    assert row == (len(linkage.listed(MARKET_BUREAU)),)
    assert row != (0,)
    names = office.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'watch_list'").fetchall()
    assert {f"watch_list_{name}" for name in ("pkey", "newest", "by_matter", "by_expiry", "by_party")} == {
        n for (n,) in names
    }
    options = office.execute(
        """SELECT a.reloptions = b.reloptions FROM pg_class a, pg_class b
           WHERE a.relname = 'watch_list' AND b.relname = %s""",
        (rebuild.OTHER,),
    ).fetchone()
    assert options == (True,)


def test_decisions_that_come_while_lists_change_names_again_and_again_are_in_the_list(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    failed: list[BaseException] = []

    def publishing() -> None:
        try:
            for n in range(40):
                linkage.publish(decision(permit_number=f"L{n}"))
                if n % 3 == 0:
                    linkage.number_pushes()
        except BaseException as error:
            failed.append(error)

    act(office, rebuilding.begin)
    work(office)
    writer = threading.Thread(target=publishing)
    writer.start()
    exchanged = 0
    while writer.is_alive() or exchanged < 2:
        Rebuilding().end(office, NOW)
        if now(office).comparison is not None:
            act(office, rebuilding.switch, back=now(office).state == State.SWITCHED)
            exchanged += 1
    writer.join()
    assert failed == []
    assert clean(linkage)


def test_what_cannot_be_done_now_is_refused_with_what_to_do(
    linkage: Linkage, office: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(step: Any, **said: Any) -> str:
        with pytest.raises(Refused) as caught:
            act(office, step, **said)
        assert caught.value.rule.repair
        return caught.value.rule.code

    assert refused(rebuilding.end) == "no_rebuild"
    act(office, rebuilding.begin)
    assert refused(rebuilding.begin) == "rebuild_at_work"
    assert refused(rebuilding.switch) == "rebuild_not_ready"
    assert refused(rebuilding.compare_again) == "rebuild_not_ready"
    work(office)
    assert refused(rebuilding.switch, back=True) == "rebuild_not_switched"
    monkeypatch.setattr(rebuild, "PATIENCE", "100ms")
    with connect(linkage.supervision_url, application="reader") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM watch_list")
        assert refused(rebuilding.switch) == "rebuild_list_held"
    office.execute(f"ALTER TABLE {rebuild.OTHER} ADD COLUMN later text")
    assert refused(rebuilding.switch) == "rebuild_other_release"
    act(office, rebuilding.end)
    assert office.execute("SELECT to_regclass('watch_list_other')").fetchone() == (None,)


def test_an_operator_rebuilds_compares_switches_and_switches_back_on_a_page(
    linkage: Linkage, office: psycopg.Connection
) -> None:
    def browser(role: Role) -> TestClient:
        seat = {"seat-supervision": Seat(role, "", "9001").as_cookie()}
        return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat)

    operator = browser(Role.OPERATOR)

    def press(step: str) -> str:
        return operator.post("/rebuild", data={"step": step}).text

    assert "没有进行中的重建" in operator.get("/rebuild").text
    assert browser(Role.LEADER).post("/rebuild", data={"step": "begin"}).status_code == 403
    assert "新名单尚未建完" in press("begin") + press("switch")
    office.execute(
        "UPDATE watch_list SET status = 'valid' WHERE status = 'revoked' AND department = %s", (HEALTH_BUREAU,)
    )
    work(office)
    shown = operator.get("/rebuild/now").text
    assert "有 1 行不同" in shown
    assert "切换到新名单" in shown
    assert "已切换，可切回" in press("switch")
    assert clean(linkage)
    assert "已重建，待切换" in press("back")
    press("switch")
    assert "没有进行中的重建" in press("end")
    assert "结束，删除未使用的名单" in operator.get("/rebuild").text  # among the steps, with who took it

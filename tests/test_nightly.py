"""Every night each side is reconciled and its ledger walked, once; people and Prometheus are told what was found."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
import typer
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, generate_latest

from events import ledger
from events.database import connect
from events.log import LogUnavailable
from events.log.embedded import EmbeddedLog
from services import proofs
from services.ledger_walks import walk
from services.metrics import StateCollector
from services.nightly import Nightly, hour_of, night_of
from services.pages.seats import Role, Seat
from services.proof_commands import reconcile_lists, verify_ledgers
from services.proofs import RECONCILE, VERIFY
from services.reconciling import outcome, reconcile_side
from services.scraping import SideState
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

HALF_PAST_TWO = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
"""In China, in the night to the 25th."""


@pytest.fixture
def supervision(linkage: Linkage) -> Iterator[psycopg.Connection]:
    linkage.duties(duty())
    linkage.publish(*(decision(permit_number=f"N{n}") for n in range(3)))
    linkage.number_pushes()
    with connect(linkage.supervision_url, application="test") as connection:
        yield connection


class Nights:
    """A side at night: a clock that a test sets, and what was proven when."""

    def __init__(self, url: str) -> None:
        self.url, self.now, self.proven, self.away = url, HALF_PAST_TWO, list[tuple[str, date]](), False

    def _prove(self, kind: str, night: date) -> tuple[int, dict[str, Any]]:
        if self.away:
            raise LogUnavailable("no broker answers")
        self.proven.append((kind, night))
        return 0, {"compared": [], "head": 0, "since": 0, "first": None, "kinds": {}}

    def come(self) -> None:
        """Let a scheduler that has just been started look at the clock."""
        kinds = {
            VERIFY: lambda _, night: self._prove(VERIFY, night),
            RECONCILE: lambda _, night: self._prove(RECONCILE, night),
        }
        nightly = Nightly(self.url, "supervision", time(2, 30), kinds, lambda _: self.now)
        with connect(self.url, application="test") as connection:
            nightly.turn(connection, threading.Event())


def test_each_night_is_proven_once_however_often_the_scheduler_is_started(linkage: Linkage) -> None:
    nights, first = Nights(linkage.supervision_url), date(2026, 11, 25)
    for later in (-60, 0, 60, 3 * 3600):
        nights.now = HALF_PAST_TWO + timedelta(seconds=later)
        nights.come()
    assert nights.proven == [(VERIFY, first), (RECONCILE, first)]
    nights.now = HALF_PAST_TWO + timedelta(days=1)
    nights.come()
    assert nights.proven[2:] == [(VERIFY, first + timedelta(days=1)), (RECONCILE, first + timedelta(days=1))]
    linkage.rows("DELETE FROM proofs WHERE kind = 'verify' RETURNING 1")  # that it is kept is what holds it back
    nights.come()
    assert nights.proven[4:] == [(VERIFY, first + timedelta(days=1))]


def test_while_the_log_is_away_it_is_tried_again_and_by_day_it_is_left_to_the_next_night(linkage: Linkage) -> None:
    nights = Nights(linkage.supervision_url)
    nights.away = True
    with pytest.raises(LogUnavailable):
        nights.come()
    nights.away = False
    nights.now += timedelta(minutes=1)
    nights.come()
    assert [kind for kind, _ in nights.proven] == [VERIFY, RECONCILE]
    assert night_of(HALF_PAST_TWO + timedelta(hours=4), time(2, 30)) is None
    assert night_of(datetime(2026, 11, 24, 16, 30, tzinfo=UTC), time(23)) == date(2026, 11, 24)  # over midnight
    assert hour_of("never") is None


def test_a_walk_goes_on_where_the_last_ended_and_begins_anew_after_one_that_found_something(
    supervision: psycopg.Connection, linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    first, _ = walk(supervision, "supervision", whole=False)
    assert (first.since, first.faults, first.head > 3) == (0, 0, True)
    linkage.publish(decision(permit_number="N9"))
    linkage.number_pushes()
    supervision.execute("UPDATE ledger SET type = 'push_moved' WHERE position = 2")
    second, _ = walk(supervision, "supervision", whole=False)
    assert (second.since, second.faults) == (first.head, 0)  # what lies before was walked once
    third, named = walk(supervision, "supervision", whole=True)
    assert [(fault.position, fault.kind) for fault in named] == [(2, "digest")]
    assert (third.since, third.faults) == (0, 1)
    fourth, _ = walk(supervision, "supervision", whole=False)
    assert (fourth.since, fourth.faults) == (0, 1)


def test_a_ledger_that_was_cut_or_made_anew_is_noticed_from_the_last_place_on(supervision: psycopg.Connection) -> None:
    first, _ = walk(supervision, "supervision", whole=True)
    with supervision.transaction(force_rollback=True):
        supervision.execute("UPDATE ledger SET hash = sha256(hash) WHERE position = %s", (first.head,))
        assert [one.kind for one in ledger.verify(supervision, "supervision", first.place)] == ["chain"]
    supervision.execute("DELETE FROM ledger WHERE position = %s", (first.head,))
    assert [one.kind for one in ledger.verify(supervision, "supervision", first.place)] == ["hole"]


def test_what_the_night_found_is_told_to_the_operator_with_what_to_do_and_to_prometheus(
    supervision: psycopg.Connection, linkage: Linkage
) -> None:
    seat = {"seat-supervision": Seat(Role.OPERATOR, "", "9001").as_cookie()}
    operator = TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat)

    def page() -> str:
        return operator.get("/lag").text

    def metrics() -> str:
        state = SideState(linkage.supervision, "supervision", "intake", lambda: linkage.log)
        registry = CollectorRegistry()
        registry.register(StateCollector(state.store, facts=state.facts))
        return generate_latest(registry).decode()

    def prove() -> None:
        def own() -> EmbeddedLog:
            return EmbeddedLog(linkage.supervision_url, "supervision")

        def heard() -> EmbeddedLog:
            return EmbeddedLog(linkage.approval_url, "approval")

        found = reconcile_side(supervision, "supervision", own, heard)
        proofs.keep(supervision, RECONCILE, datetime.now(UTC), *outcome(found), date(2026, 11, 25))

    differing = 'linkage_reconcile_differences{between="pushes-lists",source="supervision"}'
    proven = 'linkage_proven_timestamp_seconds{kind="reconcile",source="supervision"} '
    assert "还没有办过" in page()
    owed = metrics().split(proven)[1].split()[0]  # since the first event
    assert f"{differing} 0.0" in metrics()
    prove()
    assert "应有 6，实有 6" in page()
    assert float(metrics().split(proven)[1].split()[0]) > float(owed) > 0
    supervision.execute("DELETE FROM watch_list WHERE department = %s", (MARKET_BUREAU,))
    prove()
    shown = page()
    assert "不一致 3" in shown
    assert f"{MARKET_BUREAU}：不符 3 件" in shown
    assert "linkage rebuild begin" in shown
    assert f"{differing} 3.0" in metrics()
    supervision.execute("UPDATE ledger SET type = 'push_moved' WHERE position = 2")
    walk(supervision, "supervision", whole=True)
    assert 'linkage_ledger_verify_failures_total{kind="digest",source="supervision"} 1.0' in metrics()
    assert 'linkage_ledger_verify_failures_total{kind="chain",source="supervision"} 0.0' in metrics()


def test_by_hand_the_same_is_answered_as_json_and_takes_the_place_of_the_last_night(
    supervision: psycopg.Connection,
    linkage: Linkage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", linkage.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", linkage.supervision_url)
    monkeypatch.setattr("services.looking.open_journal", lambda *_, **__: None)  # it would last beyond the test

    def asked(command: Callable[..., None], **options: Any) -> tuple[int, Any]:
        with pytest.raises(typer.Exit) as left:
            command(as_json=True, **options)
        return left.value.exit_code, json.loads(capsys.readouterr().out)

    code, said = asked(reconcile_lists)
    assert (code, said["clean"]) == (0, True)
    between = [(one["between"], one["source"]) for one in said["compared"]]
    assert between == [
        ("ledger-log", "approval"), ("log-told", "supervision"), ("ledger-log", "supervision"),
        ("log-pushes", "approval"), ("pushes-lists", "supervision"),
    ]  # fmt: skip
    supervision.execute("DELETE FROM watch_list WHERE department = %s", (MARKET_BUREAU,))
    assert asked(reconcile_lists, day=datetime(2020, 1, 1))[0] == 0  # noqa: DTZ001
    assert proofs.newest(supervision)[RECONCILE].wrong == 0
    code, said = asked(reconcile_lists, side="supervision")
    (wrong,) = said["compared"][2]["differences"]
    assert (code, wrong["department"], wrong["wrong"]) == (1, MARKET_BUREAU, 3)
    assert proofs.newest(supervision)[RECONCILE].wrong == 3
    code, said = asked(verify_ledgers)
    assert (code, said["faults"]) == (0, {"approval": [], "supervision": []})
    code, said = asked(verify_ledgers, since_last=True)
    assert said["since"] == said["heads"]

"""A decision made at a desk does not wait behind an imported file, and no permit's own order is given up for that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from events import ledger, sequencer, store
from events.database import connect
from events.sequencer import BEHIND_NO_LIVE_ONE, MOVE, OF_STREAMS, SELECT_OUTBOX, Sequencer, number_once
from events.store import Lane
from services.approval.decision import Kind
from services.supervision.intake import IntakeUnit
from tests.conftest import Databases
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.tally import noted

FILE = [decision(permit_number=f"F{n}") for n in range(30)]


def shut(head: int) -> int:
    """The gate while the other side's lists are behind: no bulk event may pass."""
    return 0


@pytest.mark.parametrize(("lane", "waits"), [(Lane.BULK, False), (Lane.LIVE, True)])
def test_a_decision_made_while_a_file_waits_is_listed_at_once(linkage: Linkage, lane: Lane, waits: bool) -> None:
    """Seen to fail when the file is recorded in the lane of the desks."""
    linkage.duties(duty())
    linkage.submit(*FILE, lane=lane)
    (made,) = linkage.submit(decision(permit_number="D1"))
    with connect(linkage.approval_url, application="test") as connection:
        number_once(connection, shut, batch=20)
    linkage.apply()
    assert (made.permit not in linkage.listed(MARKET_BUREAU)) is waits
    if not waits:
        assert list(linkage.listed(MARKET_BUREAU)) == [made.permit]


def test_what_waited_follows_when_the_lists_have_room(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.submit(*FILE, lane=Lane.BULK)
    linkage.submit(decision(Kind.SURRENDER, permit_number="F7"))
    with connect(linkage.approval_url, application="test") as connection:
        assert number_once(connection, shut) == 2, "the surrender, and the grant of the file before it"
        assert number_once(connection, lambda head: 10) == 10
        assert number_once(connection) == 19
    linkage.apply()
    assert sorted(linkage.listed(MARKET_BUREAU).values()) == ["surrendered"] + ["valid"] * 29


def whatever_is_listed(unit: IntakeUnit) -> Iterator[tuple[str, datetime]]:
    """Broken on purpose: how long a file waited is taken for how long the lists make a decision wait."""
    return ((department, push.record.recorded_at) for push in unit.pushes for department in push.departments)


@pytest.mark.parametrize("counted", [IntakeUnit.visible, whatever_is_listed])
def test_what_a_file_waits_on_purpose_does_not_count_for_how_soon_decisions_are_visible(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, counted: Callable[[IntakeUnit], Iterator[tuple[str, datetime]]]
) -> None:
    monkeypatch.setattr(IntakeUnit, "visible", counted)
    linkage.duties(duty())
    file = uuid4()
    linkage.submit(*(decision(permit_number=f"F{n}", batch=file) for n in range(3)), lane=Lane.BULK)
    linkage.submit(decision(permit_number="D1"))
    linkage.number()
    seen = sorted(department for department, _ in linkage.apply().visible)
    assert len(linkage.listed(MARKET_BUREAU)) == 4
    assert (seen == sorted([MARKET_BUREAU, HEALTH_BUREAU])) is (counted is not whatever_is_listed)


def number_each_lane_by_itself(connection: psycopg.Connection, bulk_room: Callable[[int], int]) -> None:
    """Broken on purpose: the lane of the desks first, whatever of the same permit still waits in the other."""
    rows = connection.execute("SELECT stream, version FROM outbox ORDER BY lane, id").fetchall()
    connection.cursor().executemany("INSERT INTO by_lane VALUES (%s, %s)", rows)


def order_of(connection: psycopg.Connection, stream: UUID) -> list[int]:
    return [record.version for record in ledger.read(connection, "approval", 0, 100) if record.stream == stream]


def test_a_permit_that_a_file_and_a_desk_both_touch_keeps_its_order(databases: Databases) -> None:
    stream = uuid4()
    with connect(databases.approval_url, application="test") as connection:
        connection.execute("CREATE TABLE by_lane (stream uuid, version integer, n bigint GENERATED ALWAYS AS IDENTITY)")
        for version, lane in enumerate((Lane.BULK, Lane.LIVE, Lane.BULK, Lane.BULK, Lane.LIVE, Lane.BULK), 1):
            store.append(connection, "approval", [noted(uuid4())], lane=Lane.BULK)
            store.append(connection, "approval", [noted(stream, version)], lane=lane)
        number_each_lane_by_itself(connection, shut)
        apart = connection.execute("SELECT version FROM by_lane WHERE stream = %s ORDER BY n", (stream,)).fetchall()
        number_once(connection, shut)
        assert order_of(connection, stream) == [1, 2, 3, 4, 5]
        number_once(connection)
        assert order_of(connection, stream) == [1, 2, 3, 4, 5, 6]
        assert list(ledger.verify(connection, "approval")) == []
        assert [version for (version,) in apart] != [1, 2, 3, 4, 5, 6], "lanes apart would have kept the order too"


@pytest.mark.parametrize(("guard", "order"), [(BEHIND_NO_LIVE_ONE, [1, 2]), ("", [2, 1])])
def test_a_live_event_and_a_bulk_one_behind_it_keep_their_order_when_both_come_while_the_sequencer_looks(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, guard: str, order: list[int]
) -> None:
    """Found by simulation: the live lane was read before they were committed, the bulk lane after. Unguarded, it is so
    still."""
    stream = uuid4()
    monkeypatch.setattr(sequencer, "BEHIND_NO_LIVE_ONE", guard)
    url = databases.approval_url
    with connect(url, application="test") as connection, connect(url, application="test") as desk:

        def both_come(head: int) -> int:
            store.append(desk, "approval", [noted(stream, 1)], lane=Lane.LIVE)
            store.append(desk, "approval", [noted(stream, 2)], lane=Lane.BULK)
            return 10

        number_once(connection, both_come)
        while number_once(connection):
            pass
        assert order_of(connection, stream) == order


def until_its_session_ended(desk: psycopg.Connection) -> None:
    """Wait for whoever else was connected: what a session looked at is counted when it ends."""
    for _ in range(1000):
        others = (
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        if desk.execute(others).fetchone() is None:
            return
        threading.Event().wait(0.01)
    raise AssertionError("the sequencer's session has not ended")


LONG_FILE = 4_000
QUIET_ROUNDS = 15
"""After so many of them the driver and the server have planned each statement for good."""


JOINED = f"{SELECT_OUTBOX} JOIN unnest(%s::uuid[]) AS live (of_stream) ON stream = of_stream"
MOVED_BY_JOIN = MOVE.replace("lane IN (0, 1) AND id = ANY(%s::bigint[])", "id IN (SELECT unnest(%s::bigint[]))")


@pytest.mark.parametrize(
    ("name", "variant", "walks"),
    [
        ("OF_STREAMS", OF_STREAMS, False),
        ("BY_INDEX", "SELECT 1", True),
        ("OF_STREAMS", OF_STREAMS + f" AND lane = {Lane.BULK:d}", True),
        ("OF_STREAMS", JOINED, True),
        ("MOVE", MOVED_BY_JOIN, True),
    ],
    ids=["as it is", "any way", "the lane asked for too", "streams joined", "moved by a join"],
)
def test_a_long_file_is_not_read_through_for_each_handful_that_is_numbered(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, name: str, variant: str, walks: bool
) -> None:
    """A site is quiet for days, the server finds the outbox empty, and then a file comes: a decision beside it waited
    two seconds for its number."""
    monkeypatch.setattr(sequencer, name, variant)
    url, stop, rounds = databases.approval_url, threading.Event(), iter(range(1, 1000))
    with connect(url, application="test") as desk:
        desk.execute("VACUUM (ANALYZE) outbox")

        def a_round(head: int) -> int:
            """Each round somebody decides; after the quiet ones a file is in, of which a hundred at a time may pass."""
            now = next(rounds)
            if now == QUIET_ROUNDS:
                store.append(desk, "approval", [noted(uuid4()) for _ in range(LONG_FILE)], lane=Lane.BULK)
            store.append(desk, "approval", [noted(uuid4())], lane=Lane.BULK if now % 2 else Lane.LIVE)
            if now == QUIET_ROUNDS + 10:
                stop.set()
            return 100 if now > QUIET_ROUNDS else 1

        Sequencer(url, "approval", a_round).run(stop)
        until_its_session_ended(desk)
        (looked_at,) = desk.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'outbox'"
        ).fetchone() or (0,)
    assert (looked_at > 2 * LONG_FILE) is walks, f"{looked_at} rows were looked at"

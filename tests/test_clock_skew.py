"""Two databases have two clocks. However far apart they are, lag is told by one, and silence is told from quiet.

The other side's clock is set by what it announces; ours by moving what was noted by it.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from events.database import connect
from events.log import Announcement, Log
from events.log.embedded import EmbeddedLog
from events.log.kafka import KafkaLog
from projections.following import beat
from projections.hearing import Hearing, hear
from projections.lag import Lag, Stage, Status, measure
from projections.sampling import Sampler
from services.broker import Broker
from services.metrics import StateCollector
from services.scraping import SideState
from services.watching import show_lag
from tests.conftest import Databases
from tests.invented import decision
from tests.linkage import Linkage

HOUR, DAYS = timedelta(hours=1), timedelta(days=3)
CLOCKS = (HOUR, -HOUR, DAYS, -DAYS)
_numbers = itertools.count(1)


@dataclass
class Source:
    """Another side whose clock is off by ``clock``, as a worker of ours hears it."""

    log: Log
    here: psycopg.Connection
    clock: timedelta = timedelta()

    def announces(self, *, waiting_for: float | None = None, made: float = 0.0) -> None:
        """``waiting_for``: the age of an event in its outbox; ``made``: how long ago. In true seconds."""
        now = datetime.now(UTC) + self.clock - timedelta(seconds=made)
        oldest = None if waiting_for is None else now - timedelta(seconds=waiting_for)
        self.log.announce(Announcement(self.log.source, now, int(oldest is not None), oldest, 0, None))

    def is_heard(self, times: int = 2) -> None:
        for _ in range(times):
            self.announces()
            hear(self.here, self.log)

    def lag(self) -> Lag:
        beat(self.here, "projection:intake", "test")
        return measure(self.here, self.log, "intake")

    def ours_moves(self, seconds: float) -> None:
        """What was noted by our clock was noted so much earlier (negative: later)."""
        self.here.execute(
            "UPDATE heard SET heard_at = heard_at - make_interval(secs => %(s)s), "
            "looked_at = looked_at - make_interval(secs => %(s)s)",
            {"s": seconds},
        )

    def minutes_pass(self, minutes: int) -> None:
        """Nobody looks meanwhile."""
        self.ours_moves(minutes * 60)
        self.here.execute("UPDATE heard SET announced_at = announced_at - make_interval(mins => %s)", (minutes,))


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def source(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Source]:
    if request.param == "embedded":
        log: Log = EmbeddedLog(databases.approval_url, "approval")
    else:
        broker: Broker = request.getfixturevalue("kafka_broker")
        log = KafkaLog(broker.bootstrap, f"approval-of-its-own-time-{next(_numbers)}")
    with connect(databases.supervision_url, application="test") as here:
        yield Source(log, here)
    log.close()


@pytest.fixture
def approval(databases: Databases) -> Iterator[Source]:
    log = EmbeddedLog(databases.approval_url, "approval")
    with connect(databases.supervision_url, application="test") as here:
        yield Source(log, here)
    log.close()


def seen_by_the_stamp_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break it on purpose: the source's stamps are read as if its clock were ours."""

    def believed(_: object, __: str, said: Announcement | None, now: datetime) -> Hearing:
        return Hearing((now - said.announced_at).total_seconds() if said else None, None)

    monkeypatch.setattr("projections.lag.heard", believed)


def counting_whatever_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break it on purpose: any announcement counts, however long nobody had looked, and however far it is off."""
    monkeypatch.setattr("projections.hearing.LOOKED_WITHIN_SECONDS", 1e9)


def test_a_waiting_event_is_as_old_as_it_is_however_far_off_the_clock_of_its_side_is(source: Source) -> None:
    for clock in CLOCKS:
        source.clock = clock
        source.is_heard(3)
        source.announces(waiting_for=12)
        waits = source.lag()
        assert waits.source_clock_skew == pytest.approx(clock.total_seconds(), abs=2)
        assert waits.seconds == pytest.approx(12, abs=2)
        assert (waits.stage, waits.status) == (Stage.OUTBOX, Status.BEHIND)
        source.announces()
        assert (source.lag().status, source.lag().seconds) == (Status.LEVEL, 0.0)


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_believing_its_stamps_shows_lag_that_is_none_or_silence_where_somebody_speaks(
    monkeypatch: pytest.MonkeyPatch, approval: Source, clock: timedelta
) -> None:
    seen_by_the_stamp_alone(monkeypatch)
    approval.clock = clock
    approval.is_heard(3)
    approval.announces(waiting_for=12)
    wrong = approval.lag()
    assert wrong.seconds == 0.0 or wrong.status is Status.SILENT


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_an_event_in_the_ledger_is_as_old_as_it_is(linkage: Linkage, approval: Source, clock: timedelta) -> None:
    approval.clock = clock
    linkage.submit(decision())
    linkage.number()
    linkage.rows("UPDATE ledger SET recorded_at = recorded_at + %s RETURNING 1", clock, side="approval")
    approval.is_heard(3)
    waits = approval.lag()
    assert 0 < waits.seconds < 10
    assert waits.stage is Stage.LOG


def test_who_stops_speaking_is_silent_after_half_a_minute_though_its_stamps_lie_ahead(source: Source) -> None:
    source.clock = DAYS
    source.is_heard()
    assert source.lag().status is Status.LEVEL
    source.ours_moves(31)
    assert source.lag().status is Status.SILENT
    source.is_heard(1)
    assert source.lag().status is Status.LEVEL


def test_believing_its_stamps_never_notices_that_silence(monkeypatch: pytest.MonkeyPatch, approval: Source) -> None:
    seen_by_the_stamp_alone(monkeypatch)
    approval.clock = DAYS
    approval.is_heard()
    approval.ours_moves(31)
    assert approval.lag().status is Status.LEVEL


def found_after_six_minutes_of_not_looking(source: Source) -> Lag:
    """The source died four minutes ago: its last word is old, and its clock is right."""
    source.is_heard(3)
    source.minutes_pass(6)
    source.announces(made=4 * 60)
    for _ in range(3):
        hear(source.here, source.log)
    return source.lag()


def test_an_old_announcement_found_late_is_no_slow_clock(source: Source) -> None:
    assert found_after_six_minutes_of_not_looking(source).source_clock_skew == pytest.approx(0, abs=2)


def test_counting_it_would_show_a_slow_clock(monkeypatch: pytest.MonkeyPatch, approval: Source) -> None:
    counting_whatever_is_found(monkeypatch)
    assert found_after_six_minutes_of_not_looking(approval).source_clock_skew == pytest.approx(-4 * 60, abs=2)


def test_the_first_announcement_of_all_says_nothing_of_a_clock(approval: Source) -> None:
    approval.announces(made=50 * 60)
    for _ in range(3):
        hear(approval.here, approval.log)
    assert approval.lag().source_clock_skew is None


def after_the_clock_was_set_right(source: Source) -> Lag:
    source.clock = HOUR
    source.is_heard(5)
    source.clock = timedelta()
    source.is_heard(1)
    source.announces(waiting_for=12)
    return source.lag()


def test_a_clock_that_was_set_right_is_believed_at_once(source: Source) -> None:
    right = after_the_clock_was_set_right(source)
    assert right.source_clock_skew == pytest.approx(0, abs=2)
    assert right.seconds == pytest.approx(12, abs=2)


def test_the_least_difference_of_five_minutes_would_be_the_wrong_clock_for_as_long(
    monkeypatch: pytest.MonkeyPatch, approval: Source
) -> None:
    counting_whatever_is_found(monkeypatch)
    assert after_the_clock_was_set_right(approval).source_clock_skew == pytest.approx(3600, abs=2)


@pytest.mark.parametrize("hours", [1, -1])
def test_our_own_clock_may_be_set_too(approval: Source, hours: int) -> None:
    approval.is_heard(5)
    approval.ours_moves(-3600 * hours)
    approval.is_heard(3)
    assert approval.lag().source_clock_skew == pytest.approx(0, abs=2)


def test_after_our_clock_went_back_no_worker_spoke_in_the_time_to_come(approval: Source) -> None:
    approval.is_heard()
    beat(approval.here, "projection:intake", "test")
    approval.here.execute("UPDATE heartbeats SET beat_at = beat_at + interval '10 minutes'")
    assert measure(approval.here, approval.log, "intake").heartbeat_age == 0.0
    # Negative control: by the stamp alone it speaks in ten minutes.
    ((by_the_stamp,),) = approval.here.execute(
        "SELECT extract(epoch FROM clock_timestamp() - beat_at)::float8 FROM heartbeats"
    ).fetchall()
    assert by_the_stamp == pytest.approx(-600, abs=10)


def test_the_quickest_announcement_of_five_minutes_measures_the_clock(approval: Source) -> None:
    for made in (20, 4, 0, 9, 15):
        approval.announces(made=made)
        hear(approval.here, approval.log)
    assert approval.lag().source_clock_skew == pytest.approx(0, abs=2)


def test_who_only_looks_notes_nothing_and_takes_a_new_announcement_as_heard_now(approval: Source) -> None:
    approval.clock = -DAYS
    approval.announces()
    assert approval.lag().status is Status.LEVEL
    assert approval.here.execute("SELECT count(*) FROM heard").fetchall() == [(0,)]


def test_what_was_heard_is_not_kept_for_ever(approval: Source) -> None:
    approval.is_heard(3)
    approval.minutes_pass(60)
    approval.is_heard(3)
    assert approval.here.execute("SELECT count(*) FROM heard").fetchall() == [(3,)]


def noted_within_half_a_minute(linkage: Linkage) -> bool:
    for _ in range(300):
        if linkage.rows("SELECT 1 FROM heard WHERE source = 'approval'"):
            return True
        threading.Event().wait(0.1)
    return False


def test_beside_every_worker_it_is_noted_what_is_heard_and_how_far_behind_the_list_is(
    linkage: Linkage, approval: Source
) -> None:
    approval.announces()
    stop = threading.Event()
    sampler = Sampler(linkage.supervision_url, "intake", lambda: EmbeddedLog(linkage.approval_url, "approval"))
    thread = threading.Thread(target=sampler.run, args=(stop,))
    thread.start()
    try:
        assert noted_within_half_a_minute(linkage)
    finally:
        stop.set()
        thread.join(10)
    assert linkage.rows("SELECT DISTINCT projection FROM lag_samples") == [("intake",)]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, databases: Databases) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", databases.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", databases.supervision_url)
    monkeypatch.setattr("services.looking.open_journal", lambda *_, **__: None)  # it would last beyond the test


def printed(capsys: pytest.CaptureFixture[str], *, as_json: bool = False) -> str:
    with pytest.raises(BaseException, match="1"):  # nothing else runs there: 失联
        show_lag(as_json)
    return capsys.readouterr().out


@pytest.mark.usefixtures("site")
def test_lag_is_watched_until_the_operator_has_seen_enough(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("services.watching.time.sleep", wait)
    with pytest.raises(BaseException, match="1"):
        show_lag(True, watch=True, every=0.5)
    looks = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(look) for look in looks] == [2, 2, 2]
    assert waits == [0.5] * 3


@pytest.mark.usefixtures("site")
def test_the_operator_is_told_of_clocks_that_differ_by_more_than_a_second(
    approval: Source, capsys: pytest.CaptureFixture[str]
) -> None:
    approval.is_heard()
    assert "时钟" not in printed(capsys)
    assert '"source_clock_skew": ' in printed(capsys, as_json=True)
    approval.clock = -DAYS
    approval.is_heard()
    assert "来源 approval 的时钟比清单 intake 的数据库慢 2592" in "".join(printed(capsys).split("\n"))


def test_prometheus_is_told_how_far_ahead_the_source_is_and_nothing_while_unknown(
    linkage: Linkage, approval: Source
) -> None:
    def scraped() -> str:
        side = SideState(linkage.supervision, "supervision", "intake", lambda: EmbeddedLog(approval_url, "approval"))
        registry = CollectorRegistry()
        registry.register(StateCollector(side.store, side.projections))
        return generate_latest(registry).decode()

    approval_url = linkage.approval_url
    assert 'linkage_source_clock_skew_seconds{source="approval"}' not in scraped()
    approval.clock = HOUR
    approval.is_heard()
    (told,) = (line for line in scraped().splitlines() if line.startswith("linkage_source_clock_skew_seconds{"))
    assert float(told.split()[-1]) == pytest.approx(3600, abs=2)

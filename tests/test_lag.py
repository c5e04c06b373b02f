"""Lag as an operator must be able to trust it: measured from end to end, 0 when level, never absent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from events.announcing import survey
from events.database import connect, raw
from events.log.embedded import EmbeddedLog
from projections.following import beat
from projections.lag import Lag, Stage, Status, measure, sample
from services.approval.decision import Kind
from tests.invented import decision, duty
from tests.linkage import Linkage


def announce(linkage: Linkage) -> None:
    own = EmbeddedLog(linkage.approval_url, "approval")
    with connect(linkage.approval_url, application="test") as connection:
        own.announce(survey(connection, "approval", {}))
    own.close()


def lag(linkage: Linkage, *, alive: bool = True) -> Lag:
    announce(linkage)
    with connect(linkage.supervision_url, application="test") as connection:
        if alive:
            beat(connection, "projection:intake", "test")
        return measure(connection, linkage.log, "intake")


def back_date(linkage: Linkage, table: str, seconds: float, side: str = "approval") -> None:
    """Make what waits look as if it had been recorded earlier, instead of sleeping."""
    engine = linkage.approval if side == "approval" else linkage.supervision
    with engine.begin() as transaction:
        raw(transaction).execute(
            f"UPDATE {table} SET recorded_at = recorded_at - make_interval(secs => %s)".encode(), (seconds,)
        )


def test_a_quiet_system_has_a_lag_of_zero_and_says_so(linkage: Linkage) -> None:
    linkage.intake()
    quiet = lag(linkage)
    assert (quiet.status, quiet.seconds, quiet.events, quiet.stage) == (Status.LEVEL, 0.0, 0, Stage.NOWHERE)


def test_an_event_that_waits_in_the_outbox_counts_from_when_it_was_recorded(linkage: Linkage) -> None:
    linkage.intake()
    linkage.submit(decision())
    back_date(linkage, "outbox", 12)
    waiting = lag(linkage)
    assert waiting.seconds == pytest.approx(12, abs=1)
    assert (waiting.stage, waiting.events, waiting.behind) == (Stage.OUTBOX, 1, True)


def test_a_count_that_is_kept_for_a_while_does_not_outlive_what_it_counted(linkage: Linkage) -> None:
    """Of a long file it is counted once a second how much waits."""
    with connect(linkage.approval_url, application="test") as connection:
        assert survey(connection, "approval", {}, 12_000).outbox_pending == 0
        linkage.submit(decision())
        assert survey(connection, "approval", {}, 12_000).outbox_pending == 12_000
        assert survey(connection, "approval", {}).outbox_pending == 1


def test_a_projector_that_stands_still_while_there_is_work_is_stalled_though_nothing_new_arrives(
    linkage: Linkage,
) -> None:
    linkage.intake()
    linkage.submit(decision())
    linkage.number()
    back_date(linkage, "ledger", 45)
    assert lag(linkage).status is Status.STALLED
    assert lag(linkage).stage is Stage.LOG


def test_a_worker_that_no_longer_speaks_is_silent_not_level(linkage: Linkage) -> None:
    linkage.intake()
    assert lag(linkage, alive=False).status is Status.SILENT


def test_a_projector_that_stopped_is_told_within_a_minute_though_nothing_new_arrives(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after(seconds: float) -> Status:
        """The status so long after the projector said something last."""
        linkage.rows("UPDATE heartbeats SET beat_at = now() - make_interval(secs => %s) RETURNING 1", seconds)
        return lag(linkage, alive=False).status

    linkage.intake()
    lag(linkage)
    assert [after(seconds) for seconds in (5, 25, 35, 60)] == [Status.LEVEL, Status.LEVEL, *[Status.SILENT] * 2]
    linkage.submit(decision())
    linkage.number()
    back_date(linkage, "ledger", 35)
    assert (after(5), after(60)) == (Status.STALLED, Status.SILENT)
    linkage.apply()
    monkeypatch.setattr("projections.lag.SILENT_SECONDS", 1e9)  # who only counts what waits calls a dead one level
    assert after(60) is Status.LEVEL


def test_a_source_that_never_announced_itself_is_silent_not_level(linkage: Linkage) -> None:
    linkage.intake()
    with connect(linkage.supervision_url, application="test") as connection:
        beat(connection, "projection:intake", "test")
        assert measure(connection, linkage.log, "intake").status is Status.SILENT


def test_a_parked_event_is_not_visible_and_counts_as_lag(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.submit(decision())
    linkage.number()
    linkage.rows("UPDATE ledger SET type = 'permit_of_the_future' RETURNING 1", side="approval")
    linkage.apply()
    back_date(linkage, "parked_records", 20, side="supervision")
    parked = lag(linkage)
    assert (parked.stage, parked.parked_streams, parked.parked_events) == (Stage.PARKED, 1, 1)
    assert parked.seconds == pytest.approx(20, abs=1)


def test_a_lag_that_is_flat_is_behind_and_one_that_falls_is_catching_up(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.submit(decision())
    linkage.number()
    back_date(linkage, "ledger", 20)
    before = lag(linkage)
    with connect(linkage.supervision_url, application="test") as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=2)
        connection.execute(
            "INSERT INTO lag_samples (projection, at, seconds, events) VALUES ('intake', %s, 90, 100)", (earlier,)
        )
        assert (before.trend, before.status) == ("→", Status.BEHIND)
        falling = measure(connection, linkage.log, "intake")
        assert (falling.trend, falling.status) == ("↓", Status.CATCHING_UP)
        sample(connection, falling)
    linkage.apply()
    assert lag(linkage).seconds == 0.0


def test_a_decision_applied_is_no_lag_any_more(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(), decision(Kind.SURRENDER))
    assert lag(linkage).events == 0

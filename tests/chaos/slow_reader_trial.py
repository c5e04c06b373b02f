"""A reader slower than what comes: the lag that is said is the true one, and says so in time."""

from __future__ import annotations

import time
from uuid import UUID

import psutil

from events.announcing import survey
from events.database import connect
from events.log.embedded import EmbeddedLog
from projections.following import beat
from projections.lag import WARNING_SECONDS, Lag, Status, measure, sample
from tests.chaos.trial import Trial
from tests.invented import decision, duty
from tests.linkage import Linkage

AT_ONCE = 100
TRUE_SECONDS = 1.0
SAID_SECONDS = 30.0
FLAT_MEGABYTES = 50.0
BEHIND = (Status.BEHIND, Status.CATCHING_UP, Status.STALLED)


def slow_reader(trial: Trial) -> None:
    """A backlog waits, and the reader applies one event a second: what is said of it is held against the truth."""
    with trial.linkage() as linkage:
        linkage.duties(duty())
        waiting = _hand_in(trial, linkage)
        trial.events = len(waiting)
        trial.attacks["applied at one a second"] = 0
        began = time.monotonic()
        said_after: float | None = None
        wrong: list[float] = []
        held: list[float] = []
        while time.monotonic() - began < trial.profile.watched_seconds:
            second = time.monotonic()
            for permit in _apply_one(linkage):
                waiting.pop(permit)
                trial.attacks["applied at one a second"] += 1
            lag, truth = _measured(linkage, waiting)
            wrong.append(abs(lag.seconds - truth))
            held.append(psutil.Process().memory_info().rss / 2**20)
            if said_after is None and lag.status in BEHIND:
                said_after = time.monotonic() - min(waiting.values())
            time.sleep(max(0.0, 1.0 - (time.monotonic() - second)))
        if said_after is not None:
            trial.level.append(said_after)
        trial.expect(max(wrong) <= TRUE_SECONDS, "lag", f"the lag that was said is {max(wrong):.2f} s off")
        trial.expect(said_after is not None and said_after <= SAID_SECONDS, "lag", f"said after {said_after} s")
        grown = max(held) - min(held[: len(held) // 4] or held)
        trial.expect(grown <= FLAT_MEGABYTES, "memory", f"the reader holds {grown:.0f} MB more")
        trial.notes.append(f"off by {max(wrong):.2f} s at most; memory grew {grown:.0f} MB")
        trial.controlled(_by_the_last_one_read(linkage), "s of lag unseen by who looks at the last event read")


def _hand_in(trial: Trial, linkage: Linkage) -> dict[UUID, float]:
    """Hand the backlog in, and note when each decision was acknowledged (monotonic)."""
    waiting: dict[UUID, float] = {}
    for begin in range(0, trial.profile.backlog, AT_ONCE):
        outcomes = linkage.submit(*(decision(permit_number=f"N{n}") for n in range(begin, begin + AT_ONCE)))
        waiting |= {UUID(outcome.answer()["permit"]): time.monotonic() for outcome in outcomes}
    while linkage.number():
        pass
    return waiting


def _apply_one(linkage: Linkage) -> set[UUID]:
    projector = linkage.intake()
    batch = linkage.log.read(linkage.reading, 1)
    projector.receive(batch)
    linkage.reading = dict(batch.cursors)
    return {record.stream for record in batch.records}


def _measured(linkage: Linkage, waiting: dict[UUID, float]) -> tuple[Lag, float]:
    """Return what is said, and how long the oldest decision that is not listed has truly waited."""
    own = EmbeddedLog(linkage.approval_url, "approval")
    with connect(linkage.approval_url, application="chaos") as connection:
        own.announce(survey(connection, "approval", {}))
    own.close()
    with connect(linkage.supervision_url, application="chaos") as connection:
        beat(connection, "projection:intake", "chaos")
        lag = measure(connection, linkage.log, "intake")
        truth = time.monotonic() - min(waiting.values())
        sample(connection, lag)
    return lag, truth


def _by_the_last_one_read(linkage: Linkage) -> int:
    """Broken on purpose: the age of the newest event that was read says nothing of those that wait."""
    with connect(linkage.supervision_url, application="chaos") as connection:
        lag = measure(connection, linkage.log, "intake")
        row = connection.execute("SELECT extract(epoch FROM now() - max(changed_at)) FROM watch_list").fetchone()
    naive = float(row[0]) if row and row[0] is not None else 0.0
    return int(lag.seconds - naive) if lag.seconds > WARNING_SECONDS else 0

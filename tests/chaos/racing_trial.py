"""Eight writers that commit sooner or later: the reader of the ledger skips nothing, one that reads a sequence does."""

from __future__ import annotations

import random
import threading
import time
from uuid import UUID, uuid4

from events import store
from events.database import connect
from events.log.embedded import EmbeddedLog
from events.sequencer import Sequencer
from tests.chaos.trial import Trial
from tests.tally import noted

WRITERS = 8
STREAMS = 20
HESITATION = (0.0, 0.0, 0.002, 0.01)
WITHIN_SECONDS = 300.0
NAIVE = "CREATE TABLE naive (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"


def eight_writers(trial: Trial) -> None:
    """Eight writers append and commit sooner or later, while a reader follows."""
    skipped = written = 0
    for _ in range(trial.profile.races):
        with trial.ground.fresh() as pair:
            each = trial.profile.writes // WRITERS
            skipped += _race(trial, pair.approval_url, each)
            written += WRITERS * each
    trial.events = written
    trial.attacks[f"{trial.profile.writes:,} commits of {WRITERS} writers"] = trial.profile.races
    trial.controlled(skipped, f"({skipped / written:.0%}) skipped by a reader of a sequence")


def _race(trial: Trial, url: str, each: int) -> int:
    """Return how many rows the reader of a sequence skipped."""
    streams = [[uuid4() for _ in range(STREAMS)] for _ in range(WRITERS)]
    seeds = [trial.draw.randrange(10**9) for _ in range(WRITERS)]
    with connect(url, application="chaos") as connection:
        connection.execute(NAIVE)
    stop, written = threading.Event(), threading.Event()
    naive: list[int] = []
    sequencer = threading.Thread(target=Sequencer(url, "approval").run, args=(stop,))
    trusting = threading.Thread(target=_read_a_sequence, args=(url, written, naive))
    writers = [threading.Thread(target=_write, args=(url, *one, each)) for one in zip(seeds, streams, strict=True)]
    for thread in (sequencer, trusting, *writers):
        thread.start()
    wait = threading.Thread(target=_when_all_have, args=(writers, written))
    wait.start()
    positions, seen = _read_the_ledger(url, WRITERS * each)
    for thread in (wait, trusting):
        thread.join()
    stop.set()
    sequencer.join()
    trial.found("skipped", WRITERS * each - len(set(positions)), "an event was never read")
    trial.found("pushed_twice", len(positions) - len(set(positions)), "an event was read twice")
    trial.expect(positions == sorted(positions), "order", "events were not read in the order of their numbers")
    wrong = [stream for stream, versions in seen.items() if versions != sorted(versions)]
    trial.found("order", len(wrong), "a stream was not read in the order of its versions")
    return WRITERS * each - len(naive)


def _write(url: str, seed: int, streams: list[UUID], each: int) -> None:
    hesitation = random.Random(seed)
    with connect(url, application="writer") as connection:
        for number in range(each):
            with connection.transaction():
                event = noted(streams[number % len(streams)], number // len(streams) + 1)
                store.append(connection, "approval", [event])
                connection.execute("INSERT INTO naive DEFAULT VALUES")
                time.sleep(hesitation.choice(HESITATION))


def _when_all_have(writers: list[threading.Thread], written: threading.Event) -> None:
    for writer in writers:
        writer.join()
    written.set()


def _read_the_ledger(url: str, count: int) -> tuple[list[int], dict[UUID, list[int]]]:
    log = EmbeddedLog(url, "approval")
    positions: list[int] = []
    seen: dict[UUID, list[int]] = {}
    reading = log.beginning()
    deadline = time.monotonic() + WITHIN_SECONDS
    while len(positions) < count and time.monotonic() < deadline:
        batch = log.read(reading, 200, timeout=0.1)
        reading = batch.cursors
        for record in batch.records:
            positions.append(record.position)
            seen.setdefault(record.stream, []).append(record.version)
    log.close()
    return positions, seen


def _read_a_sequence(url: str, written: threading.Event, read: list[int]) -> None:
    """Broken on purpose: numbers are given when a row is written, and read above the last that was seen."""
    with connect(url, application="trusting") as connection:
        last, more = 0, True
        while more:
            more = not written.is_set()
            rows = connection.execute("SELECT id FROM naive WHERE id > %s ORDER BY id", (last,)).fetchall()
            read += [number for (number,) in rows]
            last = max((number for (number,) in rows), default=last)
            time.sleep(0.002)

"""Does one bureau's long file delay another's single decision?

The file's decisions are recorded in the bulk lane, a thousand in a transaction as an import does, as fast as the
database takes them: an import, which also reads and checks its rows, is slower. Meanwhile another bureau decides five
times a second. Sequencer and worker are processes of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench import backlog, city
from bench.figure import Figure, percentile
from bench.ground import Ground, Pair
from bench.journey import Journey, legs, passed_at
from bench.parts import Followed, Passed, announcing, numbering, relaying, routing
from bench.processes import Running, at_work
from events.database import connect
from events.envelope import NewEvent
from events.log.opening import EMBEDDED, is_embedded
from events.store import Lane, append

AT_ONCE = 1_000
EVERY_SECONDS = 0.2
ALONE_SECONDS = 20.0
LISTED_WITHIN_SECONDS = 30.0
MOST_MILLISECONDS = 2_000.0
FILE_SEED, DESK_SEED = 11, 12


def measure(ground: Ground) -> Iterator[Figure]:
    """Through each log: the desk's decisions without a file, and while one of ``ground.rows`` rows comes in."""
    rows = ground.rows // 50 if ground.quick else ground.rows
    for log in ("embedded", "Kafka"):
        log_url = EMBEDDED if log == "embedded" else ground.renewed_broker().url
        with ground.fresh() as pair:
            backlog.assign_duties(pair)
            ground.checkpoint()
            yield from _measured(ground, pair, log, log_url, rows)


def _measured(ground: Ground, pair: Pair, log: str, log_url: str, rows: int) -> Iterator[Figure]:
    alone_seconds = 4.0 if ground.quick else ALONE_SECONDS
    with ExitStack() as site:
        sequencer = site.enter_context(at_work(numbering, pair, log_url))
        site.enter_context(at_work(announcing, pair, log_url))
        relay = None if is_embedded(log_url) else site.enter_context(at_work(relaying, pair, log_url))
        worker = site.enter_context(at_work(routing, pair, log_url))
        worker.until_logged("worker_follows" if is_embedded(log_url) else "follower_holds", 60)
        desk = _Desk(pair)
        desk.decide(until=time.monotonic() + alone_seconds)
        began, before = time.time(), worker.applied
        importing = threading.Thread(target=_import, args=(pair, rows), daemon=True)
        importing.start()
        most = desk.decide(while_=importing, beside=sequencer)
        ended, applied = time.time(), worker.applied - before
        time.sleep(LISTED_WITHIN_SECONDS if not ground.quick else 5)
        followed: Followed = worker.result()
        journeys = desk.journeys(followed, sequencer.result(), relay.result() if relay else None)
    waits = desk.waits(followed)
    alone = [wait for recorded, wait in waits if recorded < began]
    beside = [wait for recorded, wait in waits if recorded >= began]
    missing = desk.decided - len({recorded for recorded, _ in waits})
    seconds = ended - began
    recorded, listed = rows / seconds, applied / seconds
    note = f"{len(beside)} decisions in {seconds:.0f} s; recorded {recorded:,.0f}/s, listed {listed:,.0f}/s"
    if missing:
        note += f"; {missing} not listed within {LISTED_WITHIN_SECONDS:.0f} s"
    yield Figure(f"single decision → list, {log}, without a file, p99", percentile(alone, 0.99), "ms")
    yield Figure(f"single decision → list, {log}, beside {rows:,} rows, p99", percentile(beside, 0.99), "ms", note=note)
    worst = float("inf") if missing else max(beside)
    yield Figure(f"single decision → list, {log}, beside {rows:,} rows, worst", worst, "ms", MOST_MILLISECONDS)
    yield from legs([journey for journey in journeys if journey.recorded >= began], log)
    yield Figure(f"memory of the sequencer meanwhile, {log}", most, "MB", 250.0)


def _import(pair: Pair, rows: int) -> None:
    with connect(pair.approval_url, application="bench") as connection:
        chunk: list[NewEvent] = []
        for event in city.decisions(rows, seed=FILE_SEED, following=0):
            chunk.append(event)
            if len(chunk) == AT_ONCE:
                append(connection, "approval", chunk, lane=Lane.BULK)
                chunk = []


class _Desk:
    """A bureau that decides one by one, and remembers when each was recorded."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.recorded: set[float] = set()
        covered = (e for e in city.decisions(10**9, seed=DESK_SEED, following=0) if city.UNCOVERED not in str(e.data))
        self._decisions = covered

    @property
    def decided(self) -> int:
        return len(self.recorded)

    def decide(
        self, *, until: float = 0.0, while_: threading.Thread | None = None, beside: Running | None = None
    ) -> float:
        """Decide until then, or while a file comes in; return the most megabytes that ``beside`` held."""
        most = 0.0
        with connect(self.pair.approval_url, application="bench-desk") as connection:
            while while_.is_alive() if while_ else time.monotonic() < until:
                at = append(connection, "approval", [next(self._decisions)])
                self.recorded.add(at.timestamp())
                most = max(most, beside.memory() if beside else 0.0)
                time.sleep(EVERY_SECONDS)
        return most

    def journeys(self, followed: Followed, numbered: Passed, published: Passed | None) -> list[Journey]:
        """Return where each listed decision of this desk was when."""
        with connect(self.pair.approval_url, application="bench") as connection:
            rows = connection.execute("SELECT recorded_at, position FROM ledger WHERE lane = %s", (int(Lane.LIVE),))
            numbers = {at.timestamp(): position for at, position in rows}
        return [
            Journey(
                recorded,
                passed_at(numbered, numbers[recorded]),
                passed_at(published, numbers[recorded]) if published is not None else None,
                followed.began[listed],
                listed,
            )
            for recorded, listed in self._listed(followed).items()
        ]

    def waits(self, followed: Followed) -> list[tuple[float, float]]:
        """Return (recorded, milliseconds until it was in its last list) of each decision of this desk that is listed.

        A decision is known by the microsecond of its record: no chunk of the file has the same.
        """
        last = self._listed(followed)
        return [(recorded, (visible - recorded) * 1000) for recorded, visible in sorted(last.items())]

    def _listed(self, followed: Followed) -> dict[float, float]:
        last: dict[float, float] = {}
        for recorded, visible in followed.visible:
            if recorded in self.recorded:
                last[recorded] = max(visible, last.get(recorded, 0.0))
        return last

"""The linkage's parts as a real site has them, with what a measurement wants to know of them. Each is made to be run by
``bench.processes``."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bench.ground import Pair
from bench.processes import APPLIED
from events import ledger
from events.announcing import Announcer
from events.database import open_engine
from events.envelope import Record
from events.log import Log, Publisher
from events.log.opening import EMBEDDED, follow_log, is_embedded, open_log, open_publisher
from events.relay import Relay
from events.sequencer import Sequencer
from projections.following import Worker
from projections.leased_reader import LeasedReader
from projections.projection import Outcome, Projection
from services.approval.reactions import reactions as hear_supervision
from services.checkpoints.leading import Checkpointing
from services.checkpoints.opening import key_of
from services.migrating import Side
from services.settings import read_settings
from services.supervision.reactions import reactions as hear_approval

Passed = list[tuple[float, int]]
"""When a part had passed which number, in seconds since 1970."""

log = structlog.get_logger()


def numbering(stop: threading.Event, pair: Pair, log_url: str) -> Passed:
    """Approval's sequencer and announcer in one process, as ``linkage run sequencer`` has them."""
    passed: Passed = []
    announcer = Announcer(
        pair.approval_url, "approval", lambda: approval_log(pair, log_url), lambda: supervision_log(pair, log_url)
    )
    speaking = threading.Thread(target=announcer.run, args=(stop,))
    speaking.start()
    Sequencer(
        pair.approval_url,
        "approval",
        announcer.bulk_room,
        announcer.known_head,
        lambda connection, _: passed.append((time.time(), ledger.head(connection).position)),
    ).run(stop)
    speaking.join()
    return passed


def announcing(stop: threading.Event, pair: Pair, log_url: str) -> None:
    """What supervision says of itself: how far its lists are, by which approval's sequencer admits files."""
    Announcer(
        pair.supervision_url, "supervision", lambda: supervision_log(pair, log_url), lambda: approval_log(pair, log_url)
    ).run(stop)


def numbering_alone(stop: threading.Event, pair: Pair) -> None:
    Sequencer(pair.approval_url, "approval").run(stop)


def numbering_and_signing(stop: threading.Event, pair: Pair) -> None:
    """The sequencer, and beside it in the same process who keeps the tree and signs it, as ``linkage run sequencer``
    has them."""
    signing = threading.Thread(target=signing_checkpoints, args=(stop, pair, "approval"))
    signing.start()
    Sequencer(pair.approval_url, "approval").run(stop)
    signing.join()


def signing_checkpoints(stop: threading.Event, pair: Pair, side: Side) -> None:
    """Keep the tree over a side's ledger, and sign it with a key that is drawn for it."""
    url, other = (pair.approval_url, supervision_log) if side == "approval" else (pair.supervision_url, approval_log)
    with TemporaryDirectory() as folder:
        open_key = key_of(side, read_settings(data=Path(folder)))
        Checkpointing(url, side, open_key, lambda: other(pair)).run(stop)


def relaying(stop: threading.Event, pair: Pair, log_url: str) -> Passed:
    passed: Passed = []
    Relay(
        pair.approval_url,
        "approval",
        lambda: _Noting(open_publisher(log_url, "approval"), passed),
        lambda: supervision_log(pair, log_url),
    ).run(stop)
    return passed


class _Noting:
    """A publisher of which is noted when each batch was durable."""

    def __init__(self, publisher: Publisher, passed: Passed) -> None:
        self._publisher = publisher
        self._passed = passed
        self.identity, self.head, self.close = publisher.identity, publisher.head, publisher.close

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        cursors = self._publisher.publish(records)
        self._passed.append((time.time(), records[-1].position))
        return cursors


@dataclass
class Followed:
    """What a worker did: records applied by each committed batch, and when; and (recorded, visible) of each list row.

    Seconds since 1970. Visible is when the commit had returned. Both clocks are this machine's, as the database's is.
    """

    batches: list[tuple[float, int]] = field(default_factory=list)
    visible: list[tuple[float, float]] = field(default_factory=list)
    began: dict[float, float] = field(default_factory=dict)
    """When each batch was begun, by when it was committed."""

    @property
    def applied(self) -> int:
        return sum(count for _, count in self.batches)

    def per_second(self) -> float:
        """The rate from the first batch on: what a start costs is paid once."""
        (began, first), (ended, _) = self.batches[0], self.batches[-1]
        return (self.applied - first) / (ended - began)


def routing(stop: threading.Event, pair: Pair, log_url: str) -> Followed:
    """The supervision side's worker, as ``linkage run projector`` has it: decisions become pushes and lists."""
    intake = hear_approval("审改办", lambda: datetime.now(UTC))
    return _follow(stop, pair.supervision_url, intake, Origin("approval", pair.approval_url, log_url))


def telling(stop: threading.Event, pair: Pair, log_url: str) -> Followed:
    """The approval side's: pushes become who was told."""
    origin = Origin("supervision", pair.supervision_url, log_url)
    return _follow(stop, pair.approval_url, hear_supervision(lambda: datetime.now(UTC)), origin)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a worker follows: a side, the database of its ledger, and the log that the site has."""

    source: str
    ledger_url: str
    log_url: str


def _follow(stop: threading.Event, url: str, projection: Projection, origin: Origin) -> Followed:
    followed = Followed()

    def observe(outcome: Outcome) -> None:
        now = time.time()
        if applied := outcome.counts["applied"]:
            followed.batches.append((now, applied))
            followed.began[now] = now - (outcome.seconds or 0.0)
            followed.visible.extend((recorded_at.timestamp(), now) for _, recorded_at in outcome.visible)
            log.info(APPLIED, count=applied)

    engine = open_engine(url, application=f"bench-{projection.name}")
    if is_embedded(origin.log_url):
        source = partial(open_log, origin.log_url, origin.source, origin.ledger_url)
        Worker(url, engine, projection, source, observe).run(stop)
    else:
        with closing(LeasedReader(url, engine, projection, observe)) as reader:
            follow_log(origin.log_url, origin.source, f"linkage.{projection.name}", reader, stop)
    engine.dispose()
    return followed


def approval_log(pair: Pair, log_url: str = EMBEDDED) -> Log:
    return open_log(log_url, "approval", pair.approval_url)


def supervision_log(pair: Pair, log_url: str = EMBEDDED) -> Log:
    return open_log(log_url, "supervision", pair.supervision_url)

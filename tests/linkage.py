"""A whole linkage for a test: desk, sequencers, intake and lists over two fresh databases, driven step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events import bookmark
from events.bookmark import Lease
from events.database import connect, open_engine, raw
from events.log import Batch, Log
from events.log.embedded import EmbeddedLog
from events.sequencer import number_once
from events.store import Lane
from events.supervision import DutyAssigned
from projections.projection import Outcome as Applied
from projections.projector import Projector
from services.access.rows import open_web_engine
from services.access.web_role import web_url
from services.approval.decision import Decision
from services.approval.handling import Desk
from services.approval.outcome import Outcome, Submission
from services.approval.reactions import reactions as hear_supervision
from services.migrating import Side
from services.supervision.duty_register import Taken, take_duties
from services.supervision.overseeing import Asked, OversightDesk
from services.supervision.oversight_commands import Command
from services.supervision.reactions import reactions as hear_approval
from tests.invented import DEPARTMENTS, TODAY

MASTER = bytes(range(32))


@dataclass
class Linkage:
    """Both sides. Nothing runs in the background: a test says when something is numbered and when it is applied.

    ``log`` is read by supervision, ``back`` by approval. ``carried`` returns once what a side has numbered is in its
    log: at once, where the ledger itself is read.
    """

    approval: Engine
    supervision: Engine
    approval_url: str
    supervision_url: str
    log: Log
    back: Log
    carried: Callable[[psycopg.Connection], None] = lambda _: None
    today: date = TODAY
    lease: Lease | None = None
    reading: dict[int, int] = field(default_factory=dict)
    webs: dict[Side, Engine] = field(default_factory=dict)

    @property
    def supervision_web(self) -> Engine:
        """The supervision database as its web service opens it: by the role that owns nothing."""
        return self._web("supervision", self.supervision_url)

    @property
    def approval_web(self) -> Engine:
        """The approval database as its web service opens it."""
        return self._web("approval", self.approval_url)

    def _web(self, side: Side, url: str) -> Engine:
        if side not in self.webs:
            self.webs[side] = open_web_engine(web_url(url, side), application="test-web")
        return self.webs[side]

    @property
    def desk(self) -> Desk:
        return Desk(self.approval, MASTER, lambda: self.today)

    @property
    def web_desk(self) -> Desk:
        """The desk as the web service has it."""
        return Desk(self.approval_web, MASTER, lambda: self.today)

    def now(self) -> datetime:
        return datetime.combine(self.today, time(4), UTC)

    def submit(self, *decisions: Decision, lane: Lane = Lane.LIVE) -> list[Outcome]:
        return self.desk.handle([Submission(d) for d in decisions], lane=lane)

    def publish(self, *decisions: Decision) -> list[Outcome]:
        """Submit, number and apply: what a decision does in real life within a moment."""
        outcomes = self.submit(*decisions)
        self.number()
        self.apply()
        return outcomes

    def number(self) -> int:
        return self._number(self.approval_url)

    def number_pushes(self) -> int:
        return self._number(self.supervision_url)

    def _number(self, url: str) -> int:
        with connect(url, application="test") as connection:
            numbered = number_once(connection)
            self.carried(connection)
        return numbered

    def intake(self) -> Projector:
        projection = hear_approval("审改办", self.now)
        if self.lease is None:
            with connect(self.supervision_url, application="test") as connection:
                self.lease = bookmark.take(
                    connection, projection.name, self.log.identity(), self.log.beginning(), "test"
                )
            self.reading = dict(self.lease.cursors)
        return Projector(self.supervision, projection, self.lease)

    def catch_up(self) -> None:
        """Apply everything that supervision has not heard yet."""
        projector = self.intake()
        for batch in unread(self.log, self.reading):
            projector.receive(batch)
            self.reading = dict(batch.cursors)

    def apply(self, limit: int = 1000) -> Applied:
        projector = self.intake()
        batch = self.log.read(self.reading, limit)
        applied = projector.receive(batch)
        self.reading = dict(batch.cursors)
        return applied

    def hear(self) -> Applied:
        """Number what supervision said and apply it on the approval side."""
        self.number_pushes()
        projection = hear_supervision(self.now)
        with connect(self.approval_url, application="test") as connection:
            lease = bookmark.take(connection, projection.name, self.back.identity(), self.back.beginning(), "test")
            heard = Projector(self.approval, projection, lease).receive(self.back.read(lease.cursors, 1000))
            bookmark.release(connection, lease)
        return heard

    def tend(self) -> Applied:
        return self.intake().tend()

    def duties(self, *entries: DutyAssigned) -> Taken:
        return take_duties(self.supervision, list(entries), DEPARTMENTS, self.now())

    def oversee(self, permit: UUID | None, command: Command, department: str = "", key: str = "") -> dict[str, Any]:
        """What an officer of ``department``, or the coordinator, does about a permit; the desk's answer."""
        assert permit is not None
        desk = OversightDesk(self.supervision, self.now)
        return desk.handle([Asked(permit, command, department, "test" if key else "", key)])[0]

    def rows(self, query: str, *parameters: Any, side: str = "supervision") -> list[Any]:
        engine = self.supervision if side == "supervision" else self.approval
        with engine.begin() as transaction:
            return raw(transaction).execute(query.encode(), parameters).fetchall()

    def listed(self, department: str) -> dict[UUID, str]:
        """Return the permits of a department's list with their status."""
        return dict(self.rows("SELECT permit, status FROM watch_list WHERE department = %s", department))

    def waiting(self) -> list[tuple[UUID, str]]:
        return list(self.rows("SELECT permit, reason FROM exceptions ORDER BY since"))


def unread(log: Log, cursors: Mapping[int, int], limit: int = 1000) -> Iterator[Batch]:
    """Yield what lies in ``log`` from ``cursors`` on, batch by batch, until nothing is left."""
    while log.unread(cursors):
        batch = log.read(cursors, limit, timeout=5.0)
        yield batch
        cursors = batch.cursors


@contextmanager
def open_linkage(approval_url: str, supervision_url: str) -> Iterator[Linkage]:
    approval = open_engine(approval_url, application="test")
    supervision = open_engine(supervision_url, application="test")
    log, back = EmbeddedLog(approval_url, "approval"), EmbeddedLog(supervision_url, "supervision")
    try:
        opened = Linkage(approval, supervision, approval_url, supervision_url, log, back)
        yield opened
    finally:
        for engine in opened.webs.values():
            engine.dispose()
        log.close()
        back.close()
        approval.dispose()
        supervision.dispose()

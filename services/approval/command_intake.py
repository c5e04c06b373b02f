"""The intake of the commands' topic: leases its partitions, reads on from the bookmark and hands batches in."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import psycopg
import structlog

from events import bookmark
from events.database import connect
from events.log import CursorsOutOfRange
from events.log.commands import READER, Commands
from projections.following import TEND_SECONDS, beat, keep_going, worker_name
from projections.lag import SAMPLE_SECONDS, measure_unannounced, sample
from services.approval.command_desk import CommandDesk
from services.approval.handling import Desk

log = structlog.get_logger()

LIMIT = 500


class CommandIntake:
    """Takes the commands of ``source`` to ``desk``. One intake at a time has the partitions; others stand by."""

    def __init__(
        self,
        url: str,
        desk: Desk,
        source: Callable[[], Commands],
        owner: str,
        observe: Callable[[Counter[str]], None] = lambda _: None,
    ) -> None:
        self.url = url
        self.desk = desk
        self.source = source
        self.owner = owner
        self.observe = observe
        self.name = worker_name()

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``. A database or broker that is away is waited for, and nothing is lost meanwhile."""
        keep_going(stop, self._session, projection=READER, worker=self.name)

    def _session(self, stop: threading.Event) -> None:
        """Hold the lease on one connection and work under it; the lease ends with the connection."""
        with (
            closing(self.source()) as source,
            connect(self.url, application=f"{READER}-{self.name}") as keeper,
        ):
            desk = self.open(source, keeper)
            if not desk.lease.partitions:
                stop.wait(1.0)
                return
            log.info("worker_follows", projection=READER, partitions=len(desk.lease.partitions))
            try:
                self._follow(source, desk, keeper, stop)
            except CursorsOutOfRange as error:
                log.warning("commands_begin_anew", why=str(error))
            bookmark.release(keeper, desk.lease)

    def open(self, source: Commands, keeper: psycopg.Connection) -> CommandDesk:
        """Take the partitions that are free, with the identity and the beginning that the topic has now."""
        identity, beginning, head = source.identity(), source.beginning(), source.head()
        lease = bookmark.take(keeper, READER, identity, beginning, self.name)
        for partition, cursor in bookmark.resume_within(keeper, lease, beginning, head).items():
            # Past the head: the broker lost its end, and all is read again; repeats get their first answers. Before the
            # beginning: the intake was away for longer than the topic keeps, and these commands are gone.
            gone = max(0, beginning[partition] - cursor)
            log.error("commands_lost" if gone else "commands_read_again", partition=partition, records=gone)
        return CommandDesk(self.desk, lease, identity, self.owner)

    def _follow(self, source: Commands, desk: CommandDesk, keeper: psycopg.Connection, stop: threading.Event) -> None:
        tended = sampled = 0.0
        while not stop.is_set():
            self.step(source, desk)
            now = time.monotonic()
            if now - tended > TEND_SECONDS:
                bookmark.renew(keeper, desk.lease)
                beat(keeper, f"projection:{READER}", self.name)
                tended = now
            if now - sampled > SAMPLE_SECONDS:
                sample(keeper, measure_unannounced(keeper, source, READER))
                sampled = now

    def step(self, source: Commands, desk: CommandDesk) -> None:
        """Take what has come, at most ``LIMIT`` commands; wait a moment for the first."""
        commands, cursors = source.read(desk.lease.cursors, LIMIT, timeout=TEND_SECONDS / 2)
        passed = {p: cursor for p, cursor in cursors.items() if cursor != desk.lease.cursors[p]}
        if passed:
            self.observe(desk.take(commands, passed))

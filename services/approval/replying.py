"""Replies go out: whatever waits is published, and taken out once it is durable. At least once, and never forgotten.

What is not published yet stands as rows in the approval database, written with the decisions: a crash between the
commit and the broker's acknowledgement leaves them there, and they are published again, with the same ids.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from itertools import groupby

import psycopg
import structlog

from events.leading import Leader, Wait, lead
from events.locks import Lock
from events.log import LogUnavailable
from events.log.commands import Replies
from events.relay import SILENT_SECONDS
from services.approval import waiting_replies

log = structlog.get_logger()

BATCH = 500
PAUSE = 0.02
REST_SECONDS = 10.0
"""How long a bureau is left alone whose topic did not take its replies: the others' must not wait for it."""


class Replier:
    """Publishes the replies that wait. One at a time does; others wait for its lock."""

    def __init__(self, url: str, replies: Callable[[], Replies]) -> None:
        self.url = url
        self.replies = replies
        self._resting: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Publish until ``stop``. A database or broker that is away is waited for."""
        lead(
            Leader(self.url, "approval-replies", Lock.REPLYING, SILENT_SECONDS, stand_by_seconds=0.5),
            stop,
            lambda connection: self._reply(connection, stop),
            # Also a database that is up and refuses: a reply that waits is never given up.
            waits={LogUnavailable: Wait("replies_wait_for_log"), psycopg.Error: Wait("replies_wait_for_database")},
        )

    def _reply(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        with closing(self.replies()) as replies:
            while not stop.is_set():
                if not self.step(connection, replies):
                    stop.wait(PAUSE)

    def step(self, connection: psycopg.Connection, replies: Replies) -> int:
        """Publish a batch of what waits, bureau by bureau, and return how many replies that were."""
        now = time.monotonic()
        self._resting = {bureau: until for bureau, until in self._resting.items() if until > now}
        waiting = waiting_replies.oldest(connection, BATCH, without=self._resting)
        done = 0
        for bureau, group in groupby(sorted(waiting, key=lambda reply: reply.bureau), lambda reply: reply.bureau):
            mine = list(group)
            try:
                replies.publish(bureau, mine)
            except LogUnavailable as error:
                log.warning("replies_wait", bureau=bureau, waiting=len(mine), error=str(error))
                self._resting[bureau] = time.monotonic() + REST_SECONDS
            else:
                waiting_replies.published(connection, mine)
                done += len(mine)
        return done

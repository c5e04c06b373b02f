"""A watch on progress: not whether the worker lives, but whether its position moves when the log's head did."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping

import structlog

from events.log import CursorsOutOfRange, LogUnavailable
from events.log.kafka.log import KafkaLog

log = structlog.get_logger()

STALLED_EXIT_CODE = 70
LOOK_SECONDS = 1.5


def end_process() -> None:
    """End at once, from any thread: what hangs would hang an orderly end too. The supervisor starts the worker anew."""
    os._exit(STALLED_EXIT_CODE)


class Watch:
    """Looks at the log in a thread and on a connection of its own: the worker's may be what hangs."""

    def __init__(self, source: Callable[[], KafkaLog], seconds: float, stalled: Callable[[], None]) -> None:
        self.source = source
        self.seconds = seconds
        self.stalled = stalled
        self.position: Mapping[int, int] = {}
        """Where the worker is. Replaced by it as a whole, never changed in place."""
        self.lost = False
        """Whether the position means nothing in the log that is there now. The worker takes note and resets it."""
        self._unmoved_since = time.monotonic()
        self._waits = False

    @property
    def unmoved_for(self) -> float:
        """Seconds for which something was unread and the position did not move."""
        return time.monotonic() - self._unmoved_since if self._waits else 0.0

    def excuse(self) -> None:
        """Begin anew: the worker knows why it does not move (database or log away), and ending it would help nobody."""
        self._unmoved_since = time.monotonic()

    def start(self, stop: threading.Event) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(stop,), name="watch-on-progress", daemon=True)
        thread.start()
        return thread

    def _run(self, stop: threading.Event) -> None:
        source = self.source()
        before: Mapping[int, int] = {}
        while not stop.wait(min(LOOK_SECONDS, self.seconds / 5)):
            position = self.position
            try:
                heads = source.verify(position) if position else {}
            except CursorsOutOfRange:
                source.close()
                source = self.source()
                self.lost, heads = True, {}
            except LogUnavailable:
                source.close()
                heads = {}
            self._waits = any(heads[p] > cursor for p, cursor in position.items() if p in heads)
            if not self._waits or position != before:
                self.excuse()
            before = position
            if self.unmoved_for > self.seconds:
                log.critical("no_progress", seconds=round(self.unmoved_for), exit_code=STALLED_EXIT_CODE)
                self.stalled()
                self.excuse()
        source.close()

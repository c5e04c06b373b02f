"""How far behind is a list, every few seconds, and what else is to be looked at then? Beside the worker, never by it.

Asking a broker takes up to half a second; a worker that asked itself let every decision of that moment wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

from events.database import connect
from events.log import Log, LogUnavailable, closing_log
from projections.hearing import hear
from projections.lag import SAMPLE_SECONDS, measure
from projections.lag_history import Touching, keep, nobody

log = structlog.get_logger()

Looking = Callable[[psycopg.Connection], None]


def nowhere(_: psycopg.Connection) -> None:
    """Nothing else is looked at."""


class Sampler:
    """Keeps the lag of one projection, and hears its source, on a connection and a log of its own.

    ``looking``: what else is asked of the side's database each time.
    """

    def __init__(
        self,
        url: str,
        projection: str,
        source: Callable[[], Log],
        touching: Touching = nobody,
        looking: Looking = nowhere,
    ) -> None:
        self.url = url
        self.projection = projection
        self.source = source
        self.touching = touching
        self.looking = looking

    def run(self, stop: threading.Event) -> None:
        """Sample until ``stop``. While database or log is away nothing is known, and nothing is written."""
        while not stop.is_set():
            try:
                with closing_log(self.source()) as source, self._connected() as connection:
                    while not stop.wait(SAMPLE_SECONDS):
                        self.looking(connection)
                        hear(connection, source)
                        keep(connection, measure(connection, source, self.projection), self.touching)
            except (LogUnavailable, psycopg.Error) as error:
                log.info("lag_not_sampled", projection=self.projection, error=type(error).__name__)
                stop.wait(1.0)

    def _connected(self) -> psycopg.Connection:
        return connect(self.url, application=f"{self.projection}-lag")

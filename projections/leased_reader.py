"""One projection as a follower feeds it: leases taken and kept on one connection, batches applied under them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import psycopg
from sqlalchemy import Engine

from events import bookmark
from events.database import connect
from events.log import Batch, Log
from events.store import VersionConflict
from projections.following import beat, worker_name
from projections.projection import Outcome, Projection
from projections.projector import Projector

ATTEMPTS = 5


class LeasedReader:
    """The reader that a consumer group's member feeds. For one thread at a time.

    The leases hang on the connection ``keeper``: when the process dies, so does it, and they are free at once.
    """

    def __init__(
        self,
        url: str,
        engine: Engine,
        projection: Projection,
        observe: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        self.url = url
        self.engine = engine
        self.projection = projection
        self.observe = observe
        self.name = worker_name()
        self._keeper: psycopg.Connection | None = None
        self._projector: Projector | None = None

    def take(self, source: Log, partitions: Collection[int], *, assigned: bool) -> Mapping[int, int]:
        """Take the leases of ``partitions`` (of those that are free, unless a group assigned them), and return where
        each resumes. A cursor that the log no longer has resumes at its beginning: versions skip what was applied."""
        # First: a topic made anew while we ask is then refused by the first read, not taken for the one we know.
        identity = source.identity()
        beginning = source.beginning()
        head = source.head()
        keeper = self._kept()
        lease = bookmark.take(
            keeper,
            self.projection.name,
            identity,
            {p: beginning[p] for p in partitions},
            self.name,
            assigned=assigned,
        )
        bookmark.resume_within(keeper, lease, beginning, head)
        self._projector = Projector(self.engine, self.projection, lease, self.observe)
        return dict(lease.cursors)

    def give_back(self) -> None:
        if self._projector is not None:
            bookmark.release(self._kept(), self._projector.lease)
            self._projector = None

    def receive(self, batch: Batch) -> None:
        """Apply ``batch``, again from the start when somebody appended to one of its streams meanwhile."""
        assert self._projector is not None
        for attempt in range(ATTEMPTS):
            try:
                self._projector.receive(batch)
                return
            except VersionConflict:
                if attempt == ATTEMPTS - 1:
                    raise

    def tend(self) -> None:
        assert self._projector is not None
        keeper = self._kept()
        self._projector.tend()
        beat(keeper, f"projection:{self.projection.name}", self.name)

    def close(self) -> None:
        if self._keeper is not None:
            self._keeper.close()

    def _kept(self) -> psycopg.Connection:
        if self._keeper is None or self._keeper.closed:
            self._keeper = connect(self.url, application=f"{self.projection.name}-{self.name}")
            # After an outage the leases hang on a session that is no more: anybody would take them for free.
            self._keeper.execute(
                "UPDATE checkpoints SET owner_backend = pg_backend_pid() WHERE reader = %s AND owner = %s",
                (self.projection.name, self.name),
            )
        return self._keeper

"""Batches of a log, one after another; while a full one is being applied, the next is read already."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from events.log import Batch, Log


class ReadingAhead:
    """Reads ``source`` from ``cursors`` on, ``limit`` records at a time. A context: leaving it waits for what is read.

    A log serves one thread at a time: nobody else asks ``source`` meanwhile.
    """

    def __init__(self, source: Log, cursors: Mapping[int, int], limit: int) -> None:
        self.source = source
        self.cursors = dict(cursors)
        self.limit = limit
        self._following: Future[Batch] | None = None
        self._reader = ThreadPoolExecutor(1, "reads-ahead")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._reader.shutdown()

    def next(self, timeout: float) -> Batch:
        """Return the next batch; wait at most ``timeout`` seconds for its first record."""
        following, self._following = self._following, None
        batch = following.result() if following else self.source.read(self.cursors, self.limit, timeout)
        self.cursors = dict(batch.cursors)
        if len(batch.records) == self.limit:
            self._following = self._reader.submit(self.source.read, self.cursors, self.limit)
        return batch

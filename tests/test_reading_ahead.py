"""Reading ahead changes when a batch is read, never what is delivered."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from events.log import Batch, LogUnavailable
from projections.reading_ahead import ReadingAhead


class Numbers:
    """A log of the numbers up to ``last``, in one partition. Notes when two threads ask it at once."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.asked_at_once = False
        self.read_by: list[str] = []
        self._busy = threading.Lock()

    def read(self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0) -> Batch:
        if not self._busy.acquire(blocking=False):
            self.asked_at_once = True
            raise AssertionError("asked by two threads at once")
        try:
            self.read_by.append(threading.current_thread().name)
            if cursors[0] > 100:
                raise LogUnavailable("away")
            numbers: Any = range(cursors[0], min(self.last + 1, cursors[0] + limit))
            return Batch(numbers, {0: numbers.stop if numbers else cursors[0]})
        finally:
            self._busy.release()


def _numbers(batch: Batch) -> list[Any]:
    return list(batch.records)


def test_every_record_is_delivered_once_in_order_and_full_batches_are_followed_at_once() -> None:
    log: Any = Numbers(last=25)
    with ReadingAhead(log, {0: 1}, limit=10) as reading:
        batches = [_numbers(reading.next(0.0)) for _ in range(4)]
    assert batches == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26)), []]
    assert [name.startswith("reads-ahead") for name in log.read_by] == [False, True, True, False]
    assert not log.asked_at_once


def test_a_log_that_goes_away_meanwhile_is_met_where_its_batch_was_due() -> None:
    log: Any = Numbers(last=1_000)
    with ReadingAhead(log, {0: 91}, limit=10) as reading:
        assert _numbers(reading.next(0.0)) == list(range(91, 101))
        with pytest.raises(LogUnavailable):
            reading.next(0.0)

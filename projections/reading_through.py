"""All that lies in a log now, read once from its beginning: for who compares, not for who follows."""

from __future__ import annotations

from collections.abc import Iterator

from events.envelope import Record
from events.log import CursorsOutOfRange, Log, LogUnavailable

AT_ONCE = 5_000
PATIENCE_SECONDS = 5.0
PATIENT_TIMES = 3


def read_through(log: Log) -> Iterator[Record]:
    """Yield each record of ``log`` that is there now, once, however often it was published; unreadable ones too.

    ``LogUnavailable`` when it does not answer, or is made anew meanwhile. A number is remembered in one bit.
    """
    end, cursors = log.head(), dict(log.beginning())
    seen = bytearray()
    silent = 0
    while left := {partition: cursor for partition, cursor in cursors.items() if cursor < end[partition]}:
        try:
            batch = log.read(left, AT_ONCE, PATIENCE_SECONDS)
        except CursorsOutOfRange as error:
            raise LogUnavailable(f"the log of {log.source} was made anew while it was read") from error
        silent = 0 if batch.records else silent + 1
        if silent == PATIENT_TIMES:
            raise LogUnavailable(f"the log of {log.source} does not give what it says it has")
        cursors.update(batch.cursors)
        for record in batch.records:
            if record.defect is None and _noted(seen, record.position):
                continue
            yield record


def _noted(seen: bytearray, number: int) -> bool:
    """Note ``number`` and tell whether it was noted before."""
    place, bit = number >> 3, 1 << (number & 7)
    if place >= len(seen):
        seen.extend(bytes(max(place + 1 - len(seen), 65_536)))
    before = bool(seen[place] & bit)
    seen[place] |= bit
    return before

"""What a side says of a parked record that it passes over for good: by two people's decision, or for its correction.

All of one reader stand in one stream. Whoever reads the log again, from the beginning or after another record, passes
over the same records: these events decide, not what the reader would make of them today.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE


def skips_stream(reader: str) -> UUID:
    """Return the stream that holds what ``reader`` passes over."""
    return uuid5(NAMESPACE, f"skips/{reader}")


class PassedOver(Said):
    """Which record: its stream and version on the other side, its type there, and its number in the ledger there (0
    when it could not be read). ``reason``, ``asked_by`` and ``asked_at``: why, who asked and when."""

    reader: str
    stream: UUID
    version: int
    type: str
    position: int
    reason: str
    asked_by: str
    asked_at: datetime


class RecordSkipped(PassedOver):
    """跳过: its version counts as seen, and nothing of it is applied. ``consented_by``: another person than asked."""

    consented_by: str
    consented_at: datetime


class RecordReplaced(PassedOver):
    """更正取代: the bureau's correction, version ``replaced_by`` of the same stream, stands in its place."""

    replaced_by: int

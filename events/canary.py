"""A canary (巡检信号): an event about nothing that goes the whole way and back.

A dead path is noticed at night, when nothing else moves.
Through store, log and lists to the other side, and back as a receipt. It names nobody and no permit.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE

MISSED_AFTER = timedelta(minutes=3)
"""Silence for so long is told to an operator: five canaries have not come, or not come back."""


def canary_stream(source: str) -> UUID:
    """Return the stream of the canaries that ``source`` sends or returns; its versions are their numbers."""
    return uuid5(NAMESPACE, f"canary/{source}")


class CanarySent(Said):
    """Is anybody there? The other side returns it when it has applied it."""

    canary: int

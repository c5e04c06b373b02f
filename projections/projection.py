"""What follows from records: the seam between the projector, which applies each once and in order, and the folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import psycopg

from events.envelope import Record


class Unit(Protocol):
    """The work of one batch: states loaded, changes kept in memory until ``write``."""

    def apply(self, record: Record) -> None:
        """Fold one record. When it raises, nothing of this record may stay in the unit: its stream is parked."""
        ...

    def write(self, connection: psycopg.Connection) -> None:
        """Write every change, in the batch's transaction."""
        ...

    def visible(self) -> Iterable[tuple[str, datetime]]:
        """Return, for each thing that somebody can see once this is committed, who that is and when it was recorded."""
        ...


class Projection(Protocol):
    name: str

    def concerns(self, kind: str) -> bool:
        """Whether anything here follows from events of this type: the others are read, and nothing comes of them."""
        ...

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> Unit: ...

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        """Do what is due without a new record, and return how much that was. The caller holds the bookmark's rows."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of the records of a batch: ``applied``, ``ignored`` (of a type from which nothing follows here),
    ``duplicate``, ``parked`` and ``skipped``, and what became visible.

    ``rejected``: events that could not be read, by type and the reason for which they are parked. ``seconds``: how long
    a batch took, its commit included.
    """

    counts: Counter[str] = field(default_factory=Counter)
    visible: list[tuple[str, datetime]] = field(default_factory=list)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float | None = None

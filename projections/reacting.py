"""What follows from the other side's events: one unit of work a reaction, all of a batch in one transaction.

Several reactions may be about one type. What one of them refuses, none of them keeps: when it is not the first, the
batch is not written, and its owner halves it until the refused record is alone.

A side lists its reactions in one table (``services/*/reactions.py``), so that its whole behaviour is on one screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import psycopg

from events.catalogue import CATALOGUE, UnknownType
from events.envelope import Record
from projections.projection import Unit


class Reaction(Protocol):
    """``types``: the events that it is about; its units are given no others."""

    types: frozenset[str]

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> Unit: ...

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        """As ``Projection.tend``."""
        ...


@dataclass(slots=True)
class _Units:
    """The units of one batch, each opened when the first event comes that is its own."""

    of_type: Mapping[str, Sequence[Callable[[], Unit]]]
    order: Sequence[Callable[[], Unit]]
    opened: dict[Callable[[], Unit], Unit] = field(default_factory=dict)
    spoiled: Exception | None = None

    def apply(self, record: Record) -> None:
        openings = self.of_type.get(record.type, ())
        if not openings and record.type not in CATALOGUE:
            raise UnknownType(record.type)
        for number, opening in enumerate(openings):
            if opening not in self.opened:
                self.opened[opening] = opening()
            try:
                self.opened[opening].apply(record)
            except Exception as error:
                if number == 0:
                    raise  # nothing of it stays in any unit
                self.spoiled = self.spoiled or error
                return

    def write(self, connection: psycopg.Connection) -> None:
        if self.spoiled is not None:
            raise self.spoiled
        # In the order of the table, not in that of arrival: two of them may append to one stream.
        for opening in self.order:
            if opening in self.opened:
                self.opened[opening].write(connection)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        for unit in self.opened.values():
            yield from unit.visible()


class Reacting:
    """The projection that feeds each of ``reactions`` what it is about, in the order of the table."""

    def __init__(self, name: str, reactions: Sequence[Reaction]) -> None:
        self.name = name
        self.reactions = reactions
        self._types = frozenset[str]().union(*(reaction.types for reaction in reactions))

    def concerns(self, kind: str) -> bool:
        return kind in self._types

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> _Units:
        of_type: dict[str, list[Callable[[], Unit]]] = {}
        order = [_opening(reaction, connection, streams) for reaction in self.reactions]
        for reaction, opening in zip(self.reactions, order, strict=True):
            for kind in reaction.types:
                of_type.setdefault(kind, []).append(opening)
        return _Units(of_type, order)

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        held = list(partitions)
        return sum(reaction.tend(connection, held) for reaction in self.reactions)


def _opening(reaction: Reaction, connection: psycopg.Connection, streams: Sequence[UUID]) -> Callable[[], Unit]:
    return lambda: reaction.open(connection, streams)

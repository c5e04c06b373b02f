"""Opinions that approval bodies give from their own address: each stands in the consultation it was given in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events.catalogue import decode
from events.envelope import Record
from events.opinions import OpinionStated
from events.oversight import OpinionGiven
from services.supervision.oversight_work import load


class NoSuchConsultation(Exception):
    """An opinion about a consultation that this side never opened: it is parked, with its stream, and not dropped."""


@dataclass(slots=True)
class OpinionUnit:
    """The opinions of one batch."""

    stated: list[OpinionStated] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, OpinionStated)
        self.stated.append(said)

    def write(self, connection: psycopg.Connection) -> None:
        """Record them in the permits' streams. Written after the intake, whose pushes may be in the same streams."""
        work = load(connection, {said.permit for said in self.stated})
        for said in self.stated:
            opened = (one.opened for one in work.states[said.permit].consultations)
            if all(one.number != said.number or said.body not in one.parties for one in opened):
                raise NoSuchConsultation
            given = OpinionGiven(
                number=said.number, body=said.body, officer=said.clerk, text=said.text, legal_basis=said.legal_basis
            )
            work.note(connection, said.permit, given)
        work.record(connection)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class OpinionHearing:
    """A reaction of the supervision side."""

    types = frozenset({"opinion_stated"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> OpinionUnit:
        return OpinionUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0

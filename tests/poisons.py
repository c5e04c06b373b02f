"""Events that cannot be applied, each of its own kind: spoilt as they come, refused by the database, or by our code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from events.database import connect
from events.envelope import Record, canonical
from projections import parked_streams, parking
from projections.parking import REFUSED, UNKNOWN_TYPE
from projections.projector import Projector
from services.supervision.intake import IntakeUnit
from tests.linkage import Linkage

Spoil = Callable[[Record], Record]


def saying(**facts: object) -> Spoil:
    def spoil(record: Record) -> Record:
        said = orjson.loads(record.data)
        return replace(record, data=canonical(said | {"facts": said["facts"] | facts}))

    return spoil


def with_remark(raw: bytes) -> Spoil:
    """As JSON that our own serialiser would refuse to write."""
    return lambda record: replace(
        saying(remark="MARK")(record), data=saying(remark="MARK")(record).data.replace(b'"MARK"', raw)
    )


AS_IT_CAME: Spoil = lambda record: record  # noqa: E731

POISONS: Mapping[str, tuple[Spoil, str]] = {
    "is cut off": (lambda record: replace(record, data=record.data[:-9]), REFUSED),
    "lacks a field": (lambda record: replace(record, data=b'{"facts":{}}'), REFUSED),
    "has a NUL": (with_remark(b'"\\u0000"'), REFUSED),
    "has half a character": (with_remark(b'"\\ud800"'), REFUSED),
    "has a number that is none": (with_remark(b"NaN"), REFUSED),
    "is nested without end": (with_remark(b"[" * 100_000 + b"]" * 100_000), REFUSED),
    "is of a type to come": (lambda record: replace(record, type="permit_teleported"), UNKNOWN_TYPE),
    "is of a version to come": (lambda record: replace(record, schema=9), UNKNOWN_TYPE),
    "is refused by the database": (AS_IT_CAME, REFUSED),
    "makes the fold raise": (AS_IT_CAME, REFUSED),
    "makes the writing raise": (AS_IT_CAME, REFUSED),
}


def spoilt(records: Sequence[Record], poisons: int = len(POISONS)) -> tuple[list[Record], dict[UUID, str]]:
    """Spoil the second decision of so many permits, with each poison in turn, and make one that is merely large.
    Returns the records, and which poison each of those permits has."""
    permits = list(dict.fromkeys(record.stream for record in records))
    names = list(POISONS)
    where = {permit: names[number % len(names)] for number, permit in enumerate(permits[:poisons])}
    spoils = {(permit, 2): POISONS[name][0] for permit, name in where.items()}
    spoils[permits[-1], 2] = saying(content="大" * 350_000)
    return [spoils.get((record.stream, record.version), AS_IT_CAME)(record) for record in records], where


@contextmanager
def faults(linkage: Linkage, where: Mapping[UUID, str]) -> Iterator[None]:
    """What lies not in the event itself: a constraint that one row breaks, and two faults of our own."""
    apply, write = IntakeUnit.apply, IntakeUnit.write

    def failing_apply(unit: IntakeUnit, record: Record) -> None:
        if record.version == 2 and where.get(record.stream) == "makes the fold raise":
            raise ZeroDivisionError
        apply(unit, record)

    def failing_write(unit: IntakeUnit, connection: psycopg.Connection) -> None:
        if any(p.record.version == 2 and where.get(p.stream) == "makes the writing raise" for p in unit.pushes):
            raise ZeroDivisionError
        write(unit, connection)

    refused = ", ".join(f"'{permit}'" for permit, name in where.items() if name == "is refused by the database")
    broken = f"permit IN ({refused}) AND permit_version > 1"
    with pytest.MonkeyPatch.context() as patch, connect(linkage.supervision_url, application="test") as connection:
        connection.execute(f"ALTER TABLE watch_list ADD CONSTRAINT picky CHECK (NOT ({broken}))".encode())
        patch.setattr(IntakeUnit, "apply", failing_apply)
        patch.setattr(IntakeUnit, "write", failing_write)
        yield
        connection.execute("ALTER TABLE watch_list DROP CONSTRAINT picky")


def parked(linkage: Linkage) -> dict[UUID, parked_streams.ParkedStream]:
    with connect(linkage.supervision_url, application="test") as connection:
        return {stream.stream: stream for stream in parked_streams.parked(connection, "intake")}


def repair(linkage: Linkage, records: Collection[Record]) -> None:
    """Give what is parked its true contents, as an upgrade that reads them would, and ask for another try."""
    with connect(linkage.supervision_url, application="test") as connection:
        there = set(connection.execute("SELECT stream, version FROM parked_records").fetchall())
        for record in records:
            if (record.stream, record.version) in there:
                connection.execute(
                    """UPDATE parked_records SET data = %s, attributes = attributes || %s
                       WHERE stream = %s AND version = %s""",
                    (record.data, Jsonb({"type": record.type, "schema": record.schema}), record.stream, record.version),
                )
        parking.request_retry(connection, "intake", stream=None, reason=None)


def logging_and_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the projector on purpose: what fails is logged, and taken for done."""

    def go_on(
        _self: Projector, _connection: psycopg.Connection, unit: Any, records: list[Record], seen: Any, *_: Any
    ) -> None:
        for record in records:
            if record.version <= seen.get(record.stream, 0):
                continue
            with suppress(Exception):
                unit.apply(record)
            seen[record.stream] = record.version

    monkeypatch.setattr(Projector, "_fold", go_on)

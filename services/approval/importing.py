"""A permits file becomes decisions: chunk by chunk, each chunk one transaction, memory flat whatever its size.

Good rows go through; a refused row goes to a file with its reason and repair; a row whose body, matter or kind cannot
be found waits, sealed, with an owner. The same file again finds everything already known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from events.database import raw
from events.envelope import NAMESPACE
from events.store import Lane
from services.approval import waiting_rows
from services.approval.decision import Kind
from services.approval.handling import Desk, Outcome, Submission
from services.approval.permit import Permit
from services.approval.place_register import read_places
from services.approval.places import NotFound, Places
from services.approval.publication_file import wording
from services.approval.publication_file.checking import Checker
from services.approval.publication_file.kind_of_decision import Ambiguous, KnownPermit, Unchanged, kind_of
from services.approval.publication_file.published_permit import (
    Defect,
    PublishedPermit,
    RefusedRow,
    RepeatedRow,
    defect,
)
from services.approval.publication_file.reading import Row, open_permits
from services.approval.publication_file.refused_rows import RefusedRows, refused_rows_file
from services.approval.publication_file.row_rules import Surroundings
from services.approval.publication_file.statement import statement
from services.approval.waiting_rows import WaitingRow

CHUNK = 1000

_COLUMN_OF = {
    "valid_to": "XK_YXQZI",
    "decision_date": "XK_JDRQ",
    "permit_number": "XK_XKBH",
    "party": "XK_XDR_MC",
    "reason": "BZ",
}


@dataclass(slots=True)
class Summary:
    """What became of a file. ``events`` counts what was recorded, ``known`` what was recorded before."""

    batch: UUID
    rows: int = 0
    events: int = 0
    known: int = 0
    refused: int = 0
    waiting: int = 0
    notices: list[str] = field(default_factory=list)
    first_refused: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"batch": str(self.batch)}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is taken. ``correction``: what differs is a wrong fact put right. ``owner`` of rows that must wait."""

    opening_stock: bool = False
    correction: bool = False
    owner: str = "审批数据管理员"


SHOWN_REFUSED = 200


def batch_of(path: Path) -> UUID:
    """Return the identity of a file: its content's, whatever its name."""
    with path.open("rb") as file:
        return uuid5(NAMESPACE, "file/" + hashlib.file_digest(file, "sha256").hexdigest())


def import_permits(
    desk: Desk,
    path: Path,
    manner: Manner,
    *,
    refused_to: Path | None = None,
    progress: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Import ``path``; ``UnreadableFile`` when it is no permits file. ``progress`` is told after each chunk."""
    summary = Summary(batch_of(path))
    file = open_permits(path)
    summary.notices += file.notices
    with desk.engine.connect() as connection:
        places = read_places(raw(connection))
    checker = Checker(Surroundings(desk.today()))
    with refused_rows_file(refused_to) if refused_to else nullcontext(None) as refused:
        while chunk := list(islice(file.rows, CHUNK)):
            _Chunk(desk, places, manner, summary, refused).take(checked(checker, chunk), chunk)
            summary.rows += len(chunk)
            progress(summary)
    return summary


def checked(checker: Checker, rows: list[Row]) -> Iterator[PublishedPermit | RefusedRow | RepeatedRow]:
    for row in rows:
        if row.too_wide:
            yield RefusedRow(row.number, row.cells, (defect("", "", wording.WIDER_THAN_HEADER),))
        else:
            yield checker.check(row.number, row.cells)


@dataclass(slots=True)
class _Chunk:
    desk: Desk
    places: Places
    manner: Manner
    summary: Summary
    refused: RefusedRows | None

    def take(self, found: Iterator[PublishedPermit | RefusedRow | RepeatedRow], rows: list[Row]) -> None:
        cells = {row.number: row.cells for row in rows}
        ready: list[tuple[PublishedPermit, Submission]] = []
        waiting: list[WaitingRow] = []
        for item in found:
            if isinstance(item, RefusedRow):
                self._refuse(item)
            elif isinstance(item, RepeatedRow):
                self.summary.known += 1
            elif isinstance(answer := submission(item, self.places, self.summary.batch, self.manner), NotFound):
                waiting.append(self._waiting(item, cells[item.row], answer))
            else:
                ready.append((item, answer))
        with self.desk.engine.begin() as transaction:
            connection = raw(transaction)
            outcomes = self.desk.handle([s for _, s in ready], lane=Lane.BULK, connection=connection) if ready else []
            for (item, _), outcome in zip(ready, outcomes, strict=True):
                if outcome.candidates:
                    reason = NotFound(outcome.text, outcome.candidates)
                    waiting.append(self._waiting(item, cells[item.row], reason))
                else:
                    self._settle(item, cells[item.row], outcome)
            self._keep(connection, waiting)

    def _settle(self, item: PublishedPermit, cells: Mapping[str, str], outcome: Outcome) -> None:
        if outcome.accepted:
            self.summary.events += 1
        elif outcome.known:
            self.summary.known += 1
        else:
            column = _COLUMN_OF.get(outcome.field, "")
            fault = Defect(column, cells.get(column, ""), outcome.text, outcome.repair, outcome.rule)
            self._refuse(RefusedRow(item.row, cells, (fault,)))

    def _refuse(self, row: RefusedRow) -> None:
        self.summary.refused += 1
        if self.refused:
            self.refused.write(row)
        if len(self.summary.first_refused) < SHOWN_REFUSED:
            self.summary.first_refused += [
                {
                    "row": row.row,
                    "column": fault.column,
                    "heading": fault.heading,
                    "value": fault.masked(),
                    "reason": fault.reason,
                    "repair": fault.repair,
                }
                for fault in row.defects
            ]

    def _waiting(self, item: PublishedPermit, cells: Mapping[str, str], why: NotFound) -> WaitingRow:
        return WaitingRow(
            id=uuid5(self.summary.batch, str(item.row)),
            batch=self.summary.batch,
            row_number=item.row,
            reason=why.reason,
            candidates=why.candidates,
            owner=self.manner.owner,
            opening_stock=self.manner.opening_stock,
            correction=self.manner.correction,
            cells=cells,
        )

    def _keep(self, connection: psycopg.Connection, rows: list[WaitingRow]) -> None:
        self.summary.waiting += len(rows)
        waiting_rows.keep(connection, self.desk.master, rows)


def submission(
    row: PublishedPermit, places: Places, batch: UUID, manner: Manner, chosen: Kind | None = None
) -> Submission | NotFound:
    """Return what is handed to the desk for ``row``, or why it must wait. ``chosen``: the kind that a person chose."""
    body = places.body(row.deciding_body, row.decision_date)
    if isinstance(body, NotFound):
        return body
    matter = places.matter(row.deciding_body, row.certificate_name, row.document_name, row.content, row.decision_date)
    if isinstance(matter, NotFound):
        return matter

    def read_kind(permit: Permit, repeats: bool) -> Kind | Unchanged | Ambiguous:
        return chosen or kind_of(row, _known(permit, repeats), correction=manner.correction)

    decision = statement(row, body, matter, batch=batch, opening_stock=manner.opening_stock)
    return Submission(decision, read_kind=read_kind)


def _known(permit: Permit, repeats: bool) -> KnownPermit | None:
    now = permit.now
    if now is None:
        return None
    return KnownPermit(now.status, now.facts.valid_to, now.facts.document_number, now.decision_date, repeats)

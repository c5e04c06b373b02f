"""A permits file becomes decisions: chunk by chunk, each chunk one transaction, memory flat whatever its size.

Good rows go through; a refused row goes to a file with its reason and repair; a row whose body, matter or kind cannot
be found waits, sealed, with an owner. The same file again finds everything already known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid5

from pydantic import ValidationError

from events.approval import RuleMet
from events.database import raw
from events.store import Lane
from services.access.own_items import NOT_OWN, is_anothers
from services.approval import file_manifest, waiting_rows
from services.approval.allowed_codes import allowed
from services.approval.file_manifest import NO_MANIFEST, Manifest
from services.approval.handling import Desk
from services.approval.import_summary import PermitsSummary
from services.approval.outcome import Outcome, Submission, refusal
from services.approval.place_register import read_places
from services.approval.places import NotFound, Places
from services.approval.publication_file.checking import Checker
from services.approval.publication_file.columns import COLUMN_OF, LAYOUT
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.row_rules import Surroundings
from services.approval.row_submission import submission
from services.approval.stock import hand_over
from services.approval.waiting_rows import OLDER_LIST, WaitingRow
from services.publication_file import wording
from services.publication_file.defects import Defect, RefusedRow, RepeatedRow
from services.publication_file.reading import Row, batch_of, open_published
from services.publication_file.refused_rows import RefusedRows, refused_rows_file
from services.tables.faults import Fault

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is taken. ``correction``: what differs is a wrong fact put right. ``owner`` of rows that must wait."""

    opening_stock: bool = False
    correction: bool = False
    owner: str = "审批数据管理员"


def import_permits(
    desk: Desk,
    path: Path,
    manner: Manner,
    *,
    manifest: Manifest = NO_MANIFEST,
    refused_to: Path | None = None,
    kept: RefusedRows | None = None,
    progress: Callable[[PermitsSummary], None] = lambda _: None,
) -> PermitsSummary:
    """Import ``path``; ``UnreadableFile`` when it is no permits file.

    Refused rows go to the file ``refused_to`` and to ``kept``. ``progress`` is told after each chunk.
    """
    summary = PermitsSummary(batch_of(path), manifest.rows)
    file = open_published(path, LAYOUT)
    summary.notices += file.notices
    with refused_rows_file(refused_to, LAYOUT) if refused_to else nullcontext(None) as written:
        taking = _taking(desk, manner, summary, [to for to in (written, kept) if to], older_list=False)
        taking.take(file.rows, progress)
    with desk.engine.begin() as transaction:
        file_manifest.note(raw(transaction), manifest, whole=summary.whole, today=desk.today())
    return _handed_over(desk, manner, summary)


def import_again(
    desk: Desk, rows: Iterable[Row], batch: UUID, manner: Manner, kept: RefusedRows, lane: Lane = Lane.LIVE
) -> PermitsSummary:
    """Import rows of the file ``batch`` that were refused and are repaired now, as a part of that file.

    What is still wrong goes to ``kept``; all else was recorded, is known, or waits.
    """
    rows, summary = list(rows), PermitsSummary(batch)
    older_list = any(OLDER_LIST in row.cells for row in rows)
    _taking(desk, manner, summary, [kept], older_list=older_list, lane=lane).take(iter(rows), lambda _: None)
    return _handed_over(desk, manner, summary)


def _handed_over(desk: Desk, manner: Manner, summary: PermitsSummary) -> PermitsSummary:
    if manner.opening_stock:
        summary.handed_over = [one.as_json() for one in hand_over(desk.engine, summary.batch)]
    return summary


def _taking(
    desk: Desk,
    manner: Manner,
    summary: PermitsSummary,
    refused: list[RefusedRows],
    *,
    older_list: bool,
    lane: Lane = Lane.BULK,
) -> _Taking:
    with desk.engine.connect() as connection:
        places = read_places(raw(connection))
        codes = {code for code, _, _ in allowed(raw(connection))}
    around = Surroundings(
        desk.today(), allowed_code=codes.__contains__, code_of_body=places.code_of_body, older_list=older_list
    )
    return _Taking(desk, places, manner, summary, Checker(around), refused, lane)


@dataclass(slots=True)
class _Chunk:
    """Some rows on their way: what goes to the desk, what waits, what is refused, and what was known."""

    rows: int
    ready: list[tuple[Row, Submission]] = field(default_factory=list)
    waiting: list[WaitingRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    flagged: list[tuple[int, tuple[RuleMet, ...]]] = field(default_factory=list)
    events: int = 0
    known: int = 0


@dataclass(slots=True)
class _Taking:
    """One file being taken: ``read`` and ``record`` may run side by side, for different chunks."""

    desk: Desk
    places: Places
    manner: Manner
    summary: PermitsSummary
    checker: Checker
    refused: list[RefusedRows]
    lane: Lane

    def take(self, rows: Iterator[Row], progress: Callable[[PermitsSummary], None]) -> None:
        """Take ``rows`` chunk by chunk: while one is being recorded, the next one is read, since half of recording is
        waiting for the database."""
        with ThreadPoolExecutor(1, "recording") as recorder:
            recorded: Future[_Chunk] | None = None
            try:
                while some := list(islice(rows, CHUNK)):
                    chunk = self.read(some)
                    if recorded:
                        # Put away first: when ``progress`` ends the import, the chunk must not be counted twice.
                        done, recorded = recorded.result(), None
                        self._count(done, progress)
                        del done  # or it would be held while the next two are
                    recorded = recorder.submit(copy_context().run, self.record, chunk)
            finally:
                if recorded:
                    self._count(recorded.result(), progress)

    def read(self, rows: list[Row]) -> _Chunk:
        """Check ``rows`` and find what the file does not say about them."""
        chunk = _Chunk(len(rows))
        for row in rows:
            if row.surplus:
                # A delimiter inside a value shifts all that follows it.
                chunk.refused.append(row.refused(LAYOUT.defect("", "".join(row.surplus), wording.WIDER_THAN_HEADER)))
                continue
            item = self.checker.check(row.number, row.cells)
            if isinstance(item, RefusedRow):
                chunk.refused.append(item)
            elif isinstance(item, RepeatedRow):
                chunk.known += 1
            else:
                self._hand_in(chunk, row, item)
        return chunk

    def _hand_in(self, chunk: _Chunk, row: Row, permit: PublishedPermit) -> None:
        try:
            answer = submission(
                permit,
                self.places,
                self.summary.batch,
                opening_stock=self.manner.opening_stock,
                correction=self.manner.correction,
            )
        except ValidationError as error:
            # One row that no rule of the file foresaw must not hold up the others.
            fields = "、".join(sorted({str(fault["loc"][0]) for fault in error.errors()}))
            chunk.refused.append(row.refused(LAYOUT.defect("", fields, wording.UNFIT)))
            return
        if is_anothers(permit.deciding_body):
            chunk.refused.append(row.refused(_defect_of(refusal(NOT_OWN, field="deciding_body"), row)))
        elif isinstance(answer, NotFound):
            chunk.waiting.append(self._waiting(row, answer, permit.deciding_body))
        else:
            chunk.ready.append((row, answer))

    def record(self, chunk: _Chunk) -> _Chunk:
        """Record the chunk in one transaction: its decisions, and the rows of it that wait."""
        with self.desk.engine.begin() as transaction:
            connection = raw(transaction)
            handed_in = [submission for _, submission in chunk.ready]
            outcomes = self.desk.handle(handed_in, lane=self.lane, connection=connection) if handed_in else []
            for (row, handed), outcome in zip(chunk.ready, outcomes, strict=True):
                if outcome.accepted:
                    chunk.events += 1
                    if outcome.flagged:
                        chunk.flagged.append((row.number, outcome.flagged))
                elif outcome.known:
                    chunk.known += 1
                elif outcome.candidates:
                    chunk.waiting.append(
                        self._waiting(row, NotFound(outcome.text, outcome.candidates), handed.decision.deciding_body)
                    )
                else:
                    chunk.refused.append(row.refused(_defect_of(outcome, row)))
            waiting_rows.keep(connection, self.desk.master, chunk.waiting)
        return chunk

    def _waiting(self, row: Row, why: NotFound, body: str) -> WaitingRow:
        return WaitingRow(
            id=uuid5(self.summary.batch, str(row.number)),
            batch=self.summary.batch,
            row_number=row.number,
            reason=why.reason,
            candidates=why.candidates,
            owner=self.manner.owner,
            opening_stock=self.manner.opening_stock,
            correction=self.manner.correction,
            cells=row.cells | self._of_older_list(),
            body=body,
        )

    def _of_older_list(self) -> dict[str, str]:
        """Return what a row must bear that is tried again without the rest of its file."""
        return {OLDER_LIST: "1"} if self.checker.around.older_list else {}

    def _count(self, chunk: _Chunk, progress: Callable[[PermitsSummary], None]) -> None:
        rows = sorted(chunk.refused, key=lambda row: row.row)
        self.summary.add(chunk.rows, chunk.events, chunk.known, len(chunk.waiting), rows)
        self.summary.add_flagged(chunk.flagged)
        for row in rows:
            for to in self.refused:
                to.write(replace(row, cells={**row.cells, **self._of_older_list()}))
        progress(self.summary)


def _defect_of(outcome: Outcome, row: Row) -> Defect:
    column = COLUMN_OF.get(outcome.field, "")
    return LAYOUT.defect(column, row.cells.get(column, ""), Fault(outcome.rule, outcome.text, outcome.repair))

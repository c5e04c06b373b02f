"""A penalties file becomes penalties: chunk by chunk, each chunk one transaction, memory flat whatever its size.

Good rows go through; a refused row goes to a file with its reason and repair. The same file again finds everything
already known. While nobody can be asked who the parties are, rows come back to be sent again as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from events.store import Lane
from services.publication_file import wording
from services.publication_file.defects import RefusedRow, RepeatedRow
from services.publication_file.reading import Row, batch_of, open_published
from services.publication_file.refused_rows import RefusedRows, refused_rows_file
from services.publication_file.row_reading import Surroundings
from services.publication_file.summary import Summary
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.penalty_file.checking import Checker
from services.supervision.penalty_file.columns import LAYOUT
from services.supervision.penalty_file.one_row import defect_of
from services.supervision.penalty_outcome import Asked
from services.supervision.penalty_stated import Impose
from services.working_days import china_day

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is taken. ``amending``: why a penalty that is known with another content is amended; without it such a
    row is refused. ``officer``: who hands it in."""

    amending: str = ""
    officer: str = ""


def import_penalties(
    desk: PenaltyDesk,
    path: Path,
    manner: Manner,
    *,
    refused_to: Path | None = None,
    kept: RefusedRows | None = None,
    progress: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Import ``path``; ``UnreadableFile`` when it is no penalties file. ``progress`` is told after each chunk.

    Refused rows go to the file ``refused_to`` and to ``kept``. ``waiting`` of the summary counts the penalties that
    found no permit, or not all of theirs.
    """
    summary = Summary(batch_of(path))
    file = open_published(path, LAYOUT)
    summary.notices += file.notices
    with refused_rows_file(refused_to, LAYOUT) if refused_to else nullcontext(None) as written:
        _import(desk, file.rows, manner, summary, [to for to in (written, kept) if to], progress)
    return summary


def import_again(desk: PenaltyDesk, rows: Iterable[Row], batch: UUID, manner: Manner, kept: RefusedRows) -> Summary:
    """Hand in repaired rows of the file ``batch``, each under its number there; what is refused goes to ``kept``."""
    summary = Summary(batch)
    _import(desk, iter(rows), manner, summary, [kept], lambda _: None)
    return summary


def _import(
    desk: PenaltyDesk,
    rows: Iterator[Row],
    manner: Manner,
    summary: Summary,
    refused_to: Sequence[RefusedRows],
    progress: Callable[[Summary], None],
) -> None:
    checker = Checker(Surroundings(china_day(desk.clock())), summary.batch, manner.officer)
    while chunk := list(islice(rows, CHUNK)):
        for refused in _take(desk, chunk, checker, manner, summary):
            for to in refused_to:
                to.write(refused)
        progress(summary)


def _take(desk: PenaltyDesk, rows: list[Row], checker: Checker, manner: Manner, summary: Summary) -> list[RefusedRow]:
    """Record the rows of a chunk that are fit; return those that are refused, in the order of the file."""
    refused: list[RefusedRow] = []
    ready: list[tuple[Row, Asked]] = []
    repeated = 0
    for row in rows:
        item = _check(row, checker, manner)
        if isinstance(item, RefusedRow):
            refused.append(item)
        elif isinstance(item, RepeatedRow):
            repeated += 1
        else:
            ready.append((row, item))
    outcomes = desk.handle([asked for _, asked in ready], lane=Lane.BULK) if ready else []
    for (row, _), outcome in zip(ready, outcomes, strict=True):
        if not outcome.accepted:
            assert outcome.refused is not None
            refused.append(row.refused(defect_of(outcome.refused, row.cells)))
    accepted = [outcome for outcome in outcomes if outcome.accepted]
    recorded = [outcome for outcome in accepted if outcome.said]
    waiting = sum(any(kind == "penalty_unmatched" for _, kind in outcome.said) for outcome in recorded)
    refused.sort(key=lambda row: row.row)
    summary.add(len(rows), len(recorded), len(accepted) - len(recorded) + repeated, waiting, refused)
    return refused


def _check(row: Row, checker: Checker, manner: Manner) -> Asked | RefusedRow | RepeatedRow:
    if row.surplus:
        # A delimiter inside a value shifts all that follows it.
        return row.refused(LAYOUT.defect("", "".join(row.surplus), wording.WIDER_THAN_HEADER))
    try:
        item = checker.check(row.number, row.cells)
    except ValidationError as error:
        # One row that no rule of the file foresaw must not hold up the others.
        fields = "、".join(sorted({str(fault["loc"][0]) for fault in error.errors()}))
        return row.refused(LAYOUT.defect("", fields, wording.UNFIT))
    if isinstance(item, RefusedRow | RepeatedRow):
        return item
    return Asked(Impose(penalty=item.stated, amending=manner.amending))

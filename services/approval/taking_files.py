"""Files handed in on a page are imported beside it, so that a long one keeps nobody waiting; their refused rows are
kept until they are repaired, and handed in again by themselves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import UUID

import structlog

from events.database import is_full, raw
from events.store import Lane
from services.approval import file_imports
from services.approval.file_imports import FileImport, Said, import_of
from services.approval.handling import Desk
from services.approval.import_summary import PermitsSummary
from services.approval.importing import Manner, import_again, import_permits
from services.publication_file.defects import RefusedRow
from services.publication_file.reading import Row, batch_of
from services.tables.faults import Fault, UnreadableFile

log = structlog.get_logger()

STOPPED = Fault("import_stopped", "系统停机, 导入没有做完。", "请重新上传同一文件; 已登记的行不会重复。")
FAILED = Fault(
    "import_failed",
    "系统故障, 导入没有做完。",
    "请稍后重新上传同一文件, 已登记的行不会重复; 仍不成功的请联系运维人员。",
)
FULL = Fault(
    "disk_full",
    "磁盘空间不足, 暂停受理, 导入没有做完。",
    "请通知运维人员; 恢复后重新上传同一文件, 已登记的行不会重复。",
)
BY_HAND = 100
"""So many rows at most go by the fast lane: somebody waits at the page. More are a file, and queue as files do."""


class Stopped(Exception):
    """The service stops while a file is being imported."""


@dataclass(slots=True)
class Kept:
    """Refused rows on their way into the store."""

    rows: list[RefusedRow] = field(default_factory=list)

    def write(self, refused: RefusedRow) -> None:
        self.rows.append(refused)


@dataclass(frozen=True, slots=True)
class HandedInAgain:
    """What became of repaired rows: ``through`` were recorded or are known, ``waiting`` need a person's decision,
    ``left`` are still wrong, ``dropped`` need not be handed in."""

    through: int = 0
    waiting: int = 0
    left: int = 0
    dropped: int = 0


class FileTaking:
    """Takes the files that come by page. ``stopping`` ends an import between two chunks."""

    def __init__(self, desk: Desk, stopping: threading.Event, now: Callable[[], datetime]) -> None:
        self.desk = desk
        self.stopping = stopping
        self.now = now
        self._at_work: set[threading.Thread] = set()

    def take(
        self, content: BinaryIO, name: str, by: tuple[str, str], manner: Manner, form_key: str, patience: float
    ) -> UUID:
        """Begin to import ``content`` for ``by`` (body, staff number) and wait ``patience`` seconds at most for its
        end; return the id of the import. The same form again begins nothing.

        ``UnreadableFile`` when it ended in that time without a single row: then it is not listed.
        """
        with NamedTemporaryFile(suffix=".upload", delete=False) as copy:
            shutil.copyfileobj(content, copy)
        path, said = Path(copy.name), Said(name)
        one = _One(self, import_of(batch := batch_of(path), by[0]), path, said, manner, by[1])
        with self.desk.engine.begin() as transaction:
            connection = raw(transaction)
            begun = file_imports.begin(connection, self.desk.master, batch, by, manner, said, form_key, self.now())
        if not begun:
            path.unlink()
            return one.id
        worker = threading.Thread(target=copy_context().run, args=(one.run,), name="file-import")
        self._at_work = {thread for thread in self._at_work if thread.is_alive()} | {worker}
        worker.start()
        worker.join(patience)
        if one.nothing_read is not None:
            with self.desk.engine.begin() as transaction:
                file_imports.forget(raw(transaction), one.id)
            raise one.nothing_read
        return one.id

    def finish(self) -> None:
        """Stop, and wait until no import is at work: each ends at its next chunk."""
        self.stopping.set()
        for thread in self._at_work:
            thread.join()

    def again(
        self, one: FileImport, cells: Mapping[int, Mapping[str, str]], dropped: list[int], staff: str
    ) -> HandedInAgain:
        """Hand in refused rows of an import again, with these cells by number of row; drop others. A number that is
        not to be repaired, or not any more, is passed over."""
        with self.desk.engine.connect() as reading:
            found = file_imports.refused(raw(reading), self.desk.master, one.id, only=[*cells, *dropped])
        rows = [Row(row.row, {**row.cells, **cells[row.row]}) for row in found if row.row in cells]
        kept = Kept()
        lane = Lane.LIVE if len(rows) <= BY_HAND else Lane.BULK
        summary = import_again(self.desk, rows, one.batch, one.manner, kept, lane)
        still = {row.row for row in kept.rows}
        going = [row.row for row in found if row.row not in cells]
        with self.desk.engine.begin() as transaction:
            connection = raw(transaction)
            file_imports.keep(connection, self.desk.master, one.id, kept.rows, staff, self.now())
            settled = [row.number for row in rows if row.number not in still]
            file_imports.close(connection, one.id, settled, "settled", staff, self.now())
            file_imports.close(connection, one.id, going, "dropped", staff, self.now())
        return HandedInAgain(summary.events + summary.known, summary.waiting, summary.refused, len(going))


@dataclass(slots=True)
class _One:
    """One file being imported on a thread of its own."""

    taking: FileTaking
    id: UUID
    path: Path
    said: Said
    manner: Manner
    staff: str
    kept: Kept = field(default_factory=Kept)
    rows: int = 0
    nothing_read: UnreadableFile | None = None

    def run(self) -> None:
        try:
            said = self._import()
        finally:
            self.path.unlink()
        with self.taking.desk.engine.begin() as transaction:
            file_imports.end(raw(transaction), self.taking.desk.master, self.id, said, self.taking.now())

    def _import(self) -> Said:
        """Import the file; what is to be said of it."""
        try:
            summary = import_permits(self.taking.desk, self.path, self.manner, kept=self.kept, progress=self._note)
        except UnreadableFile as error:
            self.nothing_read = None if self.rows else error
            fault = error.fault
        except Stopped:
            fault = STOPPED
        except Exception as error:
            # Its words and its traceback might show a row.
            log.error("file_import_failed", error=type(error).__name__)
            fault = FULL if is_full(error) else FAILED
        else:
            return replace(self.said, notices=summary.notices, sentences=summary.sentences())
        return replace(self.said, fault=fault)

    def _note(self, so_far: PermitsSummary) -> None:
        rows, self.kept.rows, self.rows = self.kept.rows, [], so_far.rows
        now = self.taking.now()
        with self.taking.desk.engine.begin() as transaction:
            connection = raw(transaction)
            file_imports.keep(connection, self.taking.desk.master, self.id, rows, self.staff, now)
            file_imports.note(connection, self.id, so_far, now)
        if self.taking.stopping.is_set():
            raise Stopped

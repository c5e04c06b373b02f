"""Rows of any table that a clerk may hand in, read by a process of its own with bounded memory and time.

One that has read a file well is kept for the next: to begin one takes a tenth of a second. One that was left in the
middle, or failed, is ended.
"""

from __future__ import annotations

import atexit
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import structlog

from services.tables import faults
from services.tables.faults import Fault, UnreadableFile
from services.tables.frames import hear, say
from services.tables.limits import MEGABYTE, Limits, Rows

log = structlog.get_logger()

LIMITS = Limits()
AT_ONCE = 4
WAIT_SECONDS = 30.0
PIECE = 1024 * 1024
IDLE = 2
_places = threading.BoundedSemaphore(AT_ONCE)
_idle: list[Reader] = []
_idle_lock = threading.Lock()


def table_rows(path: Path, score: Callable[[list[str]], int]) -> Rows:
    """Return the rows of the table in ``path`` that are not blank: (number as shown by a spreadsheet, cells).

    ``score`` counts the headings in a row; by it the delimiter of a text file and the sheet of a workbook are found.
    Raises ``UnreadableFile`` when this is no table, or too much of one, now or while the rows are read.
    """
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile(faults.EMPTY_FILE)
    if size > LIMITS.packed:
        raise UnreadableFile(faults.TOO_LARGE.of(size=size // MEGABYTE, limit=LIMITS.packed // MEGABYTE))
    return _bounded(path, score, LIMITS)


def _bounded(path: Path, score: Callable[[list[str]], int], limits: Limits) -> Rows:
    with _reader() as reader:
        reader.ask({"path": str(path.resolve()), "limits": asdict(limits)})
        while True:
            match reader.hear(limits.silence):
                case {"rows": rows}:
                    for number, cells in rows:
                        yield number, cells
                case {"score": cells}:
                    reader.ask(score(cells))
                case {"fault": fault}:
                    reader.done = True
                    raise UnreadableFile(Fault(**fault))
                case _:
                    reader.done = True
                    return


class Reader:
    """One such process. ``done``: it has read a file to its end, and can read the next."""

    def __init__(self) -> None:
        # Of what is around us it needs nothing: passwords of databases stand there.
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from services.tables.child import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            start_new_session=True,
            bufsize=0,
        )
        self._to, self._from = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self.done = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, said: Any) -> None:
        with suppress(OSError):  # it has ended: what it says next, nothing, tells
            say(self._to, said)

    def hear(self, silence: float) -> Any:
        """Return what it says next; ``UnreadableFile`` when it has ended, or says nothing for so many seconds."""
        try:
            return hear(_Patient(self._from.fileno(), silence))
        except (EOFError, OSError, ValueError) as error:
            log.warning("table_reader_stopped", why=type(error).__name__, code=self._process.poll())
            raise UnreadableFile(faults.READER_STOPPED) from None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()


class _Patient:
    """Reads from a pipe, and waits no longer than so many seconds for each piece."""

    def __init__(self, pipe: int, seconds: float) -> None:
        self._pipe, self._seconds = pipe, seconds

    def read(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            if not select.select([self._pipe], [], [], self._seconds)[0]:
                raise TimeoutError
            piece = os.read(self._pipe, min(length - len(content), PIECE))
            if not piece:
                break
            content += piece
        return bytes(content)


@cache
def _ended_with_us() -> None:
    """See that those who wait are ended with this process; asked when the first is begun."""
    atexit.register(_end_idle)


def _end_idle() -> None:
    with _idle_lock:
        while _idle:
            _idle.pop().end()


@contextmanager
def _reader() -> Iterator[Reader]:
    """Give a process that reads; no more than four at once, each may use a gigabyte."""
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise UnreadableFile(faults.READERS_BUSY)
    try:
        with _idle_lock:
            reader = _idle.pop() if _idle else None
        if reader is not None and not reader.alive:
            reader.end()
            reader = None
        _ended_with_us()
        reader = reader or Reader()
        reader.done = False
        try:
            yield reader
        finally:
            with _idle_lock:
                keep = reader.done and len(_idle) < IDLE
                if keep:
                    _idle.append(reader)
            if not keep:
                reader.end()
    finally:
        _places.release()

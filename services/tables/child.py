"""The process that reads tables for another: it bounds itself before it opens anything, and is stopped when it fails.

A spreadsheet is what somebody else made: a few kilobytes may unpack to all the memory of a machine, and the parser of
such formats is native code. Here it can use no more than its limits, and what it breaks is this process alone.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from services.tables.faults import UnreadableFile
from services.tables.frames import hear, say
from services.tables.limits import MEGABYTE, Limits
from services.tables.opened import opened_rows

ROWS_AT_ONCE = 200
CELLS_AT_ONCE = 20_000


def main() -> None:
    """Read tables until nobody asks for one more: each asked for by path and limits, answered by rows and an end."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    # What a library prints must not be taken for a row.
    sys.stdout = sys.stderr
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    while True:
        try:
            job = hear(asked)
        except EOFError:
            return
        try:
            _read(job, asked, answers)
            say(answers, {"end": True})
        except UnreadableFile as error:
            say(answers, {"fault": asdict(error.fault)})
        except MemoryError:
            os._exit(1)


def _read(job: dict[str, Any], asked: BinaryIO, answers: BinaryIO) -> None:
    limits = Limits(**job["limits"])
    _bound(limits)

    def score(cells: list[str]) -> int:
        """Ask how many headings are in a row: only the other end knows them."""
        say(answers, {"score": cells})
        return int(hear(asked))

    rows: list[tuple[int, list[str]]] = []
    cells_waiting = 0
    try:
        for row in opened_rows(Path(job["path"]), score, limits):
            rows.append(row)
            cells_waiting += len(row[1])
            if len(rows) >= ROWS_AT_ONCE or cells_waiting >= CELLS_AT_ONCE:
                say(answers, {"rows": rows})
                rows, cells_waiting = [], 0
    finally:
        # What was read before the fault is good: it goes through.
        if rows:
            say(answers, {"rows": rows})


def _bound(limits: Limits) -> None:
    """Bound this process for the next file. Memory by its data: the shared strings of a large workbook lie in a file of
    its own, which is mapped and takes addresses, but no memory."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, most))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory + limits.unpacked + 512 * MEGABYTE, most_addresses()))
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + limits.seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def most_addresses() -> int:
    return resource.getrlimit(resource.RLIMIT_AS)[1]


if __name__ == "__main__":
    main()

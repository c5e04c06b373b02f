"""A table with a heading row of known names: its rows as text by heading, and the days written in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from services.tables.faults import Fault, UnreadableFile
from services.tables.rows import table_rows

NO_HEADINGS = Fault("no_headings", "没有找到表头。", "第一行应有: {headings}。")
HEADING_MISSING = Fault("heading_missing", "缺少列: {columns}。", "请补上这些列后重新导入。")
EMPTY = Fault("empty", "此项不能为空。", "请填写。")
BAD_DAY = Fault("bad_date", "不是日期。", "请写作 2026-01-01。")

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Wrong(Exception):
    """A cell that cannot be taken: its column and what is wrong with it."""

    def __init__(self, column: str, fault: Fault) -> None:
        super().__init__(fault.code)
        self.column = column
        self.fault = fault


def headed_rows(path: Path, headings: Sequence[str], required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number, text by heading) of each row; a heading that the file has not is an empty cell.

    A file without the ``required`` headings raises ``UnreadableFile``.
    """
    places: dict[str, int] | None = None
    # Closed at once when a heading is missing: the process that reads has one of few places.
    with closing(table_rows(path, lambda row: sum(_plain(cell) in headings for cell in row))) as rows:
        for number, cells in rows:
            if places is None:
                places = _places(cells, headings, required)
                continue
            yield (
                number,
                {
                    name: cells[places[name]].strip() if name in places and places[name] < len(cells) else ""
                    for name in headings
                },
            )
    if places is None:
        raise UnreadableFile(NO_HEADINGS.of(headings="、".join(headings)))


def _places(cells: Sequence[str], headings: Sequence[str], required: Sequence[str]) -> dict[str, int]:
    found = {_plain(cell): index for index, cell in enumerate(cells)}
    if not found.keys() & set(headings):
        raise UnreadableFile(NO_HEADINGS.of(headings="、".join(headings)))
    if missing := [name for name in required if name not in found]:
        raise UnreadableFile(HEADING_MISSING.of(columns="、".join(missing)))
    return {name: found[name] for name in headings if name in found}


def _plain(cell: str) -> str:
    return cell.strip().lstrip("\ufeff").replace("（", "(").replace("）", ")")


def needed(said: dict[str, str], *columns: str) -> None:
    """Raise ``Wrong`` for the first of ``columns`` that is empty."""
    for column in columns:
        if not said[column]:
            raise Wrong(column, EMPTY)


def day(said: dict[str, str], column: str) -> date:
    """Return the day written in ``column``, or raise ``Wrong``."""
    parts = _DAY.fullmatch(said[column])
    try:
        if parts:
            return date(*map(int, parts.groups()))
    except ValueError:
        pass
    raise Wrong(column, BAD_DAY)

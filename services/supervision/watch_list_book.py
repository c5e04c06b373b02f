"""A department's watch list as a workbook (XLSX), as the page shows it: its filters, what they mean, the moment of its
data, and its rows up to a cap. Neither the rows nor the file are ever in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import Connection, Row

from events.database import raw
from projections.watch_list_filters import UNSIGNED_CAP
from services import wording
from services.supervision.asked import Asked
from services.supervision.listed_pushes import Signing, signings
from services.supervision.matters import matter_names
from services.supervision.office import Office, name_of
from services.supervision.watch_list_answers import is_expired, page_of
from services.supervision.wording import STANDINGS
from services.tables.written import Book
from services.time_rules import read_time_rules
from services.working_days import Calendar

MOST = 10_000
"""How many rows a workbook has at most."""
AT_ONCE = 1_000
PIECE = 64 * 1024
HEADINGS: Sequence[tuple[str, int]] = (
    ("最近变化", 10), ("变化时间", 20), ("行政相对人", 30), ("事项", 24), ("证照", 24), ("许可编号", 24),
    ("许可机关", 24), ("区划", 14), ("有效期至", 12), ("状态", 14), ("职责", 8), ("签收", 12), ("签收期限", 12),
    ("经办人工号", 14), ("推送编号", 10),
)  # fmt: skip
MEANINGS = (
    "口径：本部门现在须监管的许可一件一行，牵头、协同均列入；同一许可多次推送只列一行，签收、推送编号取最近一次推送。",
    "现行含已届满未注销的；届满以今日为准。自然人、个体工商户只列掩码名称，与台账页面相同。",
)


def book_of(office: Office, department: str, asked: Asked) -> IO[bytes]:
    """Return a file with the workbook, at its beginning; it is gone when it is closed."""
    file: IO[bytes] = TemporaryFile(prefix="linkage-list-")  # noqa: SIM115 - whoever sends it closes it
    try:
        with office.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            _write(file, connection, office, department, asked)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def in_pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _write(file: IO[bytes], connection: Connection, office: Office, department: str, asked: Asked) -> None:
    name, today = name_of(connection, department), office.today
    matters = matter_names(connection)
    calendar = read_time_rules(raw(connection)).calendar
    first = page_of(connection, department, asked, today, AT_ONCE)
    # Texts are never formulas; what was written leaves memory row by row.
    with Book(file, constant_memory=True) as book:
        sheet, bold = book.add_worksheet("监管台账"), book.add_format({"bold": True})
        for place, (_, width) in enumerate(HEADINGS):
            sheet.set_column(place, place, width)
        count = f"{first.count} 件以上" if first.count_capped else f"{first.count} 件"
        lines = [
            f"{name}监管台账",
            f"条件：{filters_in_words(asked, matters)}；符合条件 {count}",
            f"数据截至 {wording.moment_in_words(first.as_of)}",
            *MEANINGS,
            *_cut(first.count, capped=first.count_capped),
        ]
        for number, line in enumerate(lines):
            sheet.write_string(number, 0, line)
        for place, (heading, _) in enumerate(HEADINGS):
            sheet.write_string(len(lines) + 1, place, heading, bold)
        listed = _rows(connection, office, department, asked, calendar)
        for number, (row, signing) in enumerate(listed, len(lines) + 2):
            for place, value in enumerate(_cells(row, signing, matters, today)):
                sheet.write_string(number, place, value)


def _cut(count: int, *, capped: bool) -> list[str]:
    """Say that not all rows are in the file, when there are more."""
    if not capped and count <= MOST:
        return []
    return [f"本表最多列 {MOST} 件，按页面次序列最前的；其余未列入，请加条件分次导出。"]


def _rows(
    connection: Connection, office: Office, department: str, asked: Asked, calendar: Calendar
) -> Iterator[tuple[Row[Any], Signing | None]]:
    """Yield the rows in the page's order, from the first on, wherever the reader had leafed to."""
    cursor: str | None = None
    for _ in range(MOST // AT_ONCE):
        page = page_of(connection, department, asked.model_copy(update={"cursor": cursor}), office.today, AT_ONCE)
        signing = signings(connection, department, [row.permit for row in page.rows], office.today, calendar)
        for row in page.rows:
            yield row, signing.get(row.permit)
        cursor = page.next_cursor
        if cursor is None:
            return


def _cells(row: Row[Any], signing: Signing | None, matters: dict[str, str], today: date) -> list[str]:
    expired = is_expired(row._mapping, today)
    return [
        wording.DECISIONS.get(row.decision, row.decision),
        wording.moment_in_words(row.changed_at),
        row.party_label,
        matters.get(row.matter_code) or row.matter_code,
        row.certificate_name,
        row.permit_number,
        row.deciding_body_name,
        row.region_code,
        wording.day_in_words(row.valid_to),
        "已届满未注销" if expired else wording.STATUSES.get(row.status, row.status),
        wording.ROLES.get(row.role, row.role),
        signing.state_in_words if signing else "",
        signing.due_on.isoformat() if signing and signing.due_on else "",
        (signing.holder or "") if signing else "",
        str(signing.number) if signing else str(row.push_number),
    ]


def filters_in_words(asked: Asked, matters: dict[str, str]) -> str:
    """Return what a reader asked of a list, in one line. A party is not called by name: it is one of the rows."""
    said = [f"状态 {STANDINGS[asked.status]}"]
    if asked.matter:
        said.append(f"事项 {matters.get(asked.matter) or asked.matter}")
    if asked.region:
        said.append(f"区划 {asked.region}")
    if asked.party:
        said.append("一个行政相对人")
    if asked.expiring_within is not None:
        said.append(f"{asked.expiring_within} 天内届满")
    if asked.changed_since is not None:
        said.append(f"自 {wording.moment_in_words(asked.changed_since)} 起有变化")
    if asked.unsigned:
        said.append(f"待签收（期限最早的 {UNSIGNED_CAP} 件之内）")
    return "，".join(said)

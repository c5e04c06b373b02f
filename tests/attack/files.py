"""The readers of files that a clerk or an operator hands in, each as one function of bytes.

In the product what reads a table has a process of its own. Here it runs in this one: what ends that process there is
found here.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

from services import calendar_file, limit_file, officer_file
from services.approval.publication_file import checking as permits
from services.approval.publication_file import columns as permit_columns
from services.approval.publication_file.row_rules import Surroundings as PermitSurroundings
from services.publication_file.reading import open_published
from services.publication_file.row_reading import Surroundings
from services.supervision import code_file, duty_file
from services.supervision.penalty_file import checking as penalties
from services.supervision.penalty_file import columns as penalty_columns
from services.tables.faults import UnreadableFile
from services.tables.limits import Limits
from services.tables.opened import opened_rows

TODAY = date(2026, 11, 24)
SMALL = Limits(rows=1000)
PIECEMEAL = Limits(rows=1000, large=0)
"""Every workbook is read as a large one is, by our own reader of its XML."""
_PLACE = Path(tempfile.gettempdir()) / "linkage-fuzz"
_XML = b'<?xml version="1.0" encoding="UTF-8"?>'
_SHEET = (
    _XML + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>'
    b'<row r="2"><c r="A2"><v>46000.5</v></c><c r="B2" s="1"><v>46000</v></c><c r="C2" t="b"><v>1</v></c>'
    b'<c r="D2" t="str"><f>1+1</f><v>2</v></c><c r="E2" t="e"><v>#N/A</v></c></row></sheetData></worksheet>'
)
_STRINGS = _XML + b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si></sst>'
_BOOK = {
    "[Content_Types].xml": _XML + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "xl/workbook.xml": _XML + b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    b'<sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _XML + b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    b'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/styles.xml": _XML + b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    "xl/worksheets/sheet1.xml": _SHEET,
    "xl/sharedStrings.xml": _STRINGS,
}
PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml")
READERS: Sequence[Callable[[Path], object]] = (
    duty_file.read_duty_file,
    officer_file.read_officers,
    lambda path: officer_file.read_appointments(path, "S-1"),
    lambda path: calendar_file.read_calendar_file(path, "S-1"),
    lambda path: limit_file.read_limit_file(path, "S-1"),
    code_file.read_code_file,
)
HEADINGS = (
    duty_file.HEADINGS, officer_file.OFFICERS, officer_file.APPOINTMENTS, calendar_file.HEADINGS, limit_file.HEADINGS,
    code_file.HEADINGS,
)  # fmt: skip


def tables(given: bytes) -> None:
    """A file that a clerk hands in, whatever it is."""
    _PLACE.write_bytes(given or b"\0")
    with suppress(UnreadableFile):
        for _ in opened_rows(_PLACE, len, SMALL):
            pass


def good_tables() -> Sequence[bytes]:
    return ["甲,乙\n1,2\n".encode(), "甲\t乙\n".encode("gb18030"), b"PK\x03\x04" + b"\0" * 40, _book({}), b"\xd0\xcf"]


def sheets(given: bytes) -> None:
    """One part of a workbook, which the first byte chooses, in an archive that is whole; read by both readers."""
    part = PARTS[given[0] % len(PARTS)] if given else PARTS[0]
    _PLACE.write_bytes(_book({part: given[1:]}))
    for limits in (SMALL, PIECEMEAL):
        with suppress(UnreadableFile):
            for _ in opened_rows(_PLACE, len, limits):
                pass


def good_sheets() -> Sequence[bytes]:
    return [bytes((number,)) + _BOOK[part] for number, part in enumerate(PARTS)]


def imports(given: bytes) -> None:
    """A file of permits, of penalties, or one that an operator keeps registers by; which, the first byte chooses. Read
    to the last row, each checked."""
    which = given[0] % (2 + len(READERS)) if given else 0
    _PLACE.write_bytes(given[1:] or b"\0")
    with _in_this_process(), suppress(UnreadableFile):
        if which == 0:
            checker = permits.Checker(PermitSurroundings(TODAY))
            for row in open_published(_PLACE, permit_columns.LAYOUT).rows:
                checker.check(row.number, row.cells)
        elif which == 1:
            of_penalties = penalties.Checker(Surroundings(TODAY), UUID(int=1))
            for row in open_published(_PLACE, penalty_columns.LAYOUT).rows:
                of_penalties.check(row.number, row.cells)
        else:
            READERS[which - 2](_PLACE)


def good_imports() -> Sequence[bytes]:
    found = []
    for which, layout in enumerate((permit_columns.LAYOUT, penalty_columns.LAYOUT)):
        codes = [column.code for column in layout.columns]
        cells = ["2026-11-20" if code in layout.dates else "11990100MB0000001X" if code in layout.codes else "1"
                 for code in codes]  # fmt: skip
        found.append(bytes((which,)) + f"{','.join(codes)}\n{','.join(cells)}\n".encode())
    for which, headings in enumerate(HEADINGS, 2):
        cells = ["2026-01-01" if "日期" in heading or "日" in heading else "1" for heading in headings]
        found.append(bytes((which,)) + f"{','.join(headings)}\n{','.join(cells)}\n".encode())
    return found


@contextmanager
def _in_this_process() -> Iterator[None]:
    def rows(path: Path, score: Callable[[list[str]], int]) -> object:
        return opened_rows(path, score, SMALL)

    with (
        patch("services.publication_file.reading.table_rows", rows),
        patch("services.tables.headed.table_rows", rows),
    ):
        yield


def _book(changed: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in (_BOOK | changed).items():
            archive.writestr(name, content)
    return written.getvalue()

"""A file made to take all the memory or time of the service takes a process of its own with it, and nothing else."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from services.access import body_limit
from services.approval.publication_file.columns import LAYOUT
from services.publication_file.reading import open_published
from services.tables import rows
from services.tables.faults import EMPTY_FILE, UnreadableFile
from services.tables.headed import headed_rows
from services.tables.limits import MEGABYTE, Limits
from services.tables.rows import table_rows
from tests.clerks_rows import write_csv, write_xlsx
from tests.linkage import Linkage
from tests.supervision_web import web

SMALL = replace(Limits(), memory=256 * MEGABYTE, seconds=3, silence=5.0)
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets>'
    "</workbook>"
)
BOOK_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)


def book(path: Path, sheet: bytes, pieces: int = 1, head: bytes = b"", tail: bytes = b"") -> Path:
    """Write an XLSX whose only sheet is ``head``, ``sheet`` so many times, ``tail``."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", BOOK_RELS)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(head)
            for _ in range(pieces):
                part.write(sheet)
            part.write(tail)
    return path


HEAD, TAIL = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode(), b"</sheetData></worksheet>"


def bomb(path: Path) -> Path:
    """A hundred kilobytes that unpack to a hundred megabytes of blanks in one cell."""
    cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>'
    return book(path, b" " * MEGABYTE, 100, HEAD + cell, b"</t></is></c></row>" + TAIL)


def grown(path: Path) -> Path:
    """A sheet of which every cell is far from the last: a parser that keeps the sheet whole keeps all between."""
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return book(path, cells, 1, HEAD, TAIL)


def far(path: Path) -> Path:
    """A cell in a column that no spreadsheet has: all before it would be kept as empty texts."""
    return book(path, b'<row r="1"><c r="ZZZZZZ1" t="inlineStr"><is><t>x</t></is></c></row>', 1, HEAD, TAIL)


def wordy(path: Path) -> Path:
    """A word where a number stands. Found by `make fuzz`: that its reader had ended was all that the clerk heard."""
    return book(path, b'<row r="1"><c r="A1"><v>many</v></c></row>', 1, HEAD, TAIL)


def unknown_letters(path: Path) -> Path:
    """A sheet in an encoding that nobody has. Found by `make fuzz`."""
    return book(path, b'<row r="1"/>', 1, b'<?xml version="1.0" encoding="UT8"?>' + HEAD, TAIL)


def of_a_later_version(path: Path) -> Path:
    """An archive that says it needs a program of tomorrow. Found by `make fuzz`."""
    content = bytearray(book(path, b'<row r="1"/>', 1, HEAD, TAIL).read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 255
    path.write_bytes(content)
    return path


def entities(path: Path) -> Path:
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    sheet = f'<!DOCTYPE x [<!ENTITY e0 "ha">{nested}]><worksheet xmlns="{MAIN}"><sheetData><row r="1">'
    return book(path, (sheet + '<c t="inlineStr"><is><t>&e11;</t></is></c></row></sheetData></worksheet>').encode())


def wide(path: Path) -> Path:
    path.write_bytes(b"x," * 1_000_000 + b"\n1\n")
    return path


def truncated(path: Path) -> Path:
    whole = write_xlsx(path, [["甲", "乙"], ["1", "2"]]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def disguised(path: Path) -> Path:
    """A picture by its first bytes, a table by its name."""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    return path


def long(path: Path) -> Path:
    path.write_text("甲\n" + "1\n" * 50)
    return path


def why_not(path: Path) -> str:
    with pytest.raises(UnreadableFile) as refused:
        list(table_rows(path, len))
    return refused.value.fault.code


@pytest.mark.parametrize(
    ("make", "name", "limits", "code"),
    [
        (bomb, "bomb.xlsx", SMALL, "too_dense"),
        (bomb, "bomb.xlsx", replace(SMALL, ratio=10**9, memory=64 * MEGABYTE), "reader_stopped"),
        (grown, "grown.xlsx", SMALL, "spoiled"),
        (far, "far.xlsx", replace(SMALL, large=0), "spoiled"),
        (wordy, "wordy.xlsx", replace(SMALL, large=0), "spoiled"),
        (unknown_letters, "letters.xlsx", replace(SMALL, large=0), "spoiled"),
        (of_a_later_version, "later.xlsx", SMALL, "spoiled"),
        (entities, "entities.xlsx", SMALL, "spoiled"),
        (entities, "entities.xlsx", replace(SMALL, large=0), "spoiled"),
        (wide, "wide.csv", SMALL, "too_wide"),
        (truncated, "half.xlsx", SMALL, "spoiled"),
        (disguised, "picture.xlsx", SMALL, "not_a_table"),
        (long, "long.csv", replace(SMALL, rows=20), "too_long"),
        (long, "long.csv", replace(SMALL, packed=20), "too_large"),
    ],
    ids=(
        "ratio",
        "memory",
        "grown",
        "far",
        "wordy",
        "letters",
        "later",
        "entities",
        "in pieces",
        "wide",
        "half",
        "disguised",
        "long",
        "packed",
    ),
)
def test_a_hostile_file_is_refused_in_words_and_the_next_one_is_read(
    tmp_path: Path, make: object, name: str, limits: Limits, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(make)
    path = make(tmp_path / name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(rows, "LIMITS", limits)
    assert why_not(path) == code
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "none of it came into this process"
    monkeypatch.setattr(rows, "LIMITS", Limits())
    good = write_csv(tmp_path / "good.csv", [["甲", "乙"], ["1", "2"]])
    assert [cells for _, cells in table_rows(good, len)] == [["甲", "乙"], ["1", "2"]]


def test_a_process_without_bounds_takes_the_memory_that_the_bounded_one_does_not(tmp_path: Path) -> None:
    """The broken variant: the same reading, in a process that does not bound itself."""
    path = bomb(tmp_path / "bomb.xlsx")
    program = (
        "import resource, pathlib; from services.tables.opened import opened_rows; from services.tables.limits import "
        f"Limits; list(opened_rows(pathlib.Path({str(path)!r}), len, Limits(ratio=10**9))); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(said.stdout) > 150_000, "kilobytes: more than twice the bound of the test above"


def test_one_that_hangs_is_ended_and_one_that_is_left_in_the_middle_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "long.csv", [["甲", "乙"], *([str(n), "x" * 500] for n in range(20_000))])
    monkeypatch.setattr(rows, "LIMITS", replace(Limits(), silence=0.3))
    began = time.monotonic()

    class Sleeper(rows.Reader):
        """It has been asked and never answers, as a parser in an endless loop."""

        def ask(self, said: object) -> None:
            """Nothing reaches it."""

    with monkeypatch.context() as broken:
        broken.setattr(rows, "_idle", [])
        broken.setattr(rows, "Reader", Sleeper)
        assert why_not(path) == "reader_stopped"
    assert time.monotonic() - began < 5
    monkeypatch.setattr(rows, "LIMITS", Limits())
    monkeypatch.setattr(rows, "_idle", [])
    begun: list[rows.Reader] = []

    class Seen(rows.Reader):
        def __init__(self) -> None:
            super().__init__()
            begun.append(self)

    monkeypatch.setattr(rows, "Reader", Seen)
    reading = table_rows(path, len)
    next(reading)
    reading.close()
    assert not begun[0].alive
    assert sum(1 for _ in table_rows(path, len)) == 20_001
    assert sum(1 for _ in table_rows(path, len)) == 20_001
    assert len(begun) == 2, "one that has read well is kept for the next file"
    begun[1].end()


def test_no_more_than_a_few_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path / "one.csv", [["甲", "乙"], ["1", "2"]])
    monkeypatch.setattr(rows, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(rows, "WAIT_SECONDS", 0.05)
    first = table_rows(path, len)
    next(first)
    assert why_not(path) == "readers_busy"
    first.close()
    assert sum(1 for _ in table_rows(path, len)) == 2


def test_a_file_that_is_refused_as_a_whole_keeps_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = write_csv(tmp_path / "one.csv", [["甲", "乙"], ["1", "2"]])
    monkeypatch.setattr(rows, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(rows, "WAIT_SECONDS", 0.05)
    for read in (lambda: open_published(good, LAYOUT), lambda: list(headed_rows(good, ["丙"], ["丙"]))):
        with pytest.raises(UnreadableFile) as refused:
            read()
        assert sum(1 for _ in table_rows(good, len)) == 2
        del refused

    def careless() -> None:
        reading = table_rows(good, len)
        next(reading)
        raise UnreadableFile(EMPTY_FILE)

    with pytest.raises(UnreadableFile) as kept:  # with its traceback, and what stands open in that
        careless()
    assert why_not(good) == "readers_busy"
    del kept


@pytest.mark.parametrize("stated", [True, False])
def test_more_than_may_be_is_refused_while_it_comes_and_before_it_is_kept(
    linkage: Linkage, stated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_limit, "LARGEST_FORM", 200_000)
    app, asked, said = web(linkage), 0, list[Message]()
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": head if asked == 1 else b"x" * 10_000, "more_body": True}

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"content-type", b"multipart/form-data; boundary=b"), (b"host", b"testserver")]
    headers += [(b"content-length", b"10000104")] if stated else []
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/penalties/files", "raw_path": b"", "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80),
        "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert (said[0]["status"], orjson.loads(said[1]["body"])["code"]) == (413, "too_large")
    assert asked == (0 if stated else 21), "it would have come without end"
    small = TestClient(app).post("/api/v1/penalties/files", files={"file": ("a.csv", b"x")})
    assert small.json()["code"] != "too_large", "what may be is read"

"""A large XLSX, read piece by piece: memory does not grow with its rows.

What a cell says is the same as when the sheet is read whole; one test holds both ways to it.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import TracebackType

from services.tables.large_sheet import SheetReading
from services.tables.limits import Rows
from services.tables.shared_strings import SharedStrings
from services.tables.spreadsheet_cells import is_date_format
from services.tables.spreadsheet_xml import LOCAL, PIECE, Start, feed, parser

_SHEET = "worksheet"


class LargeWorkbook:
    """An XLSX file opened for reading in pieces. Use as a context; ``rows`` may be called again and again."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._sheets: dict[str, str] = {}
        self._from_1904 = False
        self._dates = self._read_styles()
        self._strings: SharedStrings | None = None
        self._read_workbook()

    @classmethod
    def opened(cls, path: Path, at_least: int) -> LargeWorkbook | None:
        """Open ``path``, or return None when it is no XLSX or has fewer unpacked bytes than ``at_least``."""
        archive = zipfile.ZipFile(path)
        parts = {part.filename: part.file_size for part in archive.infolist()}
        if "xl/workbook.xml" not in parts or sum(parts.values()) < at_least:
            archive.close()
            return None
        try:
            return cls(archive)
        except BaseException:
            archive.close()  # nobody has it yet who would
            raise

    def __enter__(self) -> LargeWorkbook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._strings:
            self._strings.close()
        self._archive.close()

    def sheet_names(self) -> list[str]:
        return list(self._sheets)

    def rows(self, name: str) -> Rows:
        """Yield (row number, cells) of one sheet."""
        if self._strings is None:
            self._strings = SharedStrings(self._archive)
        reading = SheetReading(self._strings, self._dates, self._from_1904)
        xml = parser()
        xml.StartElementHandler = reading.start
        xml.EndElementHandler = reading.end
        xml.CharacterDataHandler = reading.characters
        with self._archive.open(self._sheets[name]) as part:
            while piece := part.read(PIECE):
                feed(xml, piece)
                yield from reading.taken()
        feed(xml, b"", last=True)

    def _read_workbook(self) -> None:
        targets: dict[str, str] = {}

        def relation(name: str, attributes: dict[str, str]) -> None:
            if LOCAL[name] == "Relationship" and attributes["Type"].endswith("/" + _SHEET):
                target = attributes["Target"]
                targets[attributes["Id"]] = target[1:] if target.startswith("/") else "xl/" + target

        def sheet(name: str, attributes: dict[str, str]) -> None:
            local = LOCAL[name]
            if local == "workbookPr":
                self._from_1904 = attributes.get("date1904") in ("1", "true")
            elif local == "sheet" and attributes.get("state", "visible") == "visible":
                key = next((value for key, value in attributes.items() if LOCAL[key] == "id" and ":" in key), "")
                if key in targets:
                    self._sheets[attributes["name"]] = targets[key]

        self._scan("xl/_rels/workbook.xml.rels", relation)
        self._scan("xl/workbook.xml", sheet)

    def _read_styles(self) -> frozenset[int]:
        formats: dict[int, str] = {}
        styles: list[int] = []
        inside: list[str] = []

        def style(name: str, attributes: dict[str, str]) -> None:
            local = LOCAL[name]
            if local == "numFmt":
                formats[int(attributes["numFmtId"])] = attributes["formatCode"]
            elif local in ("cellXfs", "cellStyleXfs", "dxfs"):
                inside.append(local)
            elif local == "xf" and inside and inside[-1] == "cellXfs":
                styles.append(int(attributes.get("numFmtId", "0")))

        if "xl/styles.xml" in self._archive.namelist():
            self._scan("xl/styles.xml", style)
        return frozenset(i for i, number in enumerate(styles) if is_date_format(number, formats.get(number, "")))

    def _scan(self, part: str, start: Start) -> None:
        xml = parser()
        xml.StartElementHandler = start
        feed(xml, self._archive.read(part), last=True)

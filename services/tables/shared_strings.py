"""The shared strings of an XLSX: cells refer to them by number. Kept in a temporary file, 8 bytes each in memory."""

from __future__ import annotations

import mmap
import tempfile
import zipfile
from array import array

from services.tables.spreadsheet_xml import LOCAL, PIECE, feed, parser


class SharedStrings:
    """The strings that cells refer to by number, in a temporary file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._ends = array("Q", [0])
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ``close``
        self._map: mmap.mmap | None = None
        try:
            if "xl/sharedStrings.xml" in archive.namelist():
                self._read(archive)
        except BaseException:
            self.close()  # nobody has it yet who would
            raise

    def __getitem__(self, number: int) -> str:
        if self._map is None:
            return ""
        return self._map[self._ends[number] : self._ends[number + 1]].decode()

    def close(self) -> None:
        if self._map:
            self._map.close()
        self._file.close()

    def _read(self, archive: zipfile.ZipFile) -> None:
        text: list[str] = []
        taking = [False, False]  # in <t>, in the phonetic <rPh>
        ready: list[str] = []

        def start(name: str, _attributes: dict[str, str]) -> None:
            local = LOCAL[name]
            if local == "t":
                taking[0] = not taking[1]
            elif local == "rPh":
                taking[1] = True

        def end(name: str) -> None:
            local = LOCAL[name]
            if local == "t":
                taking[0] = False
            elif local == "rPh":
                taking[1] = False
            elif local == "si":
                ready.append("".join(text))
                text.clear()

        def characters(data: str) -> None:
            if taking[0]:
                text.append(data)

        xml = parser()
        xml.StartElementHandler, xml.EndElementHandler, xml.CharacterDataHandler = start, end, characters
        with archive.open("xl/sharedStrings.xml") as part:
            while piece := part.read(PIECE):
                feed(xml, piece)
                self._keep(ready)
        if self._ends[-1]:
            self._file.flush()
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def _keep(self, ready: list[str]) -> None:
        position = self._ends[-1]
        for one in ready:
            data = one.encode("utf-8", "replace")
            self._file.write(data)
            position += len(data)
            self._ends.append(position)
        ready.clear()

"""One sheet of an XLSX as rows of text, while its XML passes by."""

from __future__ import annotations

from services.tables.shared_strings import SharedStrings
from services.tables.spreadsheet_cells import number_text, serial_text
from services.tables.spreadsheet_xml import COLUMN_NUMBER, LOCAL


class SheetReading:
    """Handlers that turn the elements of a sheet into rows."""

    def __init__(self, strings: SharedStrings, dates: frozenset[int], from_1904: bool) -> None:
        self._strings = strings
        self._dates = dates
        self._from_1904 = from_1904
        self._rows: list[tuple[int, list[str]]] = []
        self._number = 0
        self._cells: list[str] = []
        self._column = 0
        self._type = "n"
        self._date = False
        self._text: list[str] = []
        self._taking = False
        self._phonetic = False

    def taken(self) -> list[tuple[int, list[str]]]:
        """Return the rows that are complete, once."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = LOCAL[name]
        if local == "c":
            get = attributes.get
            place = get("r")
            self._column = COLUMN_NUMBER[place.rstrip("0123456789")] if place else self._column + 1
            self._type = get("t", "n")
            style = get("s")
            self._date = style is not None and int(style) in self._dates
        elif local in ("v", "t"):
            self._taking = not self._phonetic
        elif local == "row":
            self._number = int(attributes["r"]) if "r" in attributes else self._number + 1
            self._cells = []
            self._column = 0
        elif local == "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        local = LOCAL[name]
        if local in ("v", "t"):
            self._taking = False
        elif local == "c":
            if self._text:
                cells = self._cells
                if self._column > len(cells):
                    cells.extend([""] * (self._column - len(cells)))
                cells[self._column - 1] = self._value("".join(self._text))
                self._text.clear()
        elif local == "row":
            self._rows.append((self._number, self._cells))
        elif local == "rPh":
            self._phonetic = False

    def characters(self, data: str) -> None:
        if self._taking:
            self._text.append(data)

    def _value(self, text: str) -> str:
        kind = self._type
        if kind == "s":
            return self._strings[int(text)]
        if kind in ("str", "inlineStr", "d"):
            return text
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        if kind == "e":
            return ""
        number = float(text)
        return serial_text(number, from_1904=self._from_1904) if self._date else number_text(number)

"""The rules that rows of both files share: what must be there, who the party is, and what codes and dates must be.

Every defect of the row is found at once, so that the clerk mends it once. Nothing that is missing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from events.approval import PartyKind
from services.publication_file import wording
from services.publication_file.defects import Defect, Note
from services.publication_file.layout import Layout
from services.publication_file.repairing import UNREADABLE, Tidy, tidy
from services.publication_file.repeated_rows import is_known_name
from services.publication_file.written_codes import (
    is_placeholder,
    lost_digits,
    wrong_with_identity_number,
    wrong_with_uscc,
)
from services.publication_file.written_dates import WrittenDate, read_date
from services.tables.faults import Fault

_LEGAL = ("法人", "企业", "非法人组织", "法人和其他组织", "法人和非法人组织", "法人或其他组织", "法人及其他组织")
KINDS = {
    **{kind.value: kind for kind in PartyKind},
    **dict.fromkeys(_LEGAL, PartyKind.LEGAL),
    **dict.fromkeys(("个人", "公民"), PartyKind.NATURAL),
    **dict.fromkeys(("个体", "个体户"), PartyKind.INDIVIDUAL_BUSINESS),
}
EARLIEST = date(1949, 10, 1)
IDENTITY_CARD = ("", "身份证", "居民身份证", "身份证号", "中华人民共和国居民身份证", "公民身份号码")
LONGEST = 4000
_NO_DATE = WrittenDate(empty=True)


def _nowhere(_name: str) -> str | None:
    return None


def _none(_code: str) -> Collection[str]:
    return ()


def _never(_code: str) -> bool:
    return False


@dataclass(slots=True)
class Surroundings:
    """What the rules take from outside the row.

    ``today``: the legal date in China. ``allowed_code``: codes that an administrator let through though they fail the
    check digit. ``known_names``: the names registered for a code, if any. ``code_of_body``: the code of the one body
    of that name, for the repair of a placeholder (suggested, never filled in).
    """

    today: date
    allowed_code: Callable[[str], bool] = _never
    known_names: Callable[[str], Collection[str]] = _none
    code_of_body: Callable[[str], str | None] = _nowhere

    def wrong_with_code(self, code: str) -> str | None:
        wrong = wrong_with_uscc(code)
        return None if wrong and self.allowed_code(code) else wrong


class RowReading:
    """One row while it is being read; ``defects`` are what is wrong with it so far."""

    def __init__(self, layout: Layout, around: Surroundings, row: int, cells: Mapping[str, str]) -> None:
        self.layout = layout
        self.meant = layout.meant
        self.around = around
        self.row = row
        self.cells = cells
        self.tidy: Tidy = tidy(cells, layout)
        self.values = self.tidy.values
        self.defects: list[Defect] = []

    def whole(self, required: Collection[str]) -> None:
        """Refuse what is empty of ``required``, and texts that no record can hold."""
        for code in required:
            if not self.values[code]:
                self.require(code)
        text = "".join(self.values.values())
        if UNREADABLE in text or len(text) > LONGEST:
            self.unfit_texts()

    def unfit_texts(self) -> None:
        for code, text in self.values.items():
            if UNREADABLE in text:
                self.refuse(code, wording.UNREADABLE_TEXT)
            elif len(text) > LONGEST:
                self.refuse(code, wording.TOO_LONG.of(limit=LONGEST))

    def refuse(self, column: str, fault: Fault) -> None:
        # The value as the clerk wrote it, so that it is found again in the sheet.
        self.defects.append(self.layout.defect(column, self.cells.get(column, ""), fault))

    def require(self, code: str) -> None:
        fault = wording.PLACEHOLDER_REQUIRED if code in self.tidy.placeholders else wording.REQUIRED
        self.refuse(code, fault.of(heading=self.layout.by_code[code].heading))

    def note(self, column: str, done: str) -> None:
        self.tidy.notes.append(Note(column, done))

    def party(self) -> PartyKind | None:
        stated = self.values[self.meant.kind]
        if not stated:
            return None
        kind = KINDS.get(stated)
        if kind is None:
            self.refuse(self.meant.kind, wording.UNKNOWN_KIND)
            return None
        if stated != kind.value:
            self.note(self.meant.kind, wording.KIND_READ)
        if kind is PartyKind.NATURAL:
            self.natural_person()
        else:
            self.registered_party(kind)
        self.identity_number(self.meant.representative_id_kind, self.meant.representative_id)
        return kind

    def registered_party(self, kind: PartyKind) -> None:
        code = self.values[self.meant.uscc]
        if not code or is_placeholder(code):
            if code:
                self.tidy.placeholders.add(self.meant.uscc)
            self.require(self.meant.uscc)
        elif lost_digits(code):
            self.refuse(self.meant.uscc, wording.LOST_DIGITS)
        elif wrong := self.around.wrong_with_code(code):
            self.refuse(self.meant.uscc, wording.BAD_USCC.of(why=wrong, genuine=self.layout.genuine))
        elif kind is PartyKind.LEGAL and code.startswith("92"):
            self.refuse(self.meant.kind, wording.BUSINESS_AS_LEGAL)
        elif kind is PartyKind.INDIVIDUAL_BUSINESS and not code.startswith("92"):
            self.refuse(self.meant.kind, wording.LEGAL_AS_BUSINESS)
        elif not is_known_name(self.values[self.meant.name], self.around.known_names(code)):
            self.refuse(self.meant.name, wording.NOT_KNOWN_NAME)
        if kind is PartyKind.LEGAL and not self.values[self.meant.representative]:
            self.require(self.meant.representative)

    def natural_person(self) -> None:
        for code in (self.meant.id_kind, self.meant.id_number):
            if not self.values[code]:
                self.require(code)
        if is_placeholder(self.values[self.meant.uscc]):
            self.values[self.meant.uscc] = ""
        self.identity_number(self.meant.id_kind, self.meant.id_number)

    def identity_number(self, kind_column: str, column: str) -> None:
        number = self.values[column]
        if not number:
            return
        if lost_digits(number):
            self.refuse(column, wording.LOST_DIGITS)
        elif self.values[kind_column] in IDENTITY_CARD and (wrong := wrong_with_identity_number(number)):
            self.refuse(column, wording.BAD_IDENTITY_NUMBER.of(why=wrong))

    def decided_on(self) -> WrittenDate:
        column = self.meant.decided
        decided = self.day(column)
        if decided.empty and self.values[column]:
            self.require(column)
        if decided.day and decided.day > self.around.today:
            self.refuse(column, wording.FUTURE_DECISION.of(heading=self.layout.by_code[column].heading))
        return decided

    def body(self) -> str:
        source = self.values[self.meant.source_code]
        if source and is_placeholder(source):
            self.values[self.meant.source_code] = ""
            self.note(self.meant.source_code, wording.PLACEHOLDER_SOURCE)
        code = self.values[self.meant.body_code]
        if not code:
            return ""
        if is_placeholder(code):
            known = self.around.code_of_body(self.values[self.meant.body])
            self.refuse(
                self.meant.body_code,
                wording.PLACEHOLDER_BODY.of(body=self.layout.body_title, hint=f": {known}" if known else ""),
            )
        elif lost_digits(code):
            self.refuse(self.meant.body_code, wording.LOST_DIGITS)
        elif wrong := self.around.wrong_with_code(code):
            self.refuse(self.meant.body_code, wording.BAD_USCC.of(why=wrong, genuine=self.layout.genuine))
        return code

    def day(self, column: str) -> WrittenDate:
        text = self.values[column]
        if not text:
            return _NO_DATE
        found = read_date(text)
        if found.fault:
            self.refuse(column, found.fault)
        elif found.empty:
            self.tidy.placeholders.add(column)
        elif found.forever and column not in self.layout.endless:
            self.refuse(column, wording.LONG_TERM_START.of(heading=self.layout.by_code[column].heading))
        elif found.day and found.day < EARLIEST:
            self.refuse(column, wording.ANCIENT)
        if found.note:
            self.note(column, found.note)
        return found

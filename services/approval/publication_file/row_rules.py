"""The rules for one row: what must be there, and what its codes, dates and numbers must be.

Every defect of the row is found at once, so that the clerk mends it once. Nothing that is missing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from events.approval import PartyKind
from services.approval.publication_file import wording
from services.approval.publication_file.columns import BY_CODE
from services.approval.publication_file.published_permit import Defect, Note, PublishedPermit, RefusedRow, defect
from services.approval.publication_file.repairing import UNREADABLE, Tidy, tidy
from services.approval.publication_file.repeated_rows import is_known_name
from services.approval.publication_file.stated_status import StatedStatus, read_status
from services.approval.publication_file.written_codes import (
    is_placeholder,
    lost_digits,
    wrong_with_identity_number,
    wrong_with_uscc,
)
from services.approval.publication_file.written_dates import WrittenDate, read_date
from services.tables.faults import Fault

_LEGAL = ("法人", "企业", "非法人组织", "法人和其他组织", "法人和非法人组织", "法人或其他组织", "法人及其他组织")
KINDS = {
    **{kind.value: kind for kind in PartyKind},
    **dict.fromkeys(_LEGAL, PartyKind.LEGAL),
    **dict.fromkeys(("个人", "公民"), PartyKind.NATURAL),
    **dict.fromkeys(("个体", "个体户"), PartyKind.INDIVIDUAL_BUSINESS),
}
ALWAYS_REQUIRED = ("XK_XDR_MC", "XK_XDR_LB", "XK_XKWS", "XK_XKLB", "XK_JDRQ", "XK_XKJG", "XK_XKJGDM", "XK_ZT")
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
    of that name, for the repair of a placeholder (suggested, never filled in). ``older_list``: whether the file was
    seen to write 当前状态 by the list before 2018.
    """

    today: date
    allowed_code: Callable[[str], bool] = _never
    known_names: Callable[[str], Collection[str]] = _none
    code_of_body: Callable[[str], str | None] = _nowhere
    older_list: bool = False

    def wrong_with_code(self, code: str) -> str | None:
        wrong = wrong_with_uscc(code)
        return None if wrong and self.allowed_code(code) else wrong


class RowReading:
    """One row while it is being read; ``read`` answers with the permit, or with all that is wrong."""

    def __init__(self, around: Surroundings, row: int, cells: Mapping[str, str]) -> None:
        self.around = around
        self.row = row
        self.cells = cells
        self.tidy: Tidy = tidy(cells)
        self.values = self.tidy.values
        self.defects: list[Defect] = []

    def read(self) -> PublishedPermit | RefusedRow:
        values = self.values
        for code in ALWAYS_REQUIRED:
            if not values[code]:
                self.require(code)
        whole = "".join(values.values())
        if UNREADABLE in whole or len(whole) > LONGEST:
            self.unfit_texts()
        kind = self.party()
        status = self.status()
        body = self.body()
        decided = self.day("XK_JDRQ")
        start = self.day("XK_YXQZ")
        end = self.day("XK_YXQZI")
        self.term(decided, start, end, status)
        number, document = self.numbers()
        if self.defects:
            return RefusedRow(self.row, self.cells, tuple(self.defects))
        assert kind is not None
        assert decided.day is not None
        return PublishedPermit(
            self.row, values["XK_XDR_MC"], kind, values["XK_XDR_SHXYM"], values["XK_XDR_GSZC"], values["XK_XDR_ZZJG"],
            values["XK_XDR_SWDJ"], values["XK_XDR_SYDW"], values["XK_XDR_SHZZ"], values["XK_FRDB"],
            values["XK_FR_ZJLX"], values["XK_FR_ZJHM"], values["XK_XDR_ZJLX"], values["XK_XDR_ZJHM"],
            values["XK_XKWS"], document, values["XK_XKLB"], values["XK_XKZS"], number, values["XK_NR"],
            decided.day, start.day, end.day, end.forever, values["XK_XKJG"], body, status, values["XK_ZT"],
            values["XK_LYDW"], values["XK_LYDWDM"], values["BZ"], tuple(self.tidy.notes),
        )  # fmt: skip

    def unfit_texts(self) -> None:
        for code, text in self.values.items():
            if UNREADABLE in text:
                self.refuse(code, wording.UNREADABLE_TEXT)
            elif len(text) > LONGEST:
                self.refuse(code, wording.TOO_LONG.of(limit=LONGEST))

    def refuse(self, column: str, fault: Fault) -> None:
        # The value as the clerk wrote it, so that it is found again in the sheet.
        self.defects.append(defect(column, self.cells.get(column, ""), fault))

    def require(self, code: str) -> None:
        fault = wording.PLACEHOLDER_REQUIRED if code in self.tidy.placeholders else wording.REQUIRED
        self.refuse(code, fault.of(heading=BY_CODE[code].heading))

    def note(self, column: str, done: str) -> None:
        self.tidy.notes.append(Note(column, done))

    def party(self) -> PartyKind | None:
        stated = self.values["XK_XDR_LB"]
        if not stated:
            return None
        kind = KINDS.get(stated)
        if kind is None:
            self.refuse("XK_XDR_LB", wording.UNKNOWN_KIND)
            return None
        if stated != kind.value:
            self.note("XK_XDR_LB", wording.KIND_READ)
        if kind is PartyKind.NATURAL:
            self.natural_person()
        else:
            self.registered_party(kind)
        self.identity_number("XK_FR_ZJLX", "XK_FR_ZJHM")
        return kind

    def registered_party(self, kind: PartyKind) -> None:
        code = self.values["XK_XDR_SHXYM"]
        if not code or is_placeholder(code):
            if code:
                self.tidy.placeholders.add("XK_XDR_SHXYM")
            self.require("XK_XDR_SHXYM")
        elif lost_digits(code):
            self.refuse("XK_XDR_SHXYM", wording.LOST_DIGITS)
        elif wrong := self.around.wrong_with_code(code):
            self.refuse("XK_XDR_SHXYM", wording.BAD_USCC.of(why=wrong))
        elif kind is PartyKind.LEGAL and code.startswith("92"):
            self.refuse("XK_XDR_LB", wording.BUSINESS_AS_LEGAL)
        elif kind is PartyKind.INDIVIDUAL_BUSINESS and not code.startswith("92"):
            self.refuse("XK_XDR_LB", wording.LEGAL_AS_BUSINESS)
        elif not is_known_name(self.values["XK_XDR_MC"], self.around.known_names(code)):
            self.refuse("XK_XDR_MC", wording.NOT_KNOWN_NAME)
        if kind is PartyKind.LEGAL and not self.values["XK_FRDB"]:
            self.require("XK_FRDB")

    def natural_person(self) -> None:
        for code in ("XK_XDR_ZJLX", "XK_XDR_ZJHM"):
            if not self.values[code]:
                self.require(code)
        if is_placeholder(self.values["XK_XDR_SHXYM"]):
            self.values["XK_XDR_SHXYM"] = ""
        self.identity_number("XK_XDR_ZJLX", "XK_XDR_ZJHM")

    def identity_number(self, kind_column: str, column: str) -> None:
        number = self.values[column]
        if not number:
            return
        if lost_digits(number):
            self.refuse(column, wording.LOST_DIGITS)
        elif self.values[kind_column] in IDENTITY_CARD and (wrong := wrong_with_identity_number(number)):
            self.refuse(column, wording.BAD_IDENTITY_NUMBER.of(why=wrong))

    def status(self) -> StatedStatus:
        text = self.values["XK_ZT"]
        if text in ("0", "0.0"):
            self.around.older_list = True
        status = read_status(text, older_list=self.around.older_list)
        # The document is what was decided; the state of a refusal is often left as "valid".
        refusal = status is StatedStatus.VALID and "不予" in self.values["XK_XKWS"]
        return StatedStatus.NOT_GRANTED if refusal else status

    def body(self) -> str:
        source = self.values["XK_LYDWDM"]
        if source and is_placeholder(source):
            self.values["XK_LYDWDM"] = ""
            self.note("XK_LYDWDM", wording.PLACEHOLDER_SOURCE)
        code = self.values["XK_XKJGDM"]
        if not code:
            return ""
        if is_placeholder(code):
            known = self.around.code_of_body(self.values["XK_XKJG"])
            self.refuse("XK_XKJGDM", wording.PLACEHOLDER_BODY.of(hint=f": {known}" if known else ""))
        elif lost_digits(code):
            self.refuse("XK_XKJGDM", wording.LOST_DIGITS)
        elif wrong := self.around.wrong_with_code(code):
            self.refuse("XK_XKJGDM", wording.BAD_USCC.of(why=wrong))
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
        elif found.forever and column != "XK_YXQZI":
            self.refuse(column, wording.LONG_TERM_START.of(heading=BY_CODE[column].heading))
        elif found.day and found.day < EARLIEST:
            self.refuse(column, wording.ANCIENT)
        if found.note:
            self.note(column, found.note)
        return found

    def term(self, decided: WrittenDate, start: WrittenDate, end: WrittenDate, status: StatedStatus) -> None:
        if decided.empty and self.values["XK_JDRQ"]:
            self.require("XK_JDRQ")
        if decided.day and decided.day > self.around.today:
            self.refuse("XK_JDRQ", wording.FUTURE_DECISION)
        if end.empty and status is StatedStatus.VALID:
            self.refuse("XK_YXQZI", wording.NO_TERM)
        if start.day and end.day and end.day < start.day:
            self.refuse("XK_YXQZI", wording.END_BEFORE_START)

    def numbers(self) -> tuple[str, str]:
        """Return (permit, document) numbers; the one stands in for the other, as the standard says."""
        number, document = self.values["XK_XKBH"], self.values["XK_WSH"]
        for column, text in (("XK_XKBH", number), ("XK_WSH", document)):
            if lost_digits(text):
                self.refuse(column, wording.LOST_DIGITS)
        if not number and not document:
            self.refuse("XK_WSH", wording.NO_NUMBER)
        elif not document:
            self.note("XK_WSH", wording.NUMBER_FROM_PERMIT)
        elif not number:
            self.note("XK_XKBH", wording.NUMBER_FROM_DOCUMENT)
        return number or document, document or number

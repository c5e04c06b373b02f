"""The rules for one row of a permits file: those that both files share, and what a permit needs besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.approval.publication_file import wording
from services.approval.publication_file.columns import LAYOUT
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.stated_status import StatedStatus, read_status
from services.publication_file import row_reading
from services.publication_file.defects import RefusedRow
from services.publication_file.wording import LOST_DIGITS
from services.publication_file.written_codes import lost_digits
from services.publication_file.written_dates import WrittenDate

ALWAYS_REQUIRED = ("XK_XDR_MC", "XK_XDR_LB", "XK_XKWS", "XK_XKLB", "XK_JDRQ", "XK_XKJG", "XK_XKJGDM", "XK_ZT")


@dataclass(slots=True)
class Surroundings(row_reading.Surroundings):
    """``older_list``: whether the file was seen to write 当前状态 by the list before 2018."""

    older_list: bool = False


class PermitReading(row_reading.RowReading):
    """One row while it is being read; ``read`` answers with the permit, or with all that is wrong."""

    around: Surroundings

    def __init__(self, around: Surroundings, row: int, cells: Mapping[str, str]) -> None:
        super().__init__(LAYOUT, around, row, cells)

    def read(self) -> PublishedPermit | RefusedRow:
        values = self.values
        self.whole(ALWAYS_REQUIRED)
        kind = self.party()
        status = self.status()
        body = self.body()
        decided = self.decided_on()
        start = self.day("XK_YXQZ")
        end = self.day("XK_YXQZI")
        self.term(start, end, status)
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

    def status(self) -> StatedStatus:
        text = self.values["XK_ZT"]
        if text in ("0", "0.0"):
            self.around.older_list = True
        status = read_status(text, older_list=self.around.older_list)
        # The document is what was decided; the state of a refusal is often left as "valid".
        refusal = status is StatedStatus.VALID and "不予" in self.values["XK_XKWS"]
        return StatedStatus.NOT_GRANTED if refusal else status

    def term(self, start: WrittenDate, end: WrittenDate, status: StatedStatus) -> None:
        if end.empty and status is StatedStatus.VALID:
            self.refuse("XK_YXQZI", wording.NO_TERM)
        if start.day and end.day and end.day < start.day:
            self.refuse("XK_YXQZI", wording.END_BEFORE_START)

    def numbers(self) -> tuple[str, str]:
        """Return (permit, document) numbers; the one stands in for the other, as the standard says."""
        number, document = self.values["XK_XKBH"], self.values["XK_WSH"]
        for column, text in (("XK_XKBH", number), ("XK_WSH", document)):
            if lost_digits(text):
                self.refuse(column, LOST_DIGITS)
        if not number and not document:
            self.refuse("XK_WSH", wording.NO_NUMBER)
        elif not document:
            self.note("XK_WSH", wording.NUMBER_FROM_PERMIT)
        elif not number:
            self.note("XK_XKBH", wording.NUMBER_FROM_DOCUMENT)
        return number or document, document or number

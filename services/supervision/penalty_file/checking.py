"""Is a row fit to be recorded? By its own rules, and against what the same file said before.

One ``Checker`` reads one file, row by row, and keeps no row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.publication_file.defects import Note, RefusedRow, RepeatedRow
from services.publication_file.party_columns import stated_party
from services.publication_file.repeated_rows import RowsSeen
from services.publication_file.row_reading import RowReading, Surroundings
from services.publication_file.wording import LOST_DIGITS, OTHER_NAME
from services.publication_file.written_codes import lost_digits
from services.publication_file.written_dates import WrittenDate
from services.refusing import Refused
from services.supervision import penalty as life
from services.supervision.penalty_amounts import WAN, plain
from services.supervision.penalty_file import wording
from services.supervision.penalty_file.columns import COLUMN_OF, LAYOUT, PREFIX, REQUIRED
from services.supervision.penalty_stated import StatedPenalty
from services.tables.faults import Fault

_AMOUNT = re.compile(r"(\d{1,12}(?:\.\d+)?)(亿|万)?(元)?(?:整)?")
_FINEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True, repr=False)
class PublishedPenalty:
    """One row, read. Its text for a log (``repr``) carries no values."""

    row: int
    stated: StatedPenalty
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        return f"PublishedPenalty(row {self.row})"


Checked = PublishedPenalty | RefusedRow | RepeatedRow


class Checker:
    """Checks the rows of one file in order, each by itself and against the rows before it."""

    def __init__(self, around: Surroundings, batch: UUID, officer: str = "") -> None:
        self.around = around
        self.batch = batch
        self.officer = officer
        self.seen = RowsSeen()

    def check(self, row: int, cells: Mapping[str, str]) -> Checked:
        """Return what row ``row`` is: a penalty, a refused row with all its defects, or a repeat of another row."""
        checked = PenaltyReading(self.around, row, cells).read(self.batch, self.officer)
        return self._against_file(checked, cells) if isinstance(checked, PublishedPenalty) else checked

    def _against_file(self, penalty: PublishedPenalty, cells: Mapping[str, str]) -> Checked:
        stated = penalty.stated
        number = (stated.department, stated.document_number)
        content = stated.model_dump_json()
        if other := self.seen.other_row(number, content):
            row, same = other
            if same:
                return RepeatedRow(penalty.row, row)
            fault = wording.CONFLICTING.of(row=row)
            return RefusedRow(penalty.row, cells, (LAYOUT.defect("CF_WSH", stated.document_number, fault),))
        code = stated.party.identifier
        if other_row := self.seen.row_of_other_name(code, stated.party.name, number):
            fault = OTHER_NAME.of(row=other_row)
            return RefusedRow(penalty.row, cells, (LAYOUT.defect("CF_XDR_MC", stated.party.name, fault),))
        self.seen.remember_name(penalty.row, code, stated.party.name)
        self.seen.remember(penalty.row, number, content, number)
        return penalty


class PenaltyReading(RowReading):
    """One row while it is being read; ``read`` answers with the penalty, or with all that is wrong."""

    def __init__(self, around: Surroundings, row: int, cells: Mapping[str, str]) -> None:
        super().__init__(LAYOUT, around, row, cells)

    def read(self, batch: UUID | None, officer: str) -> PublishedPenalty | RefusedRow:
        """``batch``: the file that the row is of; none when it is no file's."""
        values = self.values
        self.whole(REQUIRED)
        kind = self.party()
        body = self.body()
        decided = self.decided_on()
        ends, published = (self.ending(column, decided) for column in ("CF_YXQ", "CF_GSJZQ"))
        fine, confiscated = (self.amount(column) for column in ("CF_NR_FK", "CF_NR_WFFF"))
        if lost_digits(values["CF_WSH"]):
            self.refuse("CF_WSH", LOST_DIGITS)
        if self.defects:
            return RefusedRow(self.row, self.cells, tuple(self.defects))
        assert kind is not None
        assert decided.day is not None
        stated = StatedPenalty(
            party=stated_party(kind, values, PREFIX),
            document_number=values["CF_WSH"],
            violation_kind=values["CF_WFXW"],
            violation_facts=values["CF_SY"],
            legal_basis=values["CF_YJ"],
            penalty_kind=values["CF_CFLB"],
            content=values["CF_NR"],
            fine=fine,
            confiscated=confiscated,
            certificates=values["CF_NR_ZKDX"],
            decision_date=decided.day,
            valid_to=ends.day,
            published_until=published.day,
            department=body,
            department_name=values["CF_CFJG"],
            data_source=values["CF_SJLY"],
            data_source_code=values["CF_SJLYDM"],
            remark=values["BZ"],
            batch=batch,
            officer=officer,
        )
        try:
            life.check(stated, self.around.today)
        except Refused as refused:
            fault = Fault(refused.rule.code, refused.text, refused.rule.repair)
            self.refuse(COLUMN_OF.get(refused.field, ""), fault)
            return RefusedRow(self.row, self.cells, tuple(self.defects))
        return PublishedPenalty(self.row, stated, tuple(self.tidy.notes))

    def ending(self, column: str, decided: WrittenDate) -> WrittenDate:
        ends = self.day(column)
        if ends.day and decided.day and ends.day < decided.day:
            self.refuse(column, Fault(life.END_BEFORE_START.code, life.END_BEFORE_START.text, "请核对日期。"))
        return ends

    def amount(self, column: str) -> Decimal | None:
        """Return the amount in 万元. Nothing but a number, or one that says 万元, is one."""
        text = re.sub(r"[,\s]", "", unicodedata.normalize("NFKC", self.values[column]))
        if not text:
            return None
        found = _AMOUNT.fullmatch(text)
        if found is None:
            self.refuse(column, wording.BAD_AMOUNT)
            return None
        number = Decimal(found[1])
        if found[3] and not found[2]:
            self.refuse(column, wording.AMOUNT_IN_YUAN.of(right=plain(number / WAN)))
            return None
        if found[2] or found[3]:
            self.note(column, wording.AMOUNT_READ)
        number *= WAN if found[2] == "亿" else 1
        # A spreadsheet counts in halves and quarters: 0.2 may come as 0.20000000000000001.
        rounded = number.quantize(_FINEST)
        if abs(rounded - number) > _FINEST / 1000:
            self.refuse(column, wording.BAD_AMOUNT)
        return rounded

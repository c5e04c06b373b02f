"""Is a row fit to be decided on? By its own rules, and against what the same file said before.

One ``Checker`` reads one file, row by row, and keeps no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from services.approval.publication_file import wording
from services.approval.publication_file.columns import LAYOUT
from services.approval.publication_file.published_permit import Checked, PublishedPermit
from services.approval.publication_file.row_rules import PermitReading, Surroundings
from services.approval.publication_file.stated_status import ENDINGS, StatedStatus
from services.publication_file.defects import RefusedRow, RepeatedRow
from services.publication_file.repeated_rows import RowsSeen
from services.publication_file.wording import OTHER_NAME

_content = attrgetter(*(set(PublishedPermit.__dataclass_fields__) - {"row", "notes", "status_text"}))


class Checker:
    """Checks the rows of one file in order, each by itself and against the rows before it."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.seen = RowsSeen()

    def check(self, row: int, cells: Mapping[str, str]) -> Checked:
        """Return what row ``row`` is: a permit, a refused row with all its defects, or a repeat of another row."""
        checked = PermitReading(self.around, row, cells).read()
        return self._against_file(checked, cells) if isinstance(checked, PublishedPermit) else checked

    def _against_file(self, permit: PublishedPermit, cells: Mapping[str, str]) -> Checked:
        number = (permit.deciding_body, permit.permit_number)
        # The end of a permit is stated with the document of its grant as often as with one of its own.
        ended = permit.status if permit.status in ENDINGS or permit.status is StatedStatus.ENDED else None
        decision = (number, permit.document_number, permit.decision_date, ended)
        content = _content(permit)
        if other := self.seen.other_row(decision, content):
            row, same = other
            if same:
                return RepeatedRow(permit.row, row)
            column = "XK_XKBH" if cells.get("XK_XKBH", "").strip() else "XK_WSH"
            fault = wording.CONFLICTING.of(row=row)
            return RefusedRow(permit.row, cells, (LAYOUT.defect(column, permit.permit_number, fault),))
        if permit.uscc:
            if other_row := self.seen.row_of_other_name(permit.uscc, permit.party_name, number):
                fault = OTHER_NAME.of(row=other_row)
                return RefusedRow(permit.row, cells, (LAYOUT.defect("XK_XDR_MC", permit.party_name, fault),))
            self.seen.remember_name(permit.row, permit.uscc, permit.party_name)
        self.seen.remember(permit.row, decision, content, number)
        return permit

"""What a row of the file is after reading: a permit with typed values, or a refused row with what is wrong in it.

The texts that Python shows of these (``repr``) carry no personal values, so that they may reach a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from events.approval import PartyKind
from services.approval.publication_file.columns import BY_CODE
from services.approval.publication_file.stated_status import StatedStatus
from services.tables.faults import Fault


@dataclass(frozen=True, slots=True)
class Note:
    """A value that was read otherwise than it was written (a repair that needs nobody): where, and what was done."""

    column: str
    done: str


@dataclass(frozen=True, slots=True, repr=False)
class Defect:
    """Why a row is refused: the column, the value as written, the reason, and the repair when there is one."""

    column: str
    value: str
    reason: str
    repair: str
    code: str

    @property
    def heading(self) -> str:
        column = BY_CODE.get(self.column)
        return column.heading if column else ""

    def masked(self) -> str:
        """Return the value for a log: hidden in a personal column."""
        column = BY_CODE.get(self.column)
        return "***" if self.value and (column is None or column.personal) else self.value

    def __repr__(self) -> str:
        return f"Defect({self.column}, {self.code}, {self.masked()!r})"


def defect(column: str, value: str, fault: Fault) -> Defect:
    """Return ``fault`` as found in ``column``."""
    return Defect(column, value, fault.reason, fault.repair, fault.code)


@dataclass(frozen=True, slots=True, repr=False)
class RefusedRow:
    """A row that does not go through. ``cells`` are the values as the clerk wrote them, by column code."""

    row: int
    cells: Mapping[str, str]
    defects: tuple[Defect, ...]

    def __repr__(self) -> str:
        return f"RefusedRow({self.row}, {self.defects!r})"


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """A row that says exactly what row ``of`` said already."""

    row: int
    of: int


@dataclass(frozen=True, slots=True, repr=False)
class PublishedPermit:
    """One row, read: the 28 meanings, typed. Empty text is "not stated"; a date that is not stated is None.

    ``permit_number`` and ``document_number`` stand in for one another when one is empty, as the standard says.
    """

    row: int
    party_name: str
    party_kind: PartyKind
    uscc: str
    registration_number: str
    organisation_code: str
    tax_number: str
    institution_number: str
    social_organisation_number: str
    legal_representative: str
    representative_id_kind: str
    representative_id: str
    id_kind: str
    id_number: str
    document_name: str
    document_number: str
    category: str
    certificate_name: str
    permit_number: str
    content: str
    decision_date: date
    valid_from: date | None
    valid_to: date | None
    long_term: bool
    deciding_body_name: str
    deciding_body: str
    status: StatedStatus
    status_text: str
    data_source: str
    data_source_code: str
    remark: str
    notes: tuple[Note, ...] = ()

    @property
    def identifier(self) -> str:
        """The number by which the party is known: its USCC, or a natural person's identity document."""
        return self.id_number if self.party_kind is PartyKind.NATURAL else self.uscc

    def __repr__(self) -> str:
        return f"PublishedPermit(row {self.row})"


Checked = PublishedPermit | RefusedRow | RepeatedRow

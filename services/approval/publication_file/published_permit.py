"""What a row of the file is after reading: a permit with typed values, or a refused row with what is wrong in it.

The text that Python shows of a permit (``repr``) carries no personal values, so that it may reach a log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from events.approval import PartyKind
from services.approval.publication_file.stated_status import StatedStatus
from services.publication_file.defects import Note, RefusedRow, RepeatedRow


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

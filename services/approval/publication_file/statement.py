"""A checked row becomes a decision as any other: with matter, region, level and kind found for it."""

from __future__ import annotations

from uuid import UUID

from events.approval import BodyRegistered, PartyKind
from services.approval.decision import Decision, Kind
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.stated_status import ENDINGS, StatedStatus
from services.stated import StatedParty

_OTHER_IDS = (
    "registration_number",
    "organisation_code",
    "tax_number",
    "institution_number",
    "social_organisation_number",
)
_REASONED = ENDINGS | {StatedStatus.ENDED, StatedStatus.NOT_GRANTED}


def statement(
    row: PublishedPermit,
    body: BodyRegistered,
    matter_code: str,
    *,
    batch: UUID,
    opening_stock: bool = False,
) -> Decision:
    """Return the decision that ``row`` states. What the row does not say stays unsaid; its kind is read later, from the
    permit as it then stands."""
    natural = row.party_kind is PartyKind.NATURAL
    party = StatedParty(
        kind=row.party_kind,
        name=row.party_name,
        identifier=row.identifier,
        identifier_kind=row.id_kind if natural else "",
        legal_representative=row.legal_representative,
        representative_id_kind=row.representative_id_kind,
        representative_id=row.representative_id,
        other_ids={name: value for name in _OTHER_IDS if (value := getattr(row, name))},
    )
    return Decision(
        kind=Kind.AMEND,
        deciding_body=row.deciding_body,
        deciding_body_name=row.deciding_body_name,
        matter_code=matter_code,
        region_code=body.region_code,
        level=body.level,
        party=party,
        permit_number=row.permit_number,
        certificate_name=row.certificate_name,
        document_name=row.document_name,
        document_number=row.document_number,
        category=row.category,
        content=row.content,
        decision_date=row.decision_date,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        long_term=row.long_term,
        place="",
        commitment=False,
        contact="",
        reason=_reason(row),
        legal_basis="",
        data_source=row.data_source,
        data_source_code=row.data_source_code,
        remark=row.remark,
        opening_stock=opening_stock,
        batch=batch,
    )


def _reason(row: PublishedPermit) -> str:
    if row.status not in _REASONED:
        return ""
    said = row.document_name if row.status_text.isdecimal() else row.status_text
    # A remark about a person may name the person, and a reason is public.
    return said if row.party_kind is not PartyKind.LEGAL else row.remark or said

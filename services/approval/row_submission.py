"""What is handed to the desk for a row of a permits file: the file names neither matter nor kind of decision."""

from __future__ import annotations

from uuid import UUID

from services.approval.decision import Kind
from services.approval.outcome import Submission
from services.approval.permit_state import Permit
from services.approval.places import NotFound, Places
from services.approval.publication_file.kind_of_decision import Ambiguous, KnownPermit, Unchanged, kind_of
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.statement import statement


def submission(
    row: PublishedPermit,
    places: Places,
    batch: UUID,
    *,
    opening_stock: bool,
    correction: bool,
    chosen: Kind | None = None,
) -> Submission | NotFound:
    """Return what is handed to the desk for ``row``, or why it must wait. ``correction``: what differs from the permit
    as it stands is a wrong fact put right; ``chosen``: the kind that a person chose."""
    body = places.body(row.deciding_body, row.decision_date)
    if isinstance(body, NotFound):
        return body
    matter = places.matter(row.deciding_body, row.certificate_name, row.document_name, row.content, row.decision_date)
    if isinstance(matter, NotFound):
        return matter

    def read_kind(permit: Permit, repeats: bool) -> Kind | Unchanged | Ambiguous:
        return chosen or kind_of(row, _known(permit, repeats), correction=correction)

    decision = statement(row, body, matter, batch=batch, opening_stock=opening_stock)
    return Submission(decision, read_kind=read_kind)


def _known(permit: Permit, repeats: bool) -> KnownPermit | None:
    now = permit.now
    if now is None:
        return None
    return KnownPermit(now.status, now.facts.valid_to, now.facts.document_number, now.decision_date, repeats)

"""What supervision asks of a bureau when one of its decisions cannot be applied: a correction of the same permit."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE


def correction_stream(permit: UUID, version: int) -> UUID:
    """Return the stream of what was asked about one version of a permit."""
    return uuid5(NAMESPACE, f"correction/{permit}/{version}")


class CorrectionRequested(Said):
    """请求更正: version ``permit_version`` of the permit stands still at supervision, with all that follows it.

    ``fault`` names the kind of fault as it was parked, never contents; ``reason`` is the operator's own words.
    """

    permit: UUID
    permit_version: int
    type: str
    fault: str
    reason: str
    requested_by: str
    requested_on: date

"""What the supervision side says of permits whose last day is over: 届满 is a fact of its own, with a date.

One stream for each permit and last day, its id from both, so that a permit that was renewed can expire again.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from events.penalties import OfPermit


class PermitExpired(OfPermit):
    """届满. Nobody has renewed or cancelled the permit: it stays listed as 已届满未注销."""

    valid_to: date


class ExpiryEnding(StrEnum):
    """Why a permit is not 已届满未注销 any more: another last day holds, or it has ended."""

    RENEWED = "renewed"
    ENDED = "ended"


class ExpiryEnded(OfPermit):
    """The permit was renewed or cancelled after it had expired."""

    valid_to: date
    how: ExpiryEnding


def expiry_stream(permit: UUID, valid_to: date) -> UUID:
    """Return the stream of a permit's expiry on that last day."""
    return uuid5(NAMESPACE, f"expiry/{permit}/{valid_to}")

"""What the approval side says in a consultation (会商): the opinion of the body that decided, from its own address.

One stream for each consultation and body: the supervision side records each opinion once, whatever comes twice.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE


def opinion_stream(permit: UUID, number: int, body: str) -> UUID:
    """Return the stream of what ``body`` says in the consultation ``number`` about ``permit``."""
    return uuid5(NAMESPACE, f"stated-opinion/{permit}/{number}/{body}")


class OpinionStated(Said):
    """会商意见 of an approval body. It becomes an ``opinion_given`` in the permit's stream of the supervision side."""

    permit: UUID
    number: int
    body: str
    clerk: str
    text: str
    legal_basis: str = ""

"""What the approval side says when it hands its existing permits over: a batch of opening stock (存量移交) is whole.

One stream for each batch and body, found from both: who imports the rest of a file says the new count in it.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE


def stock_stream(batch: UUID, body: str) -> UUID:
    """Return the stream in which it is said how many decisions of ``body`` the batch holds."""
    return uuid5(NAMESPACE, f"stock/{batch}/{body}")


class StockHandedOver(Said):
    """存量移交. ``decisions``: how many of this body were recorded from the batch so far, as opening stock.

    A receiver that has as many knows that nothing is on its way any more, in whatever order they came.
    """

    batch: UUID
    body: str
    body_name: str
    decisions: int

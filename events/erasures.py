"""What the approval side says when the key of a party was destroyed: nobody can read its personal facts any more.

Whoever reads the log from the beginning, or restores an older copy of the keys, erases the same party again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from events.approval import Said
from events.envelope import NAMESPACE


def erasure_stream(party: UUID) -> UUID:
    """Return the stream that holds the erasure of a party, and nothing else."""
    return uuid5(NAMESPACE, f"erasure/{party}")


class PartyErased(Said):
    """删除个人信息 (PIPL Art. 47): decided by two people. ``reason`` names no person."""

    party_id: UUID
    reason: str
    asked_by: str
    asked_at: datetime
    consented_by: str
    consented_at: datetime

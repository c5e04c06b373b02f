"""What must be asked about a party before a command about its penalty can be decided: who it is, what may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from events.approval import Party
from services.party_resolution import AskedParty
from services.refusing import Refused
from services.supervision.penalty import UNKNOWN_PENALTY
from services.supervision.penalty_stated import Amend, Annul, Command, Impose, Repair, StatedPenalty

FREE_TEXTS = ("violation_facts", "content", "remark")
MAY_NAME = (
    "document_number", "violation_kind", "legal_basis", "penalty_kind", "certificates", "department_name",
    "data_source",
)  # fmt: skip


def question(command: Command, penalty: UUID | None, parties: Mapping[UUID, Party]) -> AskedParty | None:
    """Return what to ask for ``command``; ``parties``: those of the penalties that are recorded. Nothing to confirm
    permits, which says no words."""
    if isinstance(command, Impose):
        return _of(command.penalty, command.amending)
    if isinstance(command, Amend):
        return _of(command.penalty, command.reason)
    if penalty is None or penalty not in parties:
        raise Refused(UNKNOWN_PENALTY)
    if isinstance(command, Annul | Repair):
        return AskedParty(known=parties[penalty], words={"reason": command.reason})
    return None


def _of(stated: StatedPenalty, reason: str) -> AskedParty:
    return AskedParty(
        party=stated.party,
        free_texts={name: getattr(stated, name) for name in FREE_TEXTS},
        texts={name: getattr(stated, name) for name in MAY_NAME},
        words={"reason": reason},
    )

"""What is known against a party, and what the approval side says each of it means for a matter."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from events.approval import Said


class FactKind(StrEnum):
    """What may be known against a party: 处罚, 冻结, 承诺核查未通过, 整改中, 许可被吊销, 许可被撤销."""

    PENALTY = "penalty"
    FREEZE = "freeze"
    FAILED_COMMITMENT = "failed_commitment"
    RECTIFICATION = "rectification"
    PERMIT_REVOKED = "permit_revoked"
    PERMIT_ANNULLED = "permit_annulled"


class Means(StrEnum):
    """What a fact means for a grant: it must wait, it must be looked into, it is good to know."""

    BLOCK = "block"
    WARN = "warn"
    NOTE = "note"


class StandingRuleSet(Said):
    """From ``valid_from`` on a fact of this kind means this for a matter.

    ``matter_code``: only when that matter is asked about; ``*`` for every one. ``same_matter``: only a fact about a
    permit of the very matter that is asked about. The narrower rule wins, then the one that begins last.
    """

    kind: FactKind
    matter_code: str = "*"
    same_matter: bool = False
    means: Means
    valid_from: date
    valid_to: date | None = None
    legal_basis: str = ""
    clerk: str = ""

"""What the approval side says: one event for each decision about a permit.

Every decision carries the permit's public facts as they stand *after* it, so that a reader needs no other event to
know them. Personal facts (names and numbers of natural persons and of 个体工商户, legal representatives) are not here:
they travel encrypted beside, see ``events/sealing.py``.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Said(BaseModel):
    """Base of every payload: frozen, and fields that this version does not know survive a round trip."""

    model_config = ConfigDict(frozen=True, extra="allow")


class PartyKind(StrEnum):
    """行政相对人类别, as the 双公示 file writes it."""

    LEGAL = "法人及非法人组织"
    INDIVIDUAL_BUSINESS = "个体工商户"
    NATURAL = "自然人"


class Party(Said):
    """行政相对人. ``name`` and ``uscc`` only for legal persons; for the others ``label`` is a mask such as 张*."""

    party_id: UUID
    kind: PartyKind
    label: str
    uscc: str | None = None


class PermitStatus(StrEnum):
    VALID = "valid"
    REFUSED = "refused"
    SURRENDERED = "surrendered"
    REVOKED = "revoked"
    ANNULLED = "annulled"
    WITHDRAWN = "withdrawn"
    RETRACTED = "retracted"


class Level(StrEnum):
    """行使层级 of the deciding body."""

    PROVINCE = "省级"
    CITY = "市级"
    COUNTY = "县级"


class PermitFacts(Said):
    """What is publicly known of one permit after a decision. ``valid_to`` is None when it holds for ever (长期)."""

    party: Party
    matter_code: str
    region_code: str
    level: Level
    deciding_body: str
    deciding_body_name: str
    permit_number: str
    certificate_name: str = ""
    document_name: str
    document_number: str
    category: str
    content: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    place: str = ""
    commitment: bool = False
    contact: str = ""
    data_source: str = ""
    data_source_code: str = ""
    remark: str = ""


class Ground(StrEnum):
    """By what a decision meets a rule change: the basis it names is repealed, or its matter is touched."""

    BASIS = "basis"
    MATTER = "matter"


class RuleMet(Said):
    """A rule change that a decision meets: recorded all the same, and marked with the rule."""

    rule: UUID
    title: str
    document_number: str
    effective_date: date
    ground: Ground


class Decided(Said):
    """A decision about a permit. ``opening_stock``: taken over as 存量, so no clock starts from it.

    ``personal_mark`` is a keyed mark of the personal part: it tells that something personal changed, not what.
    """

    facts: PermitFacts
    status: PermitStatus
    decision_date: date
    reason: str = ""
    legal_basis: str = ""
    batch: UUID | None = None
    opening_stock: bool = False
    back_dated: bool = False
    personal_mark: str = ""
    flagged: tuple[RuleMet, ...] = ()


class PermitGranted(Decided):
    """核发. Version 2; version 1 wrote 2099-12-31 for 长期 and did not know ``back_dated``."""


class PermitRenewed(Decided):
    """延续 / 换发."""


class PermitAmended(Decided):
    """变更. ``changed`` names the facts that differ from before."""

    changed: tuple[str, ...] = ()


class PermitReissued(Decided):
    """补发."""


class PermitSurrendered(Decided):
    """注销."""


class PermitRevoked(Decided):
    """吊销."""


class PermitAnnulled(Decided):
    """撤销."""


class PermitWithdrawn(Decided):
    """撤回."""


class PermitCorrected(Decided):
    """更正: a wrong fact put right. ``was`` keeps the old public values by name."""

    changed: tuple[str, ...] = ()
    was: dict[str, str | None] = {}


class PermitRefused(Decided):
    """不予许可."""


class DecisionRetracted(Decided):
    """A decision that was entered by mistake is taken back (wrong file withdrawn as one batch).

    ``retracted_version`` is the stream version of that decision; ``facts`` and ``status`` are what holds without it.
    """

    retracted_version: int


DecisionEvent = (
    PermitGranted
    | PermitRenewed
    | PermitAmended
    | PermitReissued
    | PermitSurrendered
    | PermitRevoked
    | PermitAnnulled
    | PermitWithdrawn
    | PermitCorrected
    | PermitRefused
    | DecisionRetracted
)


class BodyRegistered(Said):
    """An entry of the register of bodies (许可机关): who decides for which region, on which level, from when."""

    body: str
    name: str
    region_code: str
    level: Level
    valid_from: date
    valid_to: date | None = None


class MatterMapped(Said):
    """An entry of the mapping from what a 双公示 file says to a matter. ``*`` in a field matches anything."""

    body: str
    certificate_name: str
    document_name: str
    content: str
    matter_code: str
    valid_from: date
    valid_to: date | None = None

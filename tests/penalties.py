"""Invented penalties, and the desk of penalties over a test's linkage. The parties belong to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from events.catalogue import decode
from events.database import raw
from events.penalties import PenaltySaid
from events.store import load_streams
from services.approval.parties import subject_keys
from services.approval.resolving import resolve
from services.party_resolution import AskedParty, ResolvedParty
from services.supervision.party_register import RegisterAway
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.penalty_outcome import Asked, Outcome
from services.supervision.penalty_stated import Command, Impose, StatedPenalty
from tests.invented import MARKET_BUREAU, party
from tests.linkage import MASTER, Linkage

NUMBER = "JY29901020000001"
"""The permit number of ``tests.invented.decision``."""


def stated(**changes: Any) -> StatedPenalty:
    """Return a penalty as its department states it; ``changes`` replace fields."""
    said = {
        "party": party(),
        "document_number": "海市监罚〔2026〕17号",
        "violation_kind": "超范围经营",
        "violation_facts": "超出载明的经营项目从事冷食类食品制售",
        "legal_basis": "《食品经营许可和备案管理办法》第五十二条",
        "penalty_kind": "罚款",
        "content": "罚款2000元",
        "fine": Decimal("0.2"),
        "certificates": f"食品经营许可证 {NUMBER}",
        "decision_date": date(2026, 11, 23),
        "valid_to": date(2027, 11, 22),
        "published_until": date(2027, 11, 22),
        "department": MARKET_BUREAU,
        "department_name": "海州市市场监督管理局",
        "officer": "S-0417",
    }
    return StatedPenalty.model_validate(said | changes)


class DirectRegister:
    """The approval side's function, called on its database. ``away``: it does not answer."""

    def __init__(self, linkage: Linkage) -> None:
        self.linkage = linkage
        self.away = False

    def resolve(self, asked: Sequence[AskedParty]) -> list[ResolvedParty | None]:
        if self.away:
            raise RegisterAway
        with self.linkage.approval.begin() as transaction:
            return resolve(raw(transaction), MASTER, asked)

    def key_of(self, party: UUID) -> bytes | None:
        if self.away:
            raise RegisterAway
        with self.linkage.approval.begin() as transaction:
            return subject_keys(raw(transaction), MASTER, [party]).get(party)


def desk(linkage: Linkage, engine: Engine | None = None) -> PenaltyDesk:
    return PenaltyDesk(engine or linkage.supervision, DirectRegister(linkage), linkage.now)


def impose(linkage: Linkage, **changes: Any) -> UUID:
    """Record a penalty and return its stream."""
    outcome = ask(linkage, Impose(penalty=stated(**changes)))
    assert outcome.penalty is not None, outcome.answer()
    return outcome.penalty


def ask(linkage: Linkage, command: Command, penalty: UUID | None = None, **more: str) -> Outcome:
    (outcome,) = desk(linkage).handle([Asked(command, penalty, **more)])
    return outcome


def said(linkage: Linkage, penalty: UUID) -> list[PenaltySaid]:
    """Return the events of a penalty, in order."""
    with linkage.supervision.begin() as transaction:
        records = load_streams(raw(transaction), "supervision", [penalty])[penalty]
    events = [decode(record.type, record.schema, record.data) for record in records]
    assert all(isinstance(event, PenaltySaid) for event in events)
    return events  # type: ignore[return-value]


def touched(linkage: Linkage, penalty: UUID) -> dict[UUID, str]:
    """Return the permits that a penalty touches, with how that is known."""
    return dict(linkage.rows("SELECT permit, how FROM penalty_permits WHERE penalty = %s", penalty))


def queued(linkage: Linkage) -> dict[UUID, str]:
    """Return the penalties that seek a permit, with the reason."""
    return dict(linkage.rows("SELECT penalty, reason FROM penalty_queue"))

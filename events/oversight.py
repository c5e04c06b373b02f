"""What becomes of a push: read, signed, returned, moved to others, argued about, ruled.

All of it is said in the permit's stream of the supervision side, so that who has a permit is one story in one order.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from events.approval import Said
from events.supervision import Claim, PushMade


class ReturnReason(StrEnum):
    """The closed list of reasons for 退回. ``other`` needs a text."""

    MATTER = "matter_not_ours"
    PLACE = "place_not_ours"
    ADDRESS = "address_not_ours"
    OTHER = "other"


class Receipt(Said):
    """What ``officer`` of ``department`` did about the push with ``push_version``. ``officer``: a staff number."""

    push_version: int
    department: str
    officer: str


class PushRead(Receipt):
    """已阅. The first time only: reading again says nothing new."""


class PushSigned(Receipt):
    """签收. In mode ``on_signing`` the duty begins here, in mode ``on_push`` it has begun.

    ``handover``: the handover list (存量) by whose signature it was signed, when it was.
    """

    handover: UUID | None = None


class PushReturned(Receipt):
    """退回. It does not stop the clock, and nobody is released by it: see ``PushMoved``."""

    reason: ReturnReason
    text: str = ""
    candidate: str | None = None


class PushHandled(Receipt):
    """已办理: the department has taken the permit into its supervision."""

    text: str = ""


class PushClosed(Receipt):
    """办结: nothing more is to be done about this push."""

    text: str = ""


class MoveReason(StrEnum):
    """Why a permit goes to other departments without a new decision.

    ``returned``: the duty list names others by now than who returned it. ``returned_twice``: back to the default lead,
    who is responsible while others argue. ``reassigned``: by the coordinator. ``ruled``: by a ruling.
    ``duty_changed``: the duty list has changed.
    """

    RETURNED = "returned"
    RETURNED_TWICE = "returned_twice"
    REASSIGNED = "reassigned"
    RULED = "ruled"
    DUTY_CHANGED = "duty_changed"


class PushMoved(PushMade):
    """转办. The permit goes to other departments; its decision is carried along, so that lists need no other event.

    ``since`` and ``first_claim``: when the decision was first delivered and its limit there. That clock goes on, beside
    the receiving department's own (``claim``). ``effective``: the legal day from which it holds. ``consultation``: the
    number of the consultation that was ruled, when one was.
    """

    moved_push: int
    since: datetime
    first_claim: Claim | None = None
    effective: date
    by: str
    text: str = ""
    consultation: int | None = None


class OpenedBy(StrEnum):
    """What opened a consultation (协商/会商)."""

    SECOND_RETURN = "second_return"
    DISPUTE = "dispute"
    BY_HAND = "by_hand"


class ConsultationOpened(Said):
    """``number``: 1, 2 … within the permit. ``parties``: the bodies asked for an opinion, both sides."""

    number: int
    opened_by: OpenedBy
    parties: tuple[str, ...]
    opinions_due: Claim
    by: str
    text: str = ""


class OpinionGiven(Said):
    """The opinion of one of the bodies asked. A later one of the same body stands beside the earlier."""

    number: int
    body: str
    officer: str
    text: str
    legal_basis: str = ""


class RulingMade(Said):
    """裁定: who is responsible, why, from which day, and whether the duty list follows.

    ``like``: the permit whose consultation was ruled, when this case waited like it and the ruling was applied to it.
    """

    number: int
    lead: str
    co_departments: tuple[str, ...] = ()
    reason: str
    legal_basis: str = ""
    effective: date
    by: str
    changes_duty_list: bool = False
    like: UUID | None = None

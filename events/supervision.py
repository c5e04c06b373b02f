"""What the supervision side says: where each decision was sent and why, and who is in charge of what.

A push carries the decision as it came, so that a list can be rebuilt from pushes alone.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from events.approval import Said
from events.limits import Unit


class Role(StrEnum):
    """What a receiving department is to the permit: it supervises (lead), or it helps (co)."""

    LEAD = "lead"
    CO = "co"


class Mode(StrEnum):
    """When the duty begins: with the push (推送即认领), or with the department's signature (签收认领)."""

    ON_PUSH = "on_push"
    ON_SIGNING = "on_signing"


class Receiver(Said):
    """One department that a push reaches. ``push_number`` is dense per (deciding body, department)."""

    department: str
    role: Role
    push_number: int


class CarriedDecision(Said):
    """A decision as approval recorded it. ``payload`` is its data, untouched."""

    type: str
    schema_version: int
    version: int
    position: int
    recorded_at: datetime
    payload: dict[str, Any]


class Claim(Said):
    """A limit as it was set: its last day, whether that is an estimate (预估), and the calendar it was counted by.

    ``days`` of ``unit``: what was counted, so that a notice that comes later lets it be counted again.
    """

    on: date
    estimated: bool
    calendar: str
    days: int
    unit: Unit = Unit.WORKING_DAYS


class PushMade(Said):
    """A decision was sent to the departments that the duty list names for it.

    ``left`` are departments that had the permit until now and have it no longer. ``reason``: ``decision``;
    ``duty_found`` when it waited in the exception queue before; ``no_duty_kept`` when no duty covers it any more and
    those who had it stay responsible (then there is no ``duty``); ``kept`` when a ruling or the coordinator has placed
    the permit. ``claim``: the limit for signing; None where no clock starts.
    """

    decision: CarriedDecision
    receivers: tuple[Receiver, ...]
    left: tuple[str, ...] = ()
    duty: UUID | None
    duty_version: int | None
    register_version: int
    mode: Mode | None
    claim_limit_days: int | None = None
    claim: Claim | None = None
    opening_stock: bool = False
    reason: str


class ExceptionRaised(Said):
    """No duty covers a decision: it waits, with an owner and a running clock, and is dropped by nobody.

    ``left`` are departments that had the permit until this decision took it out of their duty.
    """

    decision: CarriedDecision
    reason: str
    owner: str
    register_version: int
    left: tuple[str, ...] = ()


class DutyAssigned(Said):
    """An entry of the duty list (监管责任清单): who supervises this matter, region and level, from when."""

    matter_code: str
    matter_name: str = ""
    region_code: str
    level: str
    lead: str
    lead_name: str = ""
    co_departments: tuple[str, ...] = ()
    mode: Mode = Mode.ON_PUSH
    claim_limit_days: int | None = None
    legal_basis: str = ""
    contact: str = ""
    valid_from: date
    valid_to: date | None = None


class DutyChanged(DutyAssigned):
    """The same entry with another content from now on; the earlier one stays readable as an event."""


class DutyEnded(Said):
    """An entry holds no longer than ``valid_to``."""

    valid_to: date
    reason: str = ""

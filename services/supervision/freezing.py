"""How approvals for a party under investigation are frozen, and until when (冻结). Pure.

Each function answers with the event that the statement becomes, or a refusal that says why not.
"""

from __future__ import annotations

from datetime import date, timedelta

from events.approval import Party
from events.penalties import FreezeLapsed, FreezeLifted, FreezeRequested, FreezeSaid
from services.refusing import Refused
from services.supervision import finding_rules as rules
from services.supervision.finding import Says, Texts, not_to_come
from services.supervision.finding_stated import LiftFreeze, RequestFreeze


def request_freeze(stated: RequestFreeze, party: Party, says: Says, shown: Texts) -> FreezeRequested:
    not_to_come(stated.requested_on, says.today, "requested_on")
    if stated.until is not None and stated.until < stated.requested_on:
        raise Refused(rules.END_BEFORE_START, field="until")
    return FreezeRequested(
        party=party,
        matters=tuple(dict.fromkeys(stated.matters)),
        department=says.department,
        department_name=says.name,
        document_number=shown["document_number"],
        reason=shown["reason"],
        requested_on=stated.requested_on,
        until=stated.until,
        officer=stated.officer,
    )


def lift_freeze(before: FreezeSaid, stated: LiftFreeze, today: date, shown: Texts) -> FreezeLifted:
    if not isinstance(before, FreezeRequested):
        raise Refused(
            rules.NOT_FROZEN, f"该冻结已{'解除' if isinstance(before, FreezeLifted) else '到期'}, 不能再解除。"
        )
    not_to_come(stated.lifted_on, today, "lifted_on")
    if stated.lifted_on < before.requested_on:
        raise Refused(rules.END_BEFORE_START, "解除日期早于冻结日期。", "lifted_on")
    said = before.model_dump() | {"officer": stated.officer, "lifted_on": stated.lifted_on}
    return FreezeLifted.model_validate(said | {"why_lifted": shown["why_lifted"]})


def lapse(before: FreezeRequested) -> FreezeLapsed:
    """Return the event that a freeze becomes when its last day is over."""
    assert before.until is not None
    return FreezeLapsed.model_validate(
        before.model_dump() | {"officer": "", "lapsed_on": before.until + timedelta(days=1)}
    )

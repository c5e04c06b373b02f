"""What a reader of a watch list may ask for, as conditions on its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, any_, column, func, select, table

from events.approval import PermitStatus
from events.regions import prefix_of
from projections.watch_list import street_of

UNSIGNED_CAP = 10_000
"""Of how many pushes at most, those due first, ``unsigned`` holds. Opening stock, which has no limit, comes last."""
_cases = table("cases", *map(column, ("permit", "push_version", "department", "state", "due_on")))


class Standing(StrEnum):
    """Which permits: by their status; ``expired`` are valid ones past their last day that nobody has cancelled."""

    VALID = "valid"
    EXPIRED = "expired"
    SURRENDERED = "surrendered"
    REVOKED = "revoked"
    ANNULLED = "annulled"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    RETRACTED = "retracted"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Filters:
    """All given ones must hold. ``region``: 2, 4, 6, 9 or 12 digits, with all that lies within.

    ``expiring_within``: days from today, both ends included. ``changed_since``: with a zone, included. ``unsigned``:
    a push of it waits for the department's signature; looked for among the first ``UNSIGNED_CAP``.
    """

    status: Standing = Standing.VALID
    matter: str | None = None
    region: str | None = None
    party: UUID | None = None
    expiring_within: int | None = None
    changed_since: datetime | None = None
    unsigned: bool = False

    @property
    def statuses(self) -> list[str]:
        if self.status is Standing.ALL:
            return [status.value for status in PermitStatus]
        return ["valid" if self.status is Standing.EXPIRED else self.status.value]

    @property
    def by_expiry(self) -> bool:
        """Whether the question is about the end of validity: then the list runs by that day."""
        return self.expiring_within is not None or self.status is Standing.EXPIRED

    def as_text(self) -> str:
        """Return one line that differs when any filter differs."""
        return repr(sorted((name, str(value)) for name, value in asdict(self).items()))


def within_region(row: FromClause, region: str) -> list[ColumnElement[bool]]:
    prefix = prefix_of(region)
    street = street_of(row.c.region_code)
    if len(prefix) > 9:
        return [street == prefix[:9], row.c.region_code == prefix]
    if len(prefix) == 9:
        return [street == prefix]
    # Compared as digits alone, so that it holds in every language's order.
    return [street >= prefix, street <= prefix.ljust(9, "9")]


def within_validity(row: FromClause, filters: Filters, today: date) -> list[ColumnElement[bool]]:
    holds = []
    if filters.status is Standing.EXPIRED:
        holds.append(row.c.valid_to < today)
    if filters.expiring_within is not None:
        holds += [row.c.valid_to >= today, row.c.valid_to <= today + timedelta(days=filters.expiring_within)]
    return holds


def awaiting_signature(row: FromClause, department: str) -> ColumnElement[bool]:
    """Hold for permits of which a push waits there. An array: the planner then looks each of them up by its key, and
    walks no list of millions in the hope of meeting them."""
    waiting = (
        select(_cases.c.permit)
        .where(_cases.c.department == department, _cases.c.state.in_(("delivered", "read")))
        .order_by(_cases.c.due_on, _cases.c.permit, _cases.c.push_version)
        .limit(UNSIGNED_CAP)
    )
    return row.c.permit == any_(func.array(waiting.scalar_subquery()))


def conditions(filters: Filters, department: str, today: date) -> Callable[[Any], ColumnElement[bool]]:
    """Return what must hold of a row of ``watch_list``, or of an alias of it, except for its status."""

    def hold(row: FromClause) -> ColumnElement[bool]:
        holds: list[ColumnElement[bool]] = [row.c.department == department]
        if filters.matter is not None:
            holds.append(row.c.matter_code == filters.matter)
        if filters.region is not None:
            holds += within_region(row, filters.region)
        if filters.party is not None:
            holds.append(row.c.party == filters.party)
        if filters.changed_since is not None:
            holds.append(row.c.changed_at >= filters.changed_since)
        if filters.unsigned:
            holds.append(awaiting_signature(row, department))
        return and_(*holds, *within_validity(row, filters, today))

    return hold

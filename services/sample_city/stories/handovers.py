"""Opening stock is handed over (存量移交): one list was signed with an exception, others wait for a reader."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from services.sample_city.stories.cast import BATHS, FREIGHT, Cast, decided_on, lead_of, matter_of
from services.sample_city.stories.sides import Sides

_FIRST_SERIAL = 950_000
"""Above every number of the cast, and below those of the decisions that come in later."""
_PERMITS = 8


def stock_is_handed_over(sides: Sides, cast: Cast) -> None:
    """Two batches from before the linkage: the first one's list is signed, a place in it is not in the district."""
    health = lead_of(matter_of(BATHS))
    _handed_over(sides, 1, BATHS)
    first = _list_of(sides, health, 1)
    rows = sides.told_by_office(f"handovers/{first}")["rows"]
    sides.office(
        f"departments/{health}/handovers/{first}/signature", "handover/signed", officer="S-0217",
        exceptions=[{"permit": rows[0]["permit"], "reason": "place_not_ours"}],
    )  # fmt: skip
    _handed_over(sides, 2, BATHS, FREIGHT)
    _list_of(sides, health, 2)


def _handed_over(sides: Sides, number: int, *subjects: str) -> None:
    """The city's bureau hands a batch in and says that it is whole; its lists are made when all of it has come."""
    batch = uuid5(NAMESPACE, f"demo/stock/{number}")
    matters = [matter_of(subjects[place % len(subjects)]) for place in range(_PERMITS)]
    decisions = []
    for place, matter in enumerate(matters):
        # One that three does not divide is decided by the city's own bureau.
        serial = _FIRST_SERIAL + 2 + 3 * (number * _PERMITS + place)
        decided = sides.day - timedelta(days=900 + 10 * place)
        decisions.append(_stock(decided_on(matter, serial, decided), batch))
    sides.decide(f"stock/{number}", *decisions)
    sides.bureau("handovers", f"handover/{number}", batch=str(batch))


def _stock(decision: dict[str, Any], batch: UUID) -> dict[str, Any]:
    return decision | {"opening_stock": True, "batch": str(batch)}


def _list_of(sides: Sides, department: str, number: int) -> str:
    """Return the department's list of that number from the city's bureau, once it is made."""

    def made() -> str | None:
        found = sides.told_by_office("handovers", department=department)["handovers"]
        return next((str(one["list"]) for one in found if one["number"] == number), None)

    return sides.until(f"handover list {number}", made)

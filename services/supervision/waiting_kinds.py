"""What waits because the rules alone cannot decide it: how much of each kind, since when, with whom?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import psycopg

from events.limits import LimitKind
from events.oversight import OpenedBy
from services.supervision.duty_list import Uncovered
from services.time_rules import TimeRules, read_time_rules
from services.working_days import Light, china_day, light


class Kind(StrEnum):
    """In the order in which they are shown. ``unknown_matter``: may be an old code; ``uncovered``: a gap of the duty
    list in region, level or time."""

    UNKNOWN_MATTER = "unknown_matter"
    UNCOVERED = "uncovered"
    UNMATCHED_PENALTY = "unmatched_penalty"
    CONSULTATION = "consultation"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Waiting:
    """``since``: of what waits longest. ``light``: the worst; None where nothing is ever due. ``returned_twice``
    counts, of consultations, those that a second return opened."""

    kind: Kind
    count: int
    since: datetime
    light: Light | None
    owners: Sequence[str]
    returned_twice: int = 0


_Group = tuple[str, str, int, datetime]
"""Owner, matter, how many, and since when the first of them waits. Limits may differ by matter."""


def waiting_kinds(connection: psycopg.Connection, projection: str, coordinator: str, today: date) -> list[Waiting]:
    """Return the kinds of which anything waits. ``projection``: under which name events are parked; ``coordinator``:
    who rules consultations."""
    rules = read_time_rules(connection)
    groups: dict[Kind, list[_Group]] = {kind: [] for kind in Kind}
    for unknown, owner, matter, count, since in connection.execute(
        "SELECT reason = %s, owner, matter_code, count(*), min(since) FROM exceptions GROUP BY 1, 2, 3",
        (Uncovered.MATTER.value,),
    ):
        groups[Kind.UNKNOWN_MATTER if unknown else Kind.UNCOVERED].append((owner, matter, count, since))
    groups[Kind.UNMATCHED_PENALTY] = connection.execute(
        "SELECT owner, '', count(*), min(since) FROM penalty_queue GROUP BY owner"
    ).fetchall()
    returned = 0
    for opened_by, matter, count, since in connection.execute(
        """SELECT opened_by, matter_code, count(*), min(opened_at) FROM consultations WHERE ruled_at IS NULL
           GROUP BY opened_by, matter_code"""
    ):
        groups[Kind.CONSULTATION].append((coordinator, matter, count, since))
        returned += count if opened_by == OpenedBy.SECOND_RETURN else 0
    groups[Kind.PARKED] = connection.execute(
        "SELECT '', '', count(*), min(parked_at) FROM parked_streams WHERE projection = %s HAVING count(*) > 0",
        (projection,),
    ).fetchall()
    return [
        Waiting(
            kind,
            sum(count for _, _, count, _ in found),
            min(since for *_, since in found),
            _worst(kind, found, rules, today),
            sorted({owner for owner, *_ in found if owner}),
            returned if kind is Kind.CONSULTATION else 0,
        )
        for kind, found in groups.items()
        if found
    ]


def _worst(kind: Kind, groups: Iterable[_Group], rules: TimeRules, today: date) -> Light | None:
    """Return the worst light: within one matter, what waits longest has it."""
    if kind is Kind.PARKED:
        return None
    limit = LimitKind.RULING if kind is Kind.CONSULTATION else LimitKind.EXCEPTION
    opened = [(china_day(since), matter) for _, matter, _, since in groups]
    lights = [light(day, rules.due(limit, day, matter=matter).day, today, rules.calendar) for day, matter in opened]
    return max(lights, key=list(Light).index)

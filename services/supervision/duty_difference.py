"""What would a changed duty list do? Shown before it takes effect: entries that differ, and permits that would go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from events.supervision import DutyAssigned
from services.supervision.code_mapping import CodeMappings
from services.supervision.code_register import read_mappings
from services.supervision.duty_list import Conflict, Duty, Register, Uncovered, conflicts, duty_id
from services.supervision.duty_register import read_duties, register_version
from services.supervision.reroutes_due import days_of


@dataclass(frozen=True, slots=True)
class Going:
    """So many permits of a matter, region and level would go from one lead to another on ``day``."""

    matter_code: str
    region_code: str
    level: str
    day: date
    leads_now: str
    would_lead: str
    permits: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import would do. Of a changed entry: as it is, and as it would be. With ``conflicts`` it does nothing."""

    assigned: Sequence[DutyAssigned]
    changed: Sequence[tuple[DutyAssigned, DutyAssigned]]
    unchanged: int
    conflicts: Sequence[Conflict]
    going: Sequence[Going]


@dataclass(frozen=True, slots=True)
class Gap:
    """Permits that no duty covers on the day asked about; ``waiting``: decisions in the exception queue."""

    matter_code: str
    region_code: str
    level: str
    why: Uncovered
    permits: int
    waiting: int


Place = tuple[str, str, str]
"""A matter, a region and a level."""


def difference(connection: psycopg.Connection, entries: Sequence[DutyAssigned], today: date) -> Difference:
    """Return what taking ``entries`` would do, and take nothing."""
    known = read_duties(connection)
    wanted = {duty_id(entry): entry for entry in entries}
    after = {duty: entry.content for duty, entry in known.items()} | wanted
    found = conflicts(entries) or conflicts(list(after.values()))
    assigned = [entry for duty, entry in wanted.items() if duty not in known]
    changed = [
        (known[duty].content, entry) for duty, entry in wanted.items() if duty in known and known[duty].content != entry
    ]
    version = register_version(connection)
    mappings = CodeMappings.of(read_mappings(connection))
    then = Register.of(version + 1, (Duty(duty, 0, entry) for duty, entry in after.items()), mappings)
    touched = [*assigned, *(new for _, new in changed)]
    going = [] if found else list(_going(connection, then, touched, today))
    return Difference(assigned, changed, len(wanted) - len(touched), found, going)


def _going(
    connection: psycopg.Connection, then: Register, touched: Sequence[DutyAssigned], today: date
) -> Iterable[Going]:
    days: dict[str, set[date]] = {}
    for entry in touched:
        days.setdefault(entry.matter_code, set()).update(days_of(entry, today))
    for (place, lead), permits in sorted(_standing(connection, days.keys()).items()):
        matter, region, level = place
        leads_now = lead
        for day in sorted(days[matter]):
            answer = then.route(matter, region, level, day)
            if isinstance(answer, Duty) and answer.content.lead != leads_now:
                yield Going(matter, region, level, day, leads_now, answer.content.lead, permits)
                leads_now = answer.content.lead


def gaps(connection: psycopg.Connection, register: Register, day: date) -> list[Gap]:
    """Return every matter, region and level with permits or waiting decisions that no duty covers on ``day``. Reads the
    lists from end to end."""
    permits: Counter[Place] = Counter()
    for (place, _), count in _standing(connection, None).items():
        permits[place] += count
    rows = connection.execute("SELECT matter_code, region_code, level, count(*) FROM exceptions GROUP BY 1, 2, 3")
    waiting: Mapping[Place, int] = {(matter, region, level): count for matter, region, level, count in rows}
    found = []
    for place in sorted(permits.keys() | waiting.keys()):
        answer = register.route(*place, day)
        if isinstance(answer, Uncovered):
            found.append(Gap(*place, answer, permits[place], waiting.get(place, 0)))
    return found


def _standing(connection: psycopg.Connection, matters: Collection[str] | None) -> dict[tuple[Place, str], int]:
    """Count current permits by place and lead, but for those that a ruling or the coordinator has placed."""
    rows = connection.execute(
        """SELECT matter_code, region_code, level, department, count(*) FROM watch_list w
           WHERE role = 'lead' AND status = 'valid' AND (%(all)s OR matter_code = ANY(%(matters)s))
             AND NOT EXISTS (SELECT FROM placements p WHERE p.permit = w.permit AND p.pinned)
           GROUP BY 1, 2, 3, 4""",
        {"all": matters is None, "matters": sorted(matters or ())},
    )
    return {((matter, region, level), lead): count for matter, region, level, lead, count in rows}

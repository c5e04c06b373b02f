"""Who supervises what on a site under test: every matter has a department, one of them another one beyond the river."""

from __future__ import annotations

from events.supervision import DutyAssigned
from services.sample_city.codes import credit_code
from tests.invented import duty

BODIES = {credit_code("11", number): f"海州市虚构{number}区行政审批局" for number in (1, 2, 3)}
DEPARTMENTS = {credit_code("11", 100 + number): f"海州市虚构{number}局" for number in range(1, 6)}
MATTERS = tuple(f"0001310{number:02d}000" for number in range(1, 7))
HOME, BEYOND = "990102", "990103"
"""Two counties. A permit that moves from one to the other leaves the lists of some departments."""

_CODES = list(DEPARTMENTS)


def duties() -> list[DutyAssigned]:
    entries = []
    for number, matter in enumerate(MATTERS):
        lead, other, beyond = (_CODES[(number + step) % len(_CODES)] for step in (0, 1, 3))
        co = (other,) if number % 2 else ()
        entries.append(duty(matter_code=matter, lead=lead, lead_name=DEPARTMENTS[lead], co_departments=co))
        entries.append(
            duty(
                matter_code=matter,
                region_code=BEYOND,
                lead=beyond,
                lead_name=DEPARTMENTS[beyond],
                co_departments=(lead,),
            )
        )
    return entries

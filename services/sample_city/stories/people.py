"""Who does what in the departments: officers with deputies, one on leave, one gone; one department has named nobody."""

from __future__ import annotations

from services.sample_city.city import haizhou
from services.sample_city.stories.cast import BATHS, Cast, lead_of, matter_of
from services.sample_city.stories.receipts import COORDINATOR
from services.sample_city.stories.sides import Sides

_SURNAMES = "林何高文周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_COORDINATING = "审改办"
_POSTS = ("科长", "一级科员", "二级科员")


def officers_are_named(sides: Sides, cast: Cast) -> None:
    """Each department but the last has a default officer and a deputy. In the one that watches public baths an officer
    of their own does these, and is away this week; who did so before has left. The coordinator has one officer."""
    health = lead_of(matter_of(BATHS))
    registered = sides.told_by_office("officers", department=health)["officers"]
    if any(one["state"] == "departed" for one in registered):
        return  # told to the end before: registering who has left once more would bring them back
    *staffed, _ = haizhou().departments
    since = sides.ago(365)
    for number, department in enumerate(staffed, 1):
        default, deputy = f"S-{number:02d}17", f"S-{number:02d}18"
        _enrol(sides, department, default, number, 0)
        _enrol(sides, department, deputy, number, 1)
        _appoint(sides, department, default, since, deputy=deputy)
    _enrol(sides, _COORDINATING, COORDINATOR, 0, 0)
    _appoint(sides, _COORDINATING, COORDINATOR, since)
    for place, officer in enumerate(("S-0221", "S-0222", "S-0223"), 3):
        _enrol(sides, health, officer, place, 2)
    _appoint(sides, health, "S-0221", since, deputy="S-0222", matter_code=matter_of(BATHS).code)
    sides.office("officers/S-0221/leaves", "away", first=sides.ago(1), last=sides.ago(-4), by=COORDINATOR)
    gone = {"departed_from": sides.ago(30), "successor": "S-0221", "reason": "调任", "by": COORDINATOR}
    sides.office("officers/S-0223/departure", "gone", **gone)


def _enrol(sides: Sides, department: str, officer: str, place: int, rank: int) -> None:
    name = f"{_SURNAMES[(place + 7 * rank) % len(_SURNAMES)]}某{'甲乙丙'[rank]}"
    sides.office(
        "officers", f"officer/{officer}", officer=officer, department=department, name=name, post=_POSTS[rank],
        by=COORDINATOR,
    )  # fmt: skip


def _appoint(sides: Sides, department: str, officer: str, since: str, **more: str) -> None:
    key = f"appointment/{officer}"
    sides.office("appointments", key, department=department, officer=officer, valid_from=since, by=COORDINATOR, **more)

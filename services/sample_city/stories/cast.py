"""Whom the stories are about: some seventy permits of the invented city, granted for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from services.sample_city.city import Matter, haizhou
from services.sample_city.files import OLD_CODE, OLD_DISTRICT
from services.sample_city.permits import as_decision, party_row
from services.sample_city.stories.sides import Sides

FIRST_SERIAL = 900_000
"""Above every number of the file, and below those of the decisions that come in later."""

FOOD, BATHS, HOTELS, FREIGHT, CHEMICALS, SHOWS = (
    "食品经营", "公共场所卫生", "旅馆业特种行业", "道路货物运输经营", "危险化学品经营", "营业性演出",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A permit of a story: as it was decided, and under which id both sides know it."""

    decision: Mapping[str, Any]
    permit: str
    department: str
    """Who leads its supervision."""

    def listed(self, sides: Sides, version: str) -> None:
        """Return once the department's list has this ``permit@version``."""
        sides.told_by_office(f"departments/{self.department}/watch-list", wait_for=version, limit=1)

    def again(self, kind: str, on: str, **changes: Any) -> dict[str, Any]:
        """A later decision about it."""
        number = self.decision["document_number"].replace("许", "续")
        return {**self.decision, "kind": kind, "decision_date": on, "document_number": number, **changes}


@dataclass(frozen=True)
class Cast:
    """The parts of the stories, by name: ``returned-1``, ``fined-3``."""

    parts: Mapping[str, Part]

    def __getitem__(self, name: str) -> Part:
        return self.parts[name]

    def named(self, kind: str) -> list[Part]:
        return [part for name, part in self.parts.items() if name.rpartition("-")[0] == kind]


_WANTED: tuple[tuple[str, int, str, int, dict[str, Any]], ...] = (
    # name, how many, subject of the matter, decided how many days ago, what is particular
    ("returned", 3, HOTELS, 6, {}),
    ("reassigned", 2, BATHS, 9, {}),
    ("disputed", 1, SHOWS, 12, {}),
    ("ruled", 1, SHOWS, 15, {}),
    ("discussed", 1, FREIGHT, 4, {}),
    ("fined", 12, FOOD, 200, {}),
    ("promised", 8, BATHS, 90, {"commitment": True}),
    ("frozen", 3, FOOD, 30, {}),
    ("suspected", 2, CHEMICALS, 60, {}),
    ("misstated", 3, FREIGHT, 20, {}),
    ("inspected", 5, FOOD, 120, {}),
    ("expired", 9, HOTELS, 1100, {}),
    ("renumbered", 1, BATHS, 25, {"matter_code": OLD_CODE}),
    ("merged", 1, FREIGHT, 25, {"region_code": OLD_DISTRICT}),
)


def grant_the_cast(sides: Sides) -> Cast:
    """Let the bureaus decide about the cast, and wait until every part is on its lists."""
    wanted = list(_decisions(sides.day))
    recorded = sides.decide("cast", *(decision for _, decision, _ in wanted))
    parts = {
        name: Part(decision, one["permit"], department)
        for (name, decision, department), one in zip(wanted, recorded, strict=True)
    }
    for one, part in zip(recorded, parts.values(), strict=True):
        part.listed(sides, one["wait_for"])
    return Cast(parts)


def _decisions(day: date) -> Iterator[tuple[str, dict[str, Any], str]]:
    serial = FIRST_SERIAL
    for kind, count, subject, ago, changes in _WANTED:
        matter = matter_of(subject)
        for number in range(1, count + 1):
            serial += 1
            decided = day - timedelta(days=ago + number)
            more = {**changes, **_last_day(kind, day, number)}
            yield f"{kind}-{number}", decided_on(matter, serial, decided, **more), lead_of(matter)


def _last_day(kind: str, day: date, number: int) -> dict[str, Any]:
    if kind != "expired":
        return {}
    return {"valid_to": (day - timedelta(days=3 * number)).isoformat(), "long_term": False}


def matter_of(subject: str) -> Matter:
    """Return the matter of ``subject`` that is granted most."""
    return next(matter for matter in haizhou().matters if matter.name == f"{subject}许可")


def lead_of(matter: Matter) -> str:
    return haizhou().department(matter.lead)


def decided_on(matter: Matter, serial: int, day: date, **changes: Any) -> dict[str, Any]:
    """Return a grant of ``matter`` for five years, decided on ``day``; ``changes`` replace fields."""
    random = Random(serial)  # noqa: S311 - invented data need no secrecy, they need to be the same each time
    city = haizhou()
    body = city.bodies[0] if serial % 3 else city.bodies[1 + serial % (len(city.bodies) - 1)]
    until = day.replace(year=day.year + 5, day=min(day.day, 28))
    row = {
        **party_row(random, serial),
        "XK_XKWS": "准予行政许可决定书", "XK_WSH": f"海审批许〔{day.year}〕{serial}号", "XK_XKZS": matter.certificate,
        "XK_XKBH": f"HZ{matter.code[-6:]}{serial:08d}", "XK_NR": f"准予{matter.name}", "XK_YXQZI": f"{until:%Y/%m/%d}",
    }  # fmt: skip
    return as_decision(row, body, matter, day) | changes

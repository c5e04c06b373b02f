"""Invented officers, and what they are appointed to. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from events.people import LeaveRecorded, OfficerAppointed, OfficerDeparted
from services.people import Officer, People, evolve
from services.people_register import Enrolment
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU

COORDINATOR = "审改办"
LIN, HE, GAO, WEN, CHIEF = "S-0311", "S-0312", "S-0313", "S-0411", "S-0001"
DEPARTMENT_OF: Mapping[str, str] = {
    LIN: MARKET_BUREAU, HE: MARKET_BUREAU, GAO: MARKET_BUREAU, WEN: HEALTH_BUREAU, CHIEF: COORDINATOR,
}  # fmt: skip


def appointed(
    officer: str, deputy: str | None = None, matter: str = "*", region: str = "", since: date = date(2026, 1, 1),
    until: date | None = None, department: str = "",
) -> OfficerAppointed:  # fmt: skip
    return OfficerAppointed(
        department=department or DEPARTMENT_OF[officer], matter_code=matter, region_code=region, level="*",
        officer=officer, deputy=deputy, valid_from=since, valid_to=until, by="S-0102",
    )  # fmt: skip


USUAL = (appointed(LIN, HE, FOOD), appointed(GAO), appointed(CHIEF))
"""Lin does the food permits of the market bureau, He stands in; Gao does all else there; the chief coordinates."""


def people(
    *appointments: OfficerAppointed,
    away: Mapping[str, tuple[date, date]] | None = None,
    gone: Mapping[str, tuple[date, str | None]] | None = None,
    became: Callable[[str, str, date], str] = lambda department, region, day: department,
    without: tuple[str, ...] = (),
) -> People:
    officers = []
    for number, department in DEPARTMENT_OF.items():
        officer = Officer(number, department)
        if number in (away or {}):
            first, last = (away or {})[number]
            officer = evolve(officer, LeaveRecorded(officer=number, first=first, last=last, by="S-0102"))
        if number in (gone or {}):
            day, successor = (gone or {})[number]
            said = OfficerDeparted(officer=number, departed_from=day, successor=successor, by="S-0102", reason="调任")
            officer = evolve(officer, said)
        if number not in without:
            officers.append(officer)
    return People.of(officers, appointments or USUAL, became)


def enrolled(number: str, **said: str) -> Enrolment:
    return Enrolment(number, said.pop("department", DEPARTMENT_OF[number]), f"虚构人{number[-2:]}", **said)

"""The officers of a side and what they are appointed to: who may be registered, appointed, on leave, gone? Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from events.people import LeaveRecorded, OfficerAppointed, OfficerDeparted, OfficerRegistered
from events.regions import enclosing
from services.limits import EVERY_MATTER
from services.refusing import Refused, Rule

EVERY_LEVEL = "*"
OfOfficer = OfficerRegistered | LeaveRecorded | OfficerDeparted

UNKNOWN_OFFICER = Rule("unknown_officer", "没有登记这个工号。", "请先用 linkage officers import 登记, 或核对工号。")
DEPARTED = Rule("officer_departed", "该工号的人员已离岗。", "请改为在岗人员的工号。")
LAST_FIRST = Rule("end_before_start", "最后一日早于第一日。", "请核对两个日期。")
LEAVES_OVERLAP = Rule("leaves_overlap", "与已登记的请假重叠。", "请改用已登记请假的第一日, 以更改其最后一日。")
NO_SUCH_LEAVE = Rule("no_such_leave", "没有从该日开始的请假。", "请用 linkage officers show 核对。")
OWN_SUCCESSOR = Rule("own_successor", "接任人不能是离岗人员本人。", "请改为另一人的工号, 没有则留空。")
OWN_DEPUTY = Rule("own_deputy", "负责人与代理人不能是同一人。", "请改为另一人的工号, 没有则留空。")
OTHER_DEPARTMENT = Rule("other_department", "该人员不属于这个部门。", "请改为本部门人员的工号, 或先更改其部门。")
APPOINTED_TWICE = Rule(
    "appointed_twice", "同一部门、事项、区划和层级在同一日有两个负责人。", "请核对两条的生效和失效日期。"
)


@dataclass(frozen=True, slots=True)
class Officer:
    """What was said of an officer so far. ``leaves``: first day → last day."""

    number: str
    department: str
    version: int = 0
    leaves: Mapping[date, date] = field(default_factory=dict)
    departed_from: date | None = None
    successor: str | None = None

    def works_on(self, day: date) -> bool:
        return self.departed_from is None or day < self.departed_from

    def is_away_on(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.leaves.items())


def evolve(officer: Officer | None, said: OfOfficer) -> Officer:
    """Fold one event of an officer's stream."""
    version = officer.version + 1 if officer else 1
    match said:
        case OfficerRegistered():
            leaves = officer.leaves if officer else {}
            return Officer(said.officer, said.department, version, leaves)
        case LeaveRecorded():
            assert officer
            leaves = {first: last for first, last in officer.leaves.items() if first != said.first}
            if said.last >= said.first:
                leaves[said.first] = said.last
            return replace(officer, version=version, leaves=dict(sorted(leaves.items())))
        case OfficerDeparted():
            assert officer
            return replace(officer, version=version, departed_from=said.departed_from, successor=said.successor)


def officer_id(number: str) -> UUID:
    """Return the stream of an officer."""
    return uuid5(NAMESPACE, f"officer/{number}")


def appointment_id(said: OfficerAppointed) -> UUID:
    """Return the identity of an appointment: department, matter, region, level, and the day from which it holds."""
    name = f"{said.department}/{said.matter_code}/{said.region_code}/{said.level}/{said.valid_from}"
    return uuid5(NAMESPACE, f"appointment/{name}")


def _unmapped(department: str, region: str, day: date) -> str:
    return department


@dataclass(frozen=True, slots=True)
class People:
    """All officers and appointments of a side. ``became``: what a department's code stands for in a region on a day."""

    officers: Mapping[str, Officer] = field(default_factory=dict)
    appointments: Mapping[str, tuple[OfficerAppointed, ...]] = field(default_factory=dict)
    became: Callable[[str, str, date], str] = _unmapped

    @classmethod
    def of(
        cls,
        officers: Iterable[Officer],
        appointments: Iterable[OfficerAppointed],
        became: Callable[[str, str, date], str] = _unmapped,
    ) -> People:
        by_department: dict[str, tuple[OfficerAppointed, ...]] = {}
        for one in appointments:
            by_department[one.department] = (*by_department.get(one.department, ()), one)
        return cls({officer.number: officer for officer in officers}, by_department, became)

    def appointed(self, department: str, matter: str, region: str, level: str, day: date) -> Iterator[OfficerAppointed]:
        """Yield what the department's appointments say of a permit on ``day``: the nearest region first, the level
        itself before every level; the one for whatever no other names last."""
        around = {code: distance for distance, code in enumerate((*enclosing(region), ""))} if region else {"": 0}
        fitting = [
            one
            for one in self.appointments.get(department, ())
            if one.matter_code in (matter, EVERY_MATTER)
            and one.region_code in around
            and one.level in (level, EVERY_LEVEL)
            and one.valid_from <= day <= (one.valid_to or date.max)
        ]
        yield from sorted(
            fitting,
            key=lambda one: (one.matter_code == EVERY_MATTER, around[one.region_code], one.level == EVERY_LEVEL),
        )


def register(known: Officer | None, number: str, department: str, by: str) -> OfficerRegistered | None:
    """Return what is to be said, nothing when the officer works there already."""
    if known and known.department == department and known.departed_from is None:
        return None
    return OfficerRegistered(officer=number, department=department, by=by)


def take_leave(known: Officer | None, number: str, first: date, last: date, by: str) -> LeaveRecorded:
    """Return the leave, or refuse it. The same first day with another last one changes that leave."""
    officer = _at_work(known, first)
    if last < first:
        raise Refused(LAST_FIRST)
    if any(begun != first and begun <= last and first <= ended for begun, ended in officer.leaves.items()):
        raise Refused(LEAVES_OVERLAP)
    return LeaveRecorded(officer=number, first=first, last=last, by=by)


def take_leave_back(known: Officer | None, number: str, first: date, by: str) -> LeaveRecorded:
    """Return what takes back the leave that begins on ``first``, or refuse."""
    if known is None:
        raise Refused(UNKNOWN_OFFICER)
    if first not in known.leaves:
        raise Refused(NO_SUCH_LEAVE)
    return LeaveRecorded(officer=number, first=first, last=date.fromordinal(first.toordinal() - 1), by=by)


def depart(said: OfficerDeparted, people: People) -> OfficerDeparted:
    """Return the departure, or refuse it: the successor must work here on that day."""
    known = people.officers.get(said.officer)
    if known is None:
        raise Refused(UNKNOWN_OFFICER)
    if known.departed_from is not None:
        raise Refused(DEPARTED)
    if said.successor is not None:
        if said.successor == said.officer:
            raise Refused(OWN_SUCCESSOR)
        _at_work(people.officers.get(said.successor), said.departed_from)
    return said


def appoint(said: OfficerAppointed, people: People) -> OfficerAppointed:
    """Return the appointment, or refuse it. One with the same first day is replaced."""
    if said.valid_to is not None and said.valid_to < said.valid_from:
        raise Refused(LAST_FIRST)
    if said.deputy == said.officer:
        raise Refused(OWN_DEPUTY)
    for number in filter(None, (said.officer, said.deputy)):
        if _at_work(people.officers.get(number), said.valid_from).department != said.department:
            raise Refused(OTHER_DEPARTMENT, f"工号 {number} 的人员不属于部门 {said.department}。")
    for other in people.appointments.get(said.department, ()):
        if (
            (other.matter_code, other.region_code, other.level) == (said.matter_code, said.region_code, said.level)
            and other.valid_from != said.valid_from
            and other.valid_from <= (said.valid_to or date.max)
            and said.valid_from <= (other.valid_to or date.max)
        ):
            raise Refused(APPOINTED_TWICE, f"{APPOINTED_TWICE.text}另一条自 {other.valid_from} 起生效。")
    return said


def _at_work(officer: Officer | None, day: date) -> Officer:
    if officer is None:
        raise Refused(UNKNOWN_OFFICER)
    if not officer.works_on(day):
        raise Refused(DEPARTED)
    return officer

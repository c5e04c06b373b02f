"""Who holds an open item today? Pure. What is decided here is recorded, and never decided again by a replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from events.people import HeldBy, HolderNamed
from services.deadlines import Item
from services.people import DEPARTED, OTHER_DEPARTMENT, UNKNOWN_OFFICER, Officer, People
from services.refusing import Refused, Rule

HELD_WORDS = {
    HeldBy.DUTY: "职责负责人",
    HeldBy.DEFAULT: "部门默认负责人",
    HeldBy.DEPUTY: "负责人请假, 代理人代办",
    HeldBy.RETURNED: "负责人假满, 收回",
    HeldBy.SUCCESSOR: "前任离岗, 接任",
    HeldBy.DEPARTED: "前任离岗, 转交",
    HeldBy.MERGED: "部门合并, 转交",
    HeldBy.SUPERIOR: "部门无人, 由上级代管",
    HeldBy.BY_HAND: "人工指派",
    HeldBy.ALL_AWAY: "负责人与代理人均请假",
    HeldBy.NOBODY: "无人可派",
}
WANTING = frozenset({HeldBy.SUPERIOR, HeldBy.NOBODY, HeldBy.ALL_AWAY})
"""Held for want of somebody better: a coordinator should name an officer."""

AWAY = Rule("officer_away", "该人员今日请假。", "请改派在岗人员。")
REASON_NEEDED = Rule("reason_needed", "指派须写明理由。", "请填写理由。")


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds an item, as its stream says: its version, and the last thing that was said."""

    version: int
    said: HolderNamed


def wants_somebody(held: Held | None) -> bool:
    """Whether a coordinator should name an officer: nobody holds it, or somebody only for want of a better one."""
    return held is None or held.said.why in WANTING


@dataclass(frozen=True, slots=True)
class Place:
    """Where the permit of an item is: GB/T 2260 code and level; empty when it has none, or nobody knows."""

    region: str = ""
    level: str = ""


NOWHERE = Place()
_Candidate = tuple[str, HeldBy]


def holder(item: Item, place: Place, people: People, day: date, held: Held | None) -> HolderNamed | None:
    """Return who is to hold ``item`` from now on, None when that is who holds it.

    The officer of the duty, or of the department; the deputy while that one is away; after a departure the successor,
    else who is appointed next. A department that has nobody is represented by those it was merged from, then by the
    item's superior.
    """
    before = held.said if held else None
    department = people.became(item.owner, place.region, day)
    pinned = _pinned(item, department, people, day, before)
    first_of_all = [before.department] if before and pinned else []
    for place_of in dict.fromkeys((*first_of_all, department, item.owner, item.superior)):
        line = [*(pinned if first_of_all == [place_of] else ()), *_line(item, place_of, place, people, day)]
        if not line:
            continue
        first, why = line[0]
        now = next((number for number, _ in line if not people.officers[number].is_away_on(day)), None)
        if why in (HeldBy.DUTY, HeldBy.DEFAULT):
            why = _why(item, place_of, department, people, day, before) or why
        if now is None:
            why = HeldBy.ALL_AWAY
        elif now != first and why is not HeldBy.SUPERIOR:
            why = HeldBy.DEPUTY
        by_hand = bool(pinned) and first == pinned[0][0]
        return _said(item, place_of, now or first, first, why, by_hand, before)
    return _said(item, department, None, None, HeldBy.NOBODY, False, before)


def assign(item: Item, place: Place, people: People, day: date, number: str, by: str, reason: str) -> HolderNamed:
    """Return that a person gave ``item`` to an officer of its department or of its superior, or refuse it."""
    if not reason.strip():
        raise Refused(REASON_NEEDED)
    officer = people.officers.get(number)
    if officer is None:
        raise Refused(UNKNOWN_OFFICER)
    if not officer.works_on(day):
        raise Refused(DEPARTED)
    if officer.is_away_on(day):
        raise Refused(AWAY)
    if officer.department not in (people.became(item.owner, place.region, day), item.owner, item.superior):
        raise Refused(OTHER_DEPARTMENT)
    return HolderNamed(
        item=item.id, kind=item.kind, owner=item.owner, about=item.about, department=officer.department,
        officer=number, principal=number, why=HeldBy.BY_HAND, by_hand=True, by=by, reason=reason.strip(),
    )  # fmt: skip


def _pinned(item: Item, department: str, people: People, day: date, before: HolderNamed | None) -> list[_Candidate]:
    """Return to whom a person gave the item, or the successor; nobody when it was given in another department's place
    than the ones that it may be in today."""
    if not before or not before.by_hand or not before.principal or before.department not in (department, item.superior):
        return []
    return list(_working(before.principal, HeldBy.BY_HAND, before.department, people, day))


def _line(item: Item, department: str, place: Place, people: People, day: date) -> Iterator[_Candidate]:
    """Yield who may hold it for ``department``, the first choice first: nobody who has left or works elsewhere."""
    for one in people.appointed(department, item.matter, place.region, place.level, day):
        named = HeldBy.DUTY if item.matter and one.matter_code == item.matter else HeldBy.DEFAULT
        yield from _working(one.officer, named, department, people, day)
        if one.deputy:
            yield from _working(one.deputy, HeldBy.DEPARTED, department, people, day)


def _working(number: str, why: HeldBy, department: str, people: People, day: date) -> Iterator[_Candidate]:
    """Yield the officer, or after a departure the successor, wherever that one works; nobody when there is none."""
    officer: Officer | None = people.officers.get(number)
    seen: set[str] = set()
    while officer is not None and not officer.works_on(day) and officer.number not in seen:
        seen.add(officer.number)
        officer, why = people.officers.get(officer.successor or ""), HeldBy.SUCCESSOR
    if officer and officer.works_on(day) and (why is HeldBy.SUCCESSOR or officer.department == department):
        yield officer.number, why


def _why(
    item: Item, place_of: str, department: str, people: People, day: date, before: HolderNamed | None
) -> HeldBy | None:
    """Return why it goes to who is appointed, where that says more than the appointment itself."""
    if place_of not in (department, item.owner):
        return HeldBy.SUPERIOR
    if before and before.department == item.owner != place_of:
        return HeldBy.MERGED
    left = people.officers.get(before.principal or "") if before else None
    return HeldBy.DEPARTED if left and not left.works_on(day) else None


def _said(
    item: Item,
    department: str,
    officer: str | None,
    principal: str | None,
    why: HeldBy,
    by_hand: bool,
    before: HolderNamed | None,
) -> HolderNamed | None:
    if before:
        same = (before.officer, before.principal, before.department) == (officer, principal, department)
        # Everybody away, or nobody there, is said once more when it begins or ends: it is what a coordinator looks for.
        if same and (before.why in WANTING) == (why in WANTING):
            return None
        if before.officer != before.principal and officer == principal == before.principal and why not in WANTING:
            why = HeldBy.RETURNED
    return HolderNamed(
        item=item.id, kind=item.kind, owner=item.owner, about=item.about, department=department, officer=officer,
        principal=principal, why=why, by_hand=by_hand, by="", reason="",
    )  # fmt: skip

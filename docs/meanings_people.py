"""What each field of the events about officers means; see ``docs/meanings.py``."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "officer_registered": "An officer works in a department from now on. Only the staff number is said.",
    "leave_recorded": "请假. An officer is away; whoever stands in holds what is open meanwhile.",
    "officer_departed": "离岗. An officer works here no longer; what is open goes to others.",
    "officer_appointed": "Who does what a duty asks of a department, and who stands in.",
    "holder_named": "An open item is held by this officer from now on. Decided once; a replay decides nothing.",
}

_NUMBER = "Staff number. Names stay in the side's own database."
FIELDS: Mapping[str, str] = {
    **{f"{event}.officer": _NUMBER for event in EVENTS if event != "holder_named"},
    **{f"{event}.by": "Who recorded it: staff number or short name." for event in EVENTS if event != "holder_named"},
    "officer_registered.department": "Code or short name of the department.",
    "officer_appointed.department": "Code or short name of the department that appoints.",
    "first": "First day of the leave.",
    "last": "Last day of the leave; a day before `first` takes the leave back.",
    "departed_from": "First day on which the officer works here no longer.",
    "successor": "Who takes over; null: who is appointed next.",
    "officer_departed.reason": "Why, in words.",
    "officer_appointed.matter_code": "The matter; `*`: whatever no other appointment of the department names.",
    "officer_appointed.region_code": "GB/T 2260 code, the most specific wins; empty: everywhere.",
    "officer_appointed.level": "Level, or `*` for every level.",
    "deputy": "Who stands in; null when nobody was named.",
    "officer_appointed.valid_from": "First day on which it holds.",
    "officer_appointed.valid_to": "Last day on which it holds; null: until further notice.",
    "holder_named.item": "The open item.",
    "holder_named.kind": "What kind of work it is, as in `limit_set`.",
    "holder_named.owner": "Department, body or coordinator that owes it.",
    "holder_named.about": "The permit that it is about, if any.",
    "holder_named.department": "In whose place it is held: the owner's, the one it was merged into, or its superior's.",
    "holder_named.officer": "Who holds it, by staff number; null when nobody can.",
    "principal": "Whose it is; another than `officer` while that one is away.",
    "why": "`duty`, `default`, `deputy`, `returned`, `successor`, `departed`, `merged`, `superior`, `by_hand`, "
    "`all_away` or `nobody`.",
    "by_hand": "A person decided it; later appointments leave it so.",
    "holder_named.by": "Who gave it to the officer by hand; empty when the rules did.",
    "holder_named.reason": "Why it was given by hand; empty when the rules did.",
}

"""Rows of the table of rights for the API of the supervision side."""

from __future__ import annotations

from services.access.actions import Action
from services.access.rights import NOBODY, SEVERAL, Row, items, path, query, row, stated
from services.access.rights_of_both import EVERY_ROLE, OFFICERS, WHO_LOOKS, WHO_SETTLES
from services.pages.seats import Role

POLICY = frozenset((Role.POLICY,))
WHO_URGES = frozenset((Role.COORDINATOR, Role.LEADER))
WHO_READS_RULES = WHO_LOOKS | POLICY
_OF = "/api/v1/departments/{department}"
_PERMIT = "/api/v1/permits/{permit}"
_PENALTY = "/api/v1/penalties/{penalty}"
_RULE = "/api/v1/rule-changes/{rule}"

SUPERVISION: tuple[Row, ...] = (
    ("GET /api/v1/departments", Action.READ_LISTS, NOBODY, EVERY_ROLE),
    (f"GET {_OF}/watch-list", Action.READ_LISTS, path("department"), WHO_LOOKS),
    (f"GET {_OF}/cases", Action.READ_LISTS, path("department"), WHO_LOOKS),
    (f"GET {_OF}/events", Action.READ_EVENTS, path("department"), WHO_LOOKS),
    (f"POST {_OF}/receipts", Action.WRITE_RECEIPTS, path("department"), OFFICERS),
    (f"POST {_OF}/handovers/{{list}}/signature", Action.WRITE_RECEIPTS, path("department"), OFFICERS),
    (f"GET {_PERMIT}", Action.READ_LISTS, row("permit"), WHO_LOOKS),
    (f"GET {_PERMIT}/cases", Action.READ_LISTS, row("permit"), WHO_LOOKS),
    (f"POST {_PERMIT}/reveals", Action.REVEAL_PERSONAL, row("permit", shared=True), OFFICERS),
    (f"GET {_PERMIT}/pushes/{{push}}/{{department}}/proof", Action.READ_LISTS, row("permit"), WHO_LOOKS),
    (f"GET {_PERMIT}/responsible", Action.READ_LISTS, row("permit"), WHO_LOOKS),
    ("GET /api/v1/deadlines", Action.READ_DEADLINES, query("owner"), WHO_LOOKS),
    ("POST /api/v1/deadlines/{item}/urging", Action.URGE, SEVERAL, WHO_URGES),
    ("GET /api/v1/task-receipts", Action.READ_FINDINGS, query("department"), WHO_LOOKS),
    ("GET /api/v1/exceptions", Action.COORDINATE, SEVERAL, WHO_SETTLES | {Role.LEADER, Role.OPERATOR}),
    ("GET /api/v1/penalties", Action.READ_FINDINGS, query("department"), WHO_LOOKS),
    ("GET /api/v1/penalties/unmatched", Action.READ_FINDINGS, query("department"), WHO_LOOKS),
    (f"GET {_PENALTY}", Action.READ_FINDINGS, row("penalty"), WHO_LOOKS),
    ("POST /api/v1/penalties", Action.WRITE_FINDINGS, items("department"), OFFICERS),
    ("POST /api/v1/penalties/files", Action.WRITE_FINDINGS, SEVERAL, OFFICERS),
    ("GET /api/v1/penalties/files/{batch}/refused.xlsx", Action.WRITE_FINDINGS, SEVERAL, OFFICERS),
    (f"POST {_PENALTY}/amendment", Action.WRITE_FINDINGS, row("penalty", "penalty.department"), OFFICERS),
    (f"POST {_PENALTY}/annulment", Action.WRITE_FINDINGS, row("penalty"), OFFICERS),
    (f"POST {_PENALTY}/permits", Action.WRITE_FINDINGS, row("penalty"), OFFICERS),
    (f"POST {_PENALTY}/repair", Action.WRITE_FINDINGS, row("penalty"), OFFICERS),
    ("GET /api/v1/findings", Action.READ_FINDINGS, query("department"), WHO_LOOKS),
    ("POST /api/v1/freezes", Action.WRITE_FINDINGS, stated("department"), OFFICERS),
    ("POST /api/v1/freezes/{freeze}/lifting", Action.WRITE_FINDINGS, row("freeze"), OFFICERS),
    ("POST /api/v1/annulment-suggestions", Action.WRITE_FINDINGS, stated("department"), OFFICERS),
    ("POST /api/v1/error-reports", Action.WRITE_FINDINGS, stated("department"), OFFICERS),
    ("POST /api/v1/commitment-checks", Action.WRITE_FINDINGS, stated("department"), OFFICERS),
    ("POST /api/v1/inspections", Action.WRITE_FINDINGS, stated("department"), OFFICERS),
    ("POST /api/v1/inspections/plans", Action.WRITE_FINDINGS, stated("department"), OFFICERS),
    ("POST /api/v1/inspections/{inspection}/result", Action.WRITE_FINDINGS, row("inspection"), OFFICERS),
    ("POST /api/v1/inspections/{inspection}/rectification", Action.WRITE_FINDINGS, row("inspection"), OFFICERS),
    ("GET /api/v1/consultations", Action.COORDINATE, SEVERAL, WHO_SETTLES | {Role.LEADER}),
    (f"GET {_PERMIT}/consultations/{{number}}", Action.GIVE_OPINIONS, row("permit"), WHO_LOOKS),
    (f"POST {_PERMIT}/consultations", Action.COORDINATE, SEVERAL, WHO_SETTLES),
    (f"POST {_PERMIT}/opinions", Action.GIVE_OPINIONS, stated("body"), OFFICERS),
    (f"POST {_PERMIT}/reassignment", Action.COORDINATE, SEVERAL, WHO_SETTLES),
    (f"POST {_PERMIT}/ruling", Action.COORDINATE, SEVERAL, WHO_SETTLES),
    ("GET /api/v1/rule-changes", Action.READ_RULES, query("department"), WHO_READS_RULES),
    ("POST /api/v1/rule-changes", Action.PUBLISH_RULES, stated("department"), POLICY),
    (f"GET {_RULE}", Action.READ_RULES, row("rule"), WHO_READS_RULES),
    (f"GET {_RULE}/decisions", Action.READ_RULES, row("rule"), WHO_READS_RULES),
    (f"GET {_RULE}/permits", Action.READ_RULES, row("rule"), WHO_READS_RULES),
    (f"POST {_RULE}/correction", Action.PUBLISH_RULES, row("rule", "department"), POLICY),
    (f"POST {_RULE}/withdrawal", Action.PUBLISH_RULES, row("rule"), POLICY),
    ("GET /api/v1/statistics/pushes", Action.READ_STATISTICS, query("department"), WHO_LOOKS),
)

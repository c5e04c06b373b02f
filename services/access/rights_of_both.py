"""Rows of the table of rights for what both sides answer alike."""

from __future__ import annotations

from services.access.actions import Action
from services.access.rights import NOBODY, SEVERAL, Row, path, query, row, stated
from services.pages.seats import Role

CLERKS = frozenset((Role.CLERK,))
OFFICERS = frozenset((Role.OFFICER,))
OWN_STAFF = frozenset((Role.CLERK, Role.OFFICER))
OPERATORS = frozenset((Role.OPERATOR,))
WHO_KEEPS_PEOPLE = frozenset((Role.CLERK, Role.OFFICER, Role.COORDINATOR))
WHO_SETTLES = frozenset((Role.COORDINATOR,))
WHO_LOOKS = frozenset((Role.CLERK, Role.OFFICER, Role.COORDINATOR, Role.LEADER, Role.OPERATOR))
EVERY_ROLE = frozenset(role for role in Role if not role.is_administrator)


def both(own: str) -> tuple[Row, ...]:
    """``own``: what a body of this side is called where two bodies stand in a request."""
    of_body = "/api/v1/departments/{department}" if own == "department" else "/api/v1/bodies/{body}"
    statement = "/api/v1/statements/{body}/{department}/{day}"
    return (
        ("GET /api/v1/completeness", Action.READ_STATEMENTS, SEVERAL, WHO_LOOKS),
        ("GET /api/v1/statements", Action.READ_STATEMENTS, query(own), WHO_LOOKS),
        (f"GET {statement}", Action.READ_STATEMENTS, path(own), WHO_LOOKS),
        (f"POST {statement}/sign-off", Action.SIGN_STATEMENTS, path(own), OWN_STAFF),
        (f"POST {statement}/dispute", Action.SIGN_STATEMENTS, path(own), OWN_STAFF),
        ("GET /api/v1/handovers", Action.READ_STATEMENTS, query(own), WHO_LOOKS),
        ("GET /api/v1/handovers/{list}", Action.READ_STATEMENTS, row("list"), WHO_LOOKS),
        ("GET /api/v1/officers", Action.KEEP_OFFICERS, query("department"), WHO_LOOKS),
        ("GET /api/v1/officers/unassigned", Action.KEEP_OFFICERS, SEVERAL, WHO_LOOKS),
        ("POST /api/v1/officers", Action.KEEP_OFFICERS, stated("department"), WHO_KEEPS_PEOPLE),
        ("POST /api/v1/officers/{officer}/leaves", Action.KEEP_OFFICERS, row("officer"), WHO_KEEPS_PEOPLE),
        ("POST /api/v1/officers/{officer}/departure", Action.KEEP_OFFICERS, row("officer"), WHO_KEEPS_PEOPLE),
        ("POST /api/v1/appointments", Action.KEEP_OFFICERS, stated("department"), WHO_KEEPS_PEOPLE),
        ("GET /api/v1/deadlines/{item}/holders", Action.READ_DEADLINES, row("item"), WHO_LOOKS),
        ("POST /api/v1/deadlines/{item}/assignment", Action.KEEP_OFFICERS, row("item"), WHO_KEEPS_PEOPLE),
        ("GET /api/v1/records/{stream}/{number}", Action.VERIFY, NOBODY, EVERY_ROLE),
        ("GET /api/v1/records/{stream}/{number}/proof", Action.VERIFY, NOBODY, EVERY_ROLE),
        ("GET /api/v1/checkpoints", Action.VERIFY, NOBODY, EVERY_ROLE),
        (f"GET {of_body}/checkpoints", Action.VERIFY, path(own), WHO_LOOKS),
        (f"GET {of_body}/webhooks", Action.READ_EVENTS, path(own), WHO_LOOKS),
        ("GET /api/v1/checkpoints/consistency", Action.VERIFY, NOBODY, EVERY_ROLE),
        ("GET /api/v1/signing-keys", Action.VERIFY, NOBODY, EVERY_ROLE),
        ("GET /api/v1/parked", Action.OPERATE, SEVERAL, OPERATORS),
        ("GET /api/v1/parked/history", Action.OPERATE, SEVERAL, OPERATORS),
        ("POST /api/v1/parked/retries", Action.OPERATE, SEVERAL, OPERATORS),
        ("GET /api/v1/parked/{stream}", Action.OPERATE, SEVERAL, OPERATORS),
        ("POST /api/v1/parked/{stream}/looks", Action.OPERATE, SEVERAL, OPERATORS),
        ("POST /api/v1/parked/{stream}/skip", Action.OPERATE, SEVERAL, OPERATORS),
        ("POST /api/v1/parked/{stream}/consent", Action.OPERATE, SEVERAL, OPERATORS | WHO_SETTLES),
        ("POST /api/v1/parked/{stream}/refusal", Action.OPERATE, SEVERAL, OPERATORS | WHO_SETTLES),
        ("POST /api/v1/parked/{stream}/repair", Action.OPERATE, SEVERAL, OPERATORS),
    )

"""Rows of the table of rights for the API of the approval side."""

from __future__ import annotations

from services.access.actions import Action
from services.access.rights import NOBODY, SEVERAL, Row, items, query, row, stated
from services.access.rights_of_both import CLERKS, WHO_LOOKS

APPROVAL: tuple[Row, ...] = (
    ("POST /api/v1/decisions", Action.PUBLISH_DECISIONS, items("deciding_body"), CLERKS),
    ("GET /api/v1/decisions", Action.READ_DECISIONS, query("body"), WHO_LOOKS),
    ("GET /api/v1/permits/{permit}", Action.READ_DECISIONS, row("permit"), WHO_LOOKS),
    ("POST /api/v1/permits/{permit}/reveals", Action.REVEAL_PERSONAL, row("permit"), CLERKS),
    ("POST /api/v1/batches/{batch}/withdrawal", Action.PUBLISH_DECISIONS, row("batch"), CLERKS),
    ("POST /api/v1/files", Action.PUBLISH_DECISIONS, SEVERAL, CLERKS),
    ("GET /api/v1/files/{batch}/refused.xlsx", Action.PUBLISH_DECISIONS, SEVERAL, CLERKS),
    ("GET /api/v1/exceptions", Action.PUBLISH_DECISIONS, SEVERAL, CLERKS),
    ("POST /api/v1/exceptions/{row}/kind", Action.PUBLISH_DECISIONS, SEVERAL, CLERKS),
    ("POST /api/v1/handovers", Action.PUBLISH_DECISIONS, row("batch"), CLERKS),
    ("GET /api/v1/pending-applications", Action.REPORT_PENDING, SEVERAL, WHO_LOOKS),
    ("POST /api/v1/pending-applications", Action.REPORT_PENDING, stated("body"), CLERKS),
    ("GET /api/v1/consultations", Action.GIVE_OPINIONS, query("body"), WHO_LOOKS),
    ("POST /api/v1/permits/{permit}/opinions", Action.GIVE_OPINIONS, stated("body"), CLERKS),
    ("GET /api/v1/rule-changes", Action.READ_RULES, query("body"), WHO_LOOKS),
    ("GET /api/v1/rule-changes/{rule}", Action.READ_RULES, row("rule"), WHO_LOOKS),
    ("POST /api/v1/rule-changes/{rule}/answers", Action.ANSWER_RULES, stated("body"), CLERKS),
    ("GET /api/v1/tasks", Action.ANSWER_TASKS, query("body"), WHO_LOOKS),
    ("GET /api/v1/tasks/{task}", Action.ANSWER_TASKS, row("task"), WHO_LOOKS),
    ("POST /api/v1/tasks/{task}/answer", Action.ANSWER_TASKS, row("task"), CLERKS),
    ("POST /api/v1/parties/find", Action.LOOK_UP_PARTIES, NOBODY, CLERKS),
    ("GET /api/v1/parties/{party}/standing", Action.LOOK_UP_PARTIES, NOBODY, CLERKS),
    ("POST /api/v1/parties/resolve", Action.RESOLVE_PARTIES, SEVERAL, frozenset()),
    ("POST /internal/v1/subject-keys", Action.RESOLVE_PARTIES, SEVERAL, frozenset()),
)

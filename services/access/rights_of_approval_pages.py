"""Rows of the table of rights for the pages of the approval side."""

from __future__ import annotations

from services.access.rights import NOBODY, SEEN, PageRow
from services.access.rights_of_both import CLERKS
from services.access.rights_of_pages import BUSINESS

_WORKS = BUSINESS["approval"]

APPROVAL_PAGES: tuple[PageRow, ...] = (
    ("GET /desk", SEEN, CLERKS),
    ("GET /published", SEEN, CLERKS),
    ("GET /published/rows", SEEN, CLERKS),
    ("GET /files", SEEN, CLERKS),
    ("POST /files", SEEN, CLERKS),
    ("GET /files/{one}", SEEN, CLERKS),
    ("POST /files/{one}", SEEN, CLERKS),
    ("GET /files/{one}/now", SEEN, CLERKS),
    ("POST /files/{one}/repaired", SEEN, CLERKS),
    ("GET /waiting", SEEN, CLERKS),
    ("POST /waiting/{row}", SEEN, CLERKS),
    ("GET /tasks", SEEN, CLERKS),
    ("GET /tasks/rows", SEEN, CLERKS),
    ("GET /tasks/{task}", SEEN, CLERKS),
    ("POST /tasks/{task}/answer", SEEN, CLERKS),
    ("GET /rules", SEEN, CLERKS),
    ("GET /rules/rows", SEEN, CLERKS),
    ("GET /rules/{rule}", SEEN, CLERKS),
    ("POST /rules/{rule}/answer", SEEN, CLERKS),
    ("GET /consultations", SEEN, CLERKS),
    ("GET /consultations/{permit}/{number}", SEEN, CLERKS),
    ("POST /consultations/{permit}/{number}/opinion", SEEN, CLERKS),
    ("GET /parties", NOBODY, CLERKS),
    ("POST /parties/find", NOBODY, CLERKS),
    ("GET /parties/{party}", NOBODY, CLERKS),
    ("GET /permits/{permit}", SEEN, _WORKS),
    ("GET /permits/{permit}/now", SEEN, _WORKS),
    ("GET /permits/{permit}/notices/{version}", SEEN, _WORKS),
    ("GET /permits/{permit}/personal", SEEN, CLERKS),
    ("POST /permits/{permit}/personal", SEEN, CLERKS),
    ("GET /running", NOBODY, _WORKS),
    ("GET /running/rows", NOBODY, _WORKS),
)

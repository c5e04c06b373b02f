"""What a web service of either side begins as: nobody comes in but by its door, and nothing goes out that is not
written down. Whatever is added to it later stands behind the same door."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from services.access.audited_answers import AuditedAnswers
from services.access.entrance import enter
from services.access.own_pages import from_our_pages
from services.problem_answers import answer_problems


def guarded_service(title: str) -> FastAPI:
    """Return a service without routes: its door, its audit, and its problems (RFC 9457)."""
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(from_our_pages), Depends(enter)],
    )
    answer_problems(app)
    app.add_middleware(AuditedAnswers)
    return app

"""The pages of the supervision side: departments, one department's list, one permit, the exception queue.

Everything works without a script; with it, a list moves by itself. No address ever bears a name or a person's number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Connection, text

from events import ledger
from events.database import raw
from projections.watch_list_filters import Standing
from services.supervision.asked import Asked
from services.supervision.consultation_http import found_consultation, returns_of
from services.supervision.office import Here, Office, name_of
from services.supervision.page_problems import answer_pages_with_pages
from services.supervision.permit_answers import (
    EXCEPTIONS_CAP,
    after_of,
    department_names,
    exceptions_count,
    exceptions_page,
    found_history,
)
from services.supervision.rendering import Rendering
from services.supervision.watch_list_answers import departments, page_of
from services.supervision.wording import STANDINGS

HERE = Path(__file__).parent
PAGE = 50
EXPIRY_CHOICES = (30, 60, 90, 180, 365)


def add_pages(app: FastAPI) -> None:
    """Add the pages, their style and script to ``app``; its problems become pages where a page was asked for."""
    rendering = Rendering(HERE / "templates", HERE / "static")
    pages = Pages(rendering)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for path, answer in (
        ("/", pages.front),
        ("/departments/{department}", pages.watch_list),
        ("/departments/{department}/rows", pages.rows),
        ("/permits/{permit}", pages.permit),
        ("/exceptions", pages.exceptions),
        ("/consultations/{permit}/{number}/minutes", pages.minutes),
    ):
        app.add_api_route(path, answer, methods=["GET"], include_in_schema=False, response_class=HTMLResponse)
    answer_pages_with_pages(app, rendering)


class Pages:
    def __init__(self, rendering: Rendering) -> None:
        self.show = rendering.show

    def front(self, office: Here) -> HTMLResponse:
        with office.engine.connect() as connection:
            found = departments(connection)
            waiting = exceptions_count(connection)
        return self.show("front.html", lag=office.lag(), as_of=found.as_of, found=found.departments, waiting=waiting)

    def watch_list(self, office: Here, department: str, asked: Annotated[Asked, Query()]) -> HTMLResponse:
        return self.show("watch_list.html", **_list_facts(office, department, asked))

    def rows(self, office: Here, department: str, asked: Annotated[Asked, Query()]) -> HTMLResponse:
        """Answer only what moves: the script puts it in the place of what stands there."""
        return self.show("watch_list_rows.html", **_list_facts(office, department, asked))

    def permit(self, office: Here, permit: UUID) -> HTMLResponse:
        with office.engine.connect() as connection:
            history = found_history(connection, permit)
            names = department_names(connection)
            matters = _matters(connection)
            as_of = connection.scalar(text("SELECT clock_timestamp()"))
        facts = history.now.facts
        return self.show(
            "permit.html",
            lag=office.lag(),
            as_of=as_of,
            today=office.today,
            history=history,
            facts=facts,
            expired=history.expired(office.today),
            matter=matters.get(facts.matter_code, ""),
            names=names,
        )

    def minutes(self, office: Here, permit: UUID, number: int) -> HTMLResponse:
        """Show the minutes of a consultation, to be printed and signed."""
        state, found, names = found_consultation(office, permit, number)
        assert state.decided is not None
        return self.show(
            "minutes.html",
            lag=office.lag(),
            as_of=office.now(),
            facts=state.decided.facts,
            found=found,
            names=names,
            departments=list(state.departments),
            returns=returns_of(state, found.ruled_at),
        )

    def exceptions(self, office: Here, cursor: str | None = None) -> HTMLResponse:
        with office.engine.connect() as connection:
            rows, following = exceptions_page(connection, after_of(cursor), PAGE)
            count = exceptions_count(connection)
            as_of = connection.scalar(text("SELECT clock_timestamp()"))
        return self.show(
            "exceptions.html",
            lag=office.lag(),
            as_of=as_of,
            rows=rows,
            count=min(count, EXCEPTIONS_CAP),
            count_capped=count > EXCEPTIONS_CAP,
            following=urlencode({"cursor": following}) if following else None,
            first=cursor is None,
        )


def _list_facts(office: Office, department: str, asked: Asked) -> dict[str, Any]:
    today = office.today
    with office.engine.connect() as connection:
        name = name_of(connection, department)
        # Before the rows: what is pushed between the two is shown twice rather than not at all.
        position = ledger.head(raw(connection)).position
        page = page_of(connection, department, asked, today, PAGE)
        matters = _matters(connection)
        own = _matters(connection, department)
    chosen = _chosen(asked)
    return {
        "lag": office.lag(),
        "as_of": page.as_of,
        "today": today,
        "department": department,
        "name": name,
        "page": page,
        "position": position,
        "asked": asked,
        "by_expiry": asked.filters().by_expiry,
        "filtered": bool(chosen),
        "query": urlencode(chosen),
        "following": urlencode({**chosen, "cursor": page.next_cursor}) if page.next_cursor else None,
        "everything": urlencode({"status": Standing.ALL.value}),
        "matters": matters,
        "own_matters": own,
        "standings": STANDINGS,
        "expiry_choices": EXPIRY_CHOICES,
    }


def _chosen(asked: Asked) -> dict[str, str]:
    """Return the filters that differ from none, as they stand in an address."""
    said = asked.model_dump(mode="json", exclude={"cursor"}, exclude_none=True)
    if asked.status is Standing.VALID:
        del said["status"]
    return {name: str(value) for name, value in said.items()}


def _matters(connection: Connection, department: str | None = None) -> dict[str, str]:
    """Return the matters of the duty list, or those of one department, by code."""
    rows = connection.execute(
        text(
            """SELECT content->>'matter_code' AS code, max(content->>'matter_name') AS name FROM duties
               WHERE cast(:department AS text) IS NULL OR content->>'lead' = :department
                   OR jsonb_exists(content->'co_departments', :department)
               GROUP BY 1 ORDER BY 1"""
        ),
        {"department": department},
    )
    return {row.code: row.name for row in rows}

"""What a body has published, over HTTP: its decisions, newest first, and how far each is in each department."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from events.catalogue import DECISIONS
from events.database import raw
from projections.bounced import Why
from services.approval import published
from services.approval.http import Here
from services.approval.published import Place, Published, Wanted
from services.interface import problems
from services.rule_reading import cursor_spoiled

decisions = APIRouter(prefix="/api/v1")

DecisionType = Annotated[str, Field(pattern=f"^({'|'.join(sorted(DECISIONS))})$")]


class AskedDecisions(BaseModel):
    """The filters of the list. An unknown one is refused: a misspelt filter must not show everything."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[DecisionType | None, Field(description="决定的种类；省略则为全部。")] = None
    bounced: Annotated[
        Why | None, Field(description="waiting 没有部门接收, returned 被退回且无人签收；省略则为全部。")
    ] = None
    batch: Annotated[UUID | None, Field(description="批次号：只看该文件录入的。")] = None
    cursor: Annotated[str | None, Field(max_length=120, description="上一页答复中的 next_cursor。")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="每页件数。")] = 50

    def wanted(self, body: str) -> Wanted:
        return Wanted(body, self.type, self.bounced, self.batch, _after(self.cursor))


class AskedOfBody(AskedDecisions):
    body: Annotated[str, Field(max_length=64, description="许可机关的 18 位代码。")]


@decisions.get(
    "/decisions",
    operation_id="listDecisions",
    summary="本机关报送的决定及送达情况",
    responses=problems(cursor_spoiled()),
)
def list_decisions(office: Here, asked: Annotated[AskedOfBody, Query()]) -> dict[str, Any]:
    """Return the decisions of a body, newest first: to whom each went, and whether it was read, signed or returned."""
    with office.engine.connect() as connection:
        rows, following = page_of(raw(connection), asked, asked.body)
    return {"decisions": [row.as_json() for row in rows], "next_cursor": following, "as_of": datetime.now(UTC)}


def page_of(connection: psycopg.Connection, asked: AskedDecisions, body: str) -> tuple[list[Published], str | None]:
    """Return a page of what ``body`` published, and the cursor of the next one."""
    rows = published.find(connection, asked.wanted(body), asked.limit + 1)
    shown = rows[: asked.limit]
    if len(rows) <= asked.limit:
        return shown, None
    last = shown[-1]
    return shown, f"{last.recorded_at.isoformat()}~{last.permit}~{last.version}"


def _after(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    try:
        at, permit, version = cursor.replace(" ", "+").split("~")
        return Place(datetime.fromisoformat(at), UUID(permit), int(version))
    except ValueError:
        raise cursor_spoiled() from None

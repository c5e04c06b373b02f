"""Handover lists read from either side: a page of them, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from projections.handovers import Wanted, find
from services.problems import Problem


class AskedHandovers(BaseModel):
    """The filters of the list. An unknown one is refused: a misspelt filter must not show everything."""

    model_config = ConfigDict(extra="forbid")

    department: Annotated[str | None, Field(max_length=64, description="接收部门代码。")] = None
    body: Annotated[str | None, Field(max_length=64, description="移交机关代码。")] = None
    batch: Annotated[UUID | None, Field(description="批次号。")] = None
    signed: Annotated[bool | None, Field(description="true 已签收；false 待签收；省略则为全部。")] = None
    cursor: Annotated[str | None, Field(max_length=100, description="上一页答复中的 next_cursor。")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="每页件数。")] = 50


def unknown_list() -> Problem:
    return Problem(404, "unknown_handover", "没有这份移交清单", "没有找到这份移交清单。", "请核对清单标识。")


def cursor_spoiled() -> Problem:
    return Problem(400, "cursor_spoiled", "页码标记无效", "页码标记不完整。", "请去掉 cursor，从第一页重新查询。")


def page_of(connection: psycopg.Connection, asked: AskedHandovers) -> dict[str, Any]:
    """Return a page of lists and what names the next one."""
    wanted = Wanted(asked.department, asked.body, asked.batch, asked.signed)
    rows = find(connection, wanted, _after(asked.cursor), asked.limit + 1)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    following = f"{rows[-1].made_at.isoformat()}~{rows[-1].list}" if more else None
    return {"handovers": [row.as_json() for row in rows], "next_cursor": following}


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        at, handover = cursor.replace(" ", "+").split("~")
        return datetime.fromisoformat(at), UUID(handover)
    except ValueError:
        raise cursor_spoiled() from None

"""Did everything arrive? Asked over HTTP, the same on both sides."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from events.database import raw
from services.completeness_answers import completeness_of
from services.either_side import Here
from services.interface import problems

completeness_routes = APIRouter(prefix="/api/v1")


@completeness_routes.get(
    "/completeness", operation_id="readCompleteness", summary="齐全性：收到与缺少的编号", responses=problems()
)
def completeness(
    here: Here,
    day: Annotated[date | None, Query(description="只看这一日（中国日期）。")] = None,
) -> dict[str, Any]:
    """Return what this side received of the other's ledger, of pushes and of senders' own numbers, and what is missing,
    by day. Found out every few seconds; what is parked has been received."""
    with here.engine.connect() as connection:
        return completeness_of(raw(connection), here.side, day)

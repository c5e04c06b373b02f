"""Opening stock over HTTP on the approval side: a batch is handed over, and its handover lists are seen and checked."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from events.database import raw
from projections import handovers
from services.approval.http import Here
from services.approval.http_described import unknown_batch
from services.approval.stock import hand_over
from services.approval.stock_check import hash_here
from services.handover_reading import AskedHandovers, cursor_spoiled, page_of, unknown_list
from services.interface import problems
from services.stated import Stated

handover_routes = APIRouter(prefix="/api/v1")


class Whole(Stated):
    batch: Annotated[UUID, Field(description="批次号，报送时自定的 batch。")]


class Handed(BaseModel):
    """存量移交的件数，按许可机关。"""

    body: str
    body_name: str
    decisions: int


@handover_routes.post(
    "/handovers",
    operation_id="handOverStock",
    summary="存量移交：该批次已报送完毕",
    responses=problems(unknown_batch()),
)
def hand_over_stock(office: Here, stated: Whole) -> list[Handed]:
    """Say that a batch of opening stock, handed in by ``POST /decisions`` with ``opening_stock`` and a ``batch`` of its
    own, is whole; each department then gets its handover list. An imported file says it by itself. Repeats change
    nothing."""
    handed = hand_over(office.engine, stated.batch)
    if not handed:
        raise unknown_batch()
    return [Handed(**one.as_json()) for one in handed]


@handover_routes.get(
    "/handovers", operation_id="listHandovers", summary="存量移交清单", responses=problems(cursor_spoiled())
)
def list_handovers(office: Here, asked: Annotated[AskedHandovers, Query()]) -> dict[str, Any]:
    """Return handover lists, newest first: what was handed over to which department, and who signed for it."""
    with office.engine.connect() as connection:
        return page_of(raw(connection), asked)


@handover_routes.get(
    "/handovers/{list}",
    operation_id="readHandover",
    summary="一份移交清单及其签收",
    responses=problems(unknown_list()),
)
def read_handover(
    office: Here, listed: Annotated[UUID, Path(alias="list", description="清单标识。")]
) -> dict[str, Any]:
    """Return a list with its signature and what was returned. ``matches``: whether the decisions recorded here give the
    hash that the department signed; null while this side has not heard of all of its pushes."""
    with office.engine.connect() as connection:
        found = handovers.read(raw(connection), listed)
        if found is None:
            raise unknown_list()
        own = hash_here(raw(connection), found)
    return found.as_json() | {"matches": None if own is None else own == found.sha256}

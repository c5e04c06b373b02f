"""Handover lists (存量移交清单) of a side: what was handed over to whom, and who has signed. Alike on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from events.database import raw
from services.either_side import Here
from services.handover_reading import AskedHandovers, page_of
from services.pages.visiting import Visiting

PAGE = 50
CHOICES: Mapping[str, tuple[str, bool | None]] = {
    "waiting": ("待签收", False),
    "signed": ("已签收", True),
    "all": ("全部", None),
}
routes = APIRouter()


@routes.get("/handovers")
def handovers(
    here: Here,
    visit: Visiting,
    state: Annotated[str, Query(pattern=f"^({'|'.join(CHOICES)})$")] = "all",
    cursor: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Show the lists of the reader's body or department, or of everybody for a seat that is of none; newest first."""
    own = visit.seat.body if visit.seat else ""
    whose: dict[str, Any] = {"body" if here.side == "approval" else "department": own or None}
    asked = AskedHandovers(**whose, signed=CHOICES[state][1], cursor=cursor or None, limit=PAGE)
    with here.engine.connect() as connection:
        found = page_of(raw(connection), asked)
    names = visit.request.app.state.names(visit.request)
    following = found["next_cursor"]
    return visit.show(
        "handovers.html",
        found=found["handovers"],
        state=state,
        choices={name: words for name, (words, _) in CHOICES.items()},
        names=names,
        side=here.side,
        own=own,
        first=f"/handovers?{urlencode({'state': state})}" if cursor else None,
        following=f"/handovers?{urlencode({'state': state, 'cursor': following})}" if following else None,
    )

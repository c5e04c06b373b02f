"""A handover list (移交清单) of opening stock: signed by its department as a whole, or with rows that are returned; it
prints as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from services.handing_in import Asker, refusal
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.checking import printed
from services.pages.visiting import Visiting
from services.refusing import Refused
from services.sheet_numbers import SheetKind, sheet_number
from services.stating import stated
from services.supervision.handover import SignHandover
from services.supervision.handover_desk import HandoverDesk
from services.supervision.handover_http import problem_of
from services.supervision.handover_questions import list_page
from services.supervision.office import Here
from services.supervision.sheets import newest_of

AT_ONCE = 200
"""How many rows of a list a page shows: a thousand would weigh half a megabyte."""

routes = APIRouter()


@routes.get("/handovers/{listed}")
def handover(office: Here, visit: Visiting, listed: UUID, after: Annotated[int, Query(ge=0)] = 0) -> HTMLResponse:
    found = list_page(office.engine, listed, after, AT_ONCE)
    mine = visit.seat is not None and visit.seat.body == found.handover.department
    own = mine and visit.may("POST /handovers/{listed}/signature")
    number = sheet_number(SheetKind.HANDOVER, listed, found.handover.number)
    with office.engine.connect() as connection:
        newest = newest_of(raw(connection), listed, number)
    assert newest is not None
    return visit.show(
        "handover.html",
        **found._asdict(),
        listed=listed,
        after=after,
        may_sign=own and found.handover.signed_at is None,
        sheet_number=number,
        **printed(visit, newest),
    )


@routes.post("/handovers/{listed}/signature")
def sign(
    office: Here,
    visit: Visiting,
    listed: UUID,
    key: Annotated[str, Form(max_length=100)],
    excepted: Annotated[Sequence[str], Form()] = (),
    reason: Annotated[str, Form()] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
    candidate: Annotated[str, Form()] = "",
) -> Response:
    """Sign the whole list; each permit of ``excepted`` is returned with the same reason."""
    seat = visit.must_be()
    why = {"reason": reason, "text": text.strip(), "candidate": candidate or None}
    said = {"officer": seat.staff, "exceptions": [{"permit": permit, **why} for permit in excepted]}
    form = stated(SignHandover, said)
    if isinstance(form, dict):
        raise refusal(form)
    by = Asker(BY_PAGE, act_key(key, [str(listed), form.model_dump(mode="json")]))
    try:
        answer = HandoverDesk(office.oversight).sign(seat.body, listed, form, by)
    except Refused as refused:
        raise problem_of(refused) from None
    done = f"已签收第 {answer['number']} 号移交清单：接收 {answer['signed']} 件，退回 {len(answer['returned'])} 件"
    return visit.done(f"/handovers/{listed}", done)

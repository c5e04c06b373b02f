"""存证核验: is the record that a paper was printed from still as it was recorded? Alike on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path, Query
from fastapi.responses import HTMLResponse, Response

from events.checking import check_stream, code_of
from events.database import raw
from events.envelope import Record, digest_of
from services.checking import WRONG_WORDS, RecordsOf, SheetOf, named, read_code, unknown_record
from services.checkpoints.own import first_covering, newest_signed
from services.checkpoints.sent import last_sent, sent_to
from services.either_side import Here
from services.event_words import EVENT_WORDS
from services.ledger_walks import last_walk
from services.own_systems_http import prefix_of
from services.pages.visiting import Visit, Visiting
from services.webhook_words import SENT_WAYS

Version = Annotated[int, Path(ge=1, le=1_000_000)]


def check_routes(sheet_of: SheetOf, records_of: RecordsOf) -> APIRouter:
    """Return the pages of a side, which knows its own sheets."""
    routes = APIRouter()

    @routes.get("/check")
    def check_form(here: Here, visit: Visiting) -> HTMLResponse:
        return _form(here, visit)

    @routes.post("/check")
    def find_record(
        here: Here,
        visit: Visiting,
        number: Annotated[str, Form(max_length=400)],
        code: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """Lead to what was typed; it is sent as a form, since somebody may type what belongs in no address."""
        visit.must_be()
        typed = read_code(code)
        with here.engine.connect() as connection:
            found = named(raw(connection), number, records_of)
        places = [check_place(stream, version, typed or found.code) for stream, version in found.records]
        if len(places) == 1:
            return visit.done(places[0])
        return _form(here, visit, places, code, number)

    @routes.get("/check/{stream}/{version}")
    def check_record(
        here: Here,
        visit: Visiting,
        stream: UUID,
        version: Version,
        code: Annotated[str, Query(pattern="^([0-9a-f]{16})?$")] = "",
    ) -> HTMLResponse:
        """``code``: what the paper bears; a record that was made anew, chain and all, has another."""
        visit.must_be()
        with here.engine.connect() as connection:
            found = check_stream(raw(connection), here.side, stream, version)
            walk = last_walk(raw(connection))
            one = found.records.get(version) if found else None
            checkpoint = first_covering(raw(connection), one.record.position) if one and one.record.position else None
        if found is None or (version not in found.records and version not in found.missing):
            raise unknown_record()
        return visit.show(
            "check.html",
            stream=stream,
            version=version,
            found=found,
            one=one,
            code=code,
            same=one is not None and code in ("", one.code),
            sheet=sheet_of(one.record) if one else None,
            event_words=EVENT_WORDS,
            wrong_words=WRONG_WORDS,
            walk=walk,
            checkpoint=checkpoint,
        )

    return routes


def _form(here: Here, visit: Visit, found: Sequence[str] = (), code: str = "", typed: str = "") -> HTMLResponse:
    """Show the form, the newest checkpoint, and which one the reader's own systems were sent last; whoever is of no
    body sees that of every one."""
    seat = visit.must_be()
    with here.engine.connect() as connection:
        newest = newest_signed(raw(connection))
        sent = sent_to(raw(connection), seat.body, most=1) if seat.role.of_a_body else last_sent(raw(connection))
    own = f"{prefix_of(here.side)}/{seat.body}"
    return visit.show(
        "check_form.html", found=found, code=code, typed=typed, newest=newest, sent=sent, own=own, sent_ways=SENT_WAYS
    )


def check_place(stream: UUID, version: int, code: str = "") -> str:
    """Return the address of a record's check within the service."""
    return f"/check/{stream}/{version}" + (f"?code={code}" if code else "")


def printed(visit: Visit, record: Record) -> dict[str, Any]:
    """Return what a sheet bears of the record it is printed from: the whole address for its square code, the code for
    whoever types it, and the first signed checkpoint that the record is under (None for a minute)."""
    code = code_of(digest_of(record, record.source))
    with visit.request.app.state.office.engine.connect() as connection:
        checkpoint = first_covering(raw(connection), record.position) if record.position else None
    address = visit.whole_address(check_place(record.stream, record.version, code))
    return {"address": address, "code": code, "checkpoint": checkpoint}

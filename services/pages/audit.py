"""审计: who saw, took out, or was refused what. For the audit administrator alone; alike on both sides."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, BeforeValidator

from events.database import raw
from services.access import audit_pack
from services.access.audit import ACT_WORDS, Act, note
from services.access.audit_pack import FIELD_WORDS, role_in_words
from services.access.audit_reading import Sought, newest
from services.access.audit_walks import last_audit_walk
from services.either_side import Here
from services.pages.rendering import HEADERS
from services.pages.visiting import Visit, Visiting
from services.working_days import CHINA

SHOWN = 50
PACK = "application/zip"
routes = APIRouter()


def _given(said: object) -> object:
    return said or None


class Asked(BaseModel):
    """What the form asks for: days of China, both included. Ids whole; names are in no entry."""

    since: Annotated[date | None, BeforeValidator(_given)] = None
    until: Annotated[date | None, BeforeValidator(_given)] = None
    act: Annotated[Act | None, BeforeValidator(_given)] = None
    caller: str = ""
    about: str = ""
    before: Annotated[int | None, BeforeValidator(_given)] = None

    def days(self) -> tuple[datetime | None, datetime | None]:
        return (
            datetime.combine(self.since, time(), CHINA) if self.since else None,
            datetime.combine(self.until + timedelta(days=1), time(), CHINA) if self.until else None,
        )

    def again(self, **changes: object) -> str:
        said = self.model_dump(mode="json", exclude_none=True) | changes
        return urlencode({name: value for name, value in said.items() if value})


@routes.get("/audit")
def audit(visit: Visiting, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Show entries, the newest first. That they are looked at is an entry too."""
    return _shown(visit, asked)


@routes.get("/audit/pack", name="audit_pack")
def pack(here: Here, visit: Visiting, asked: Annotated[Asked, Query()]) -> Response:
    """Answer the entries of some days as a pack that proves itself."""
    note(visit.request, Act.EXPORTED, objects=[asked.again(before=None)])
    with TemporaryDirectory() as folder, here.engine.connect() as connection:
        file = Path(folder) / "audit.zip"
        audit_pack.make(raw(connection), here.side, file, *asked.days())
        content = file.read_bytes()
    name = quote(f"审计-{visit.desk.today:%Y%m%d}.zip")
    saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type=PACK, headers=HEADERS | saved)


def _shown(visit: Visit, asked: Asked) -> HTMLResponse:
    note(visit.request, Act.AUDIT_READ, objects=filter(None, [asked.again()]))
    sought = Sought(*asked.days(), asked.act, asked.caller.strip(), asked.about.strip(), asked.before)
    with visit.desk.engine.connect() as connection:
        found = newest(raw(connection), sought, SHOWN + 1)
        walked = last_audit_walk(raw(connection))
    rows, more = found[:SHOWN], len(found) > SHOWN
    facts: dict[str, Any] = {
        "rows": rows,
        "asked": asked,
        "acts": ACT_WORDS,
        "role_in_words": role_in_words,
        "fields_in_words": lambda fields: "、".join(FIELD_WORDS.get(one, one) for one in fields),
        "walked": walked,
        "pack": f"/audit/pack?{asked.again(before=None)}",
        "first": f"/audit?{asked.again(before=None)}" if asked.before else "",
        "following": f"/audit?{asked.again(before=rows[-1].id)}" if more else "",
    }
    return visit.show("audit.html", **facts)

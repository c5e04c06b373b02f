"""How are the watch lists made anew (重建), in what do they differ, and how are they exchanged and exchanged back?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

import psycopg
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from services import rebuilding
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.rebuild_state import STATE_WORDS, STEP_WORDS, State, newest, steps_of
from services.refusing import Refused
from services.supervision.office import Here, Office
from services.supervision.permit_answers import department_names

ACTS: Mapping[str, tuple[Callable[[psycopg.Connection, str], None], str]] = {
    "begin": (rebuilding.begin, "已开始重建，由调度程序办理"),
    "pause": (partial(rebuilding.pause, paused=True), "已暂停，已建好的部分保留"),
    "resume": (partial(rebuilding.pause, paused=False), "已继续"),
    "compare": (rebuilding.compare_again, "将重新比较，结果随后出现在本页"),
    "switch": (rebuilding.switch, "已切换到新名单，可随时切回"),
    "back": (partial(rebuilding.switch, back=True), "已切回原名单"),
    "end": (rebuilding.end, "已结束，未使用的名单已删除"),
}
KINDS = ("equal", "missing", "surplus", "different")
routes = APIRouter()


@routes.get("/rebuild")
def rebuild_page(office: Here, visit: Visiting) -> HTMLResponse:
    return _shown(office, visit, "rebuild.html")


@routes.get("/rebuild/now", name="rows")
def rebuild_now(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves."""
    return _shown(office, visit, "rebuild_now.html")


@routes.post("/rebuild")
def act(office: Here, visit: Visiting, step: Annotated[str, Form(pattern=f"^({'|'.join(ACTS)})$")]) -> Response:
    """Do one step, or tell why it cannot be done now."""
    seat = visit.must_be()
    done, said = ACTS[step]
    try:
        with office.list_maker.begin() as connection:
            done(raw(connection), seat.staff)
    except Refused as refused:
        raise Problem(409, refused.rule.code, "未办理", refused.text, refused.rule.repair) from None
    return visit.done("/rebuild", said)


def _shown(office: Office, visit: Visit, template: str) -> HTMLResponse:
    with office.engine.connect() as connection:
        one = newest(raw(connection))
        return visit.show(
            template,
            one=one,
            steps=steps_of(raw(connection), one.number) if one else [],
            at_work=one is not None and one.state != State.ENDED,
            states=STATE_WORDS,
            step_words=STEP_WORDS,
            kinds=KINDS,
            names=department_names(connection),
            may_act=visit.may("POST /rebuild"),
        )

"""我的会话: where I am signed in, and my password."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from services.access import sessions
from services.access.callers import Caller
from services.access.entrance import entrance_of
from services.pages.seats import ROLE_WORK
from services.pages.signing_in import Code, Password, digits_of, here_of, whence_of
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.refusing import Refused

routes = APIRouter()


@routes.get("/sessions")
def own_sessions(visit: Visiting) -> HTMLResponse:
    """Show every browser in which the reader is signed in."""
    return _shown(visit)


@routes.post("/sessions/{session}/end")
def end_own(visit: Visiting, session: UUID) -> Response:
    here_of(visit.request).end(_me(visit), session, whence_of(visit.request))
    return visit.done("/sessions", "已结束那里的登录。")


@routes.post("/password")
def change_password(
    visit: Visiting, old: Password, password: Password, again: Annotated[str, Form(max_length=200)], code: Code
) -> Response:
    here = here_of(visit.request)
    try:
        if password != again:
            raise Problem(422, "not_the_same", "两次输入的新密码不一样", "密码没有修改。", "请把同一个新密码输入两次。")
        session = visit.request.state.session
        here.change_password(_me(visit), session, old, password, digits_of(code), whence_of(visit.request))
    except Refused as refused:
        return _shown(visit, Problem(422, refused.rule.code, refused.text, "密码没有修改。", refused.rule.repair))
    except Problem as problem:
        visit.request.state.audited = problem.status in (401, 403)  # with the account, where it was refused
        if problem.code == "not_signed_in":
            problem = Problem(422, "wrong_password", "现用密码不对", "密码没有修改。", "请输入现在登录用的密码。")
        if problem.code == "wrong_code":
            problem = Problem(
                422,
                "wrong_code",
                "动态口令不对",
                "密码没有修改。",
                "请等手机上换出下一个口令，再输入。",
            )
        return _shown(visit, problem)
    return visit.done("/sessions", "密码已修改，其他地方的登录已全部结束。")


def _me(visit: Visit) -> Caller:
    return entrance_of(visit.request.app).caller(visit.request)


def _shown(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    here, seat = here_of(visit.request), visit.must_be()
    with here.engine.connect() as connection:
        open_ones = sessions.of_account(raw(connection), UUID(_me(visit).name), here.now())
    return visit.show(
        "sessions.html", problem.status if problem else 200, sessions=open_ones, own=visit.request.state.session,
        at_once=sessions.AT_ONCE, local=here.provider is None, wrong=problem.body() if problem else None,
        work=ROLE_WORK[seat.role],
    )  # fmt: skip

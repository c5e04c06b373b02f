"""What every side's pages have: style and script, the choice of a seat, the size of letters, news, problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Request, params
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from services.access.entrance import entrance_of
from services.access.page_door import SignInFirst
from services.access.streams import while_let_in
from services.notifying import Manner
from services.pages import account_list, own_sessions, signing_in
from services.pages.problem_pages import answer_pages_with_pages
from services.pages.rendering import STATIC
from services.pages.seats import ROLE_WORK, NoSeat, Role, Seat
from services.pages.visiting import SIZES, YEAR_SECONDS, Pages, Visiting, own_address
from services.problem_answers import answer
from services.problems import Problem


def at_an_open_door(request: Request) -> None:
    """Let there be no such page (404) where people sign in."""
    if not entrance_of(request.app).is_open:
        raise HTTPException(404)


def at_a_log_in(request: Request) -> None:
    """Let there be no such page (404) where nobody signs in."""
    if entrance_of(request.app).signing_in is None:
        raise HTTPException(404)


def add_pages(
    app: FastAPI,
    pages: Pages,
    bodies: Callable[[Request], Mapping[str, str]],
    routers: Iterable[APIRouter],
    names: Callable[[Request], Mapping[str, str]],
) -> None:
    """Give ``app`` its pages. ``bodies``: code and name of those for whom a seat can be taken; ``names``: of bodies and
    departments of both sides, as far as this side knows them."""
    app.state.pages, app.state.bodies, app.state.names = pages, bodies, names
    # Until the site says how it sends notices: always, and nothing of it is known to the pages.
    app.state.manner = Manner("")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    kept: list[tuple[APIRouter, list[params.Depends]]] = [(routes, []) for routes in (_common(), *routers)]
    kept.append((_seats(bodies), [Depends(at_an_open_door)]))
    signing = (signing_in.routes, own_sessions.routes, account_list.routes)
    kept += [(routes, [Depends(at_a_log_in)]) for routes in signing]
    for routes, where in kept:
        app.include_router(
            routes,
            dependencies=where,
            include_in_schema=False,
            default_response_class=HTMLResponse,
        )
    answer_pages_with_pages(app)

    async def choose(request: Request, error: Exception) -> Response:
        back = request.url.path if request.method == "GET" else "/"
        asked = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
        where = "/seat" if entrance_of(request.app).is_open else "/login"
        if "hx-request" in request.headers:
            return Response(status_code=204, headers={"HX-Redirect": where})
        return RedirectResponse(f"{where}?{urlencode({'to': back + asked})}", 303)

    async def sign_in_first(request: Request, error: Exception) -> Response:
        if "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers:
            return await choose(request, error)
        assert isinstance(error, Problem)
        return answer(error)

    app.add_exception_handler(NoSeat, choose)
    app.add_exception_handler(SignInFirst, sign_in_first)


def _seats(bodies: Callable[[Request], Mapping[str, str]]) -> APIRouter:
    routes = APIRouter()

    @routes.get("/seat")
    def seat_page(visit: Visiting, to: str = "/") -> HTMLResponse:
        """Show the roles of this side; in each, the bodies for whom it can be taken."""
        return visit.show(
            "seat.html", to=own_address(to), roles=visit.pages.roles, work=ROLE_WORK, bodies=bodies(visit.request)
        )

    @routes.post("/seat")
    def take_seat(
        visit: Visiting,
        role: Annotated[Role, Form()],
        staff: Annotated[str, Form(pattern="^[0-9A-Za-z-]{1,40}$")],
        body: Annotated[str, Form()] = "",
        to: Annotated[str, Form()] = "/",
    ) -> Response:
        if role not in visit.pages.roles or (role.of_a_body and body not in bodies(visit.request)):
            raise _no_such_seat()
        answer = visit.done(own_address(to))
        seat = Seat(role, body if role.of_a_body else "", staff)
        answer.set_cookie(f"seat-{visit.pages.cookies}", seat.as_cookie(), httponly=True, samesite="lax")
        return answer

    return routes


def _common() -> APIRouter:
    routes = APIRouter()

    @routes.post("/size")
    def set_size(visit: Visiting, size: Annotated[str, Form()], to: Annotated[str, Form()] = "/") -> Response:
        answer = visit.done(own_address(to))
        if size in SIZES:
            answer.set_cookie("size", size, max_age=YEAR_SECONDS, secure=visit.by_https, httponly=True, samesite="lax")
        return answer

    @routes.get("/behind")
    def behind(visit: Visiting) -> HTMLResponse:
        """Answer the yellow bar alone: how far the lists are behind now."""
        return visit.show("behind.html")

    @routes.get("/live", response_class=StreamingResponse)
    async def live(request: Request) -> StreamingResponse:
        """Tell a browser's pages what may have changed; one stream for all of its windows."""
        return StreamingResponse(
            while_let_in(request, request.app.state.office.live.pages()),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


def _no_such_seat() -> Problem:
    return Problem(422, "no_such_seat", "没有这个岗位", "所选岗位或部门不在名单中。", "请从列出的岗位和部门中选择。")

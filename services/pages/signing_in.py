"""登录: staff number and password, then a one-time code; at the first time a password of one's own; and out again."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.access import by_provider
from services.access.account_acts import Done
from services.access.entrance import entrance_of
from services.access.one_time_codes import address_of
from services.access.sessions import Stage, Whence
from services.access.sign_in_refusals import begin_anew
from services.access.signing_in import SigningIn
from services.pages.visiting import Visit, Visiting, own_address
from services.problems import Problem
from services.refusing import Refused

Staff = Annotated[str, Form(max_length=100)]
Password = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=20)]
To = Annotated[str, Form(max_length=2000)]
routes = APIRouter()

_BROWSERS = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_MACHINES = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "Mac OS": "macOS", "Linux": "Linux"}


def here_of(request: Request) -> SigningIn:
    """Return how people sign in here; these pages are only where they do."""
    signing_in = entrance_of(request.app).signing_in
    assert signing_in is not None
    return signing_in


def whence_of(request: Request) -> Whence:
    """Return from where a request comes, as its owner is shown it later: no more than they would know again."""
    says = request.headers.get("user-agent", "")
    browser = next((name for mark, name in _BROWSERS.items() if mark in says), "其他浏览器")
    machine = next((name for mark, name in _MACHINES.items() if mark in says), "")
    return Whence(request.client.host if request.client else "", f"{browser} {machine}".strip())


@routes.get("/login")
def login_page(visit: Visiting, to: str = "/") -> Response:
    """Show where to sign in; whoever is in already goes on."""
    return visit.done(_wanted(to)) if visit.seat else _login(visit, to)


@routes.post("/login")
def take_password(visit: Visiting, staff: Staff, password: Password, to: To = "/") -> Response:
    here = here_of(visit.request)
    if here.provider:
        raise begin_anew()
    try:
        token, stage = here.with_password(staff.strip(), password, whence_of(visit.request))
    except Problem as problem:
        return _login(visit, to, problem, staff.strip())
    next_one = "/login/first" if stage is Stage.FIRST else "/login/code"
    return _holding(visit.done(f"{next_one}?{urlencode({'to': _wanted(to)})}"), here, token)


@routes.get("/login/code")
def code_page(visit: Visiting, to: str = "/") -> Response:
    here = here_of(visit.request)
    try:
        here.waiting(_held(visit, here), Stage.CODE)
    except Problem as problem:
        return _login(visit, to, problem)
    return visit.show("login_code.html", to=_wanted(to), wrong=None)


@routes.post("/login/code")
def take_code(visit: Visiting, code: Code, to: To = "/") -> Response:
    here = here_of(visit.request)
    try:
        token = here.with_code(_held(visit, here), digits_of(code), whence_of(visit.request))
    except Problem as problem:
        if problem.code != "wrong_code":
            return _login(visit, to, problem)
        visit.request.state.audited = True
        return visit.show("login_code.html", problem.status, to=_wanted(to), wrong=problem.body())
    return _holding(visit.done(_wanted(to)), here, token)


@routes.get("/login/first")
def first_page(visit: Visiting, to: str = "/") -> Response:
    try:
        return _first(visit, to)
    except Problem as problem:
        return _login(visit, to, problem)


@routes.post("/login/first")
def take_first(visit: Visiting, password: Password, again: Password, code: Code, to: To = "/") -> Response:
    here = here_of(visit.request)
    try:
        if password != again:
            raise Problem(
                422, "not_the_same", "两次输入的新密码不一样", "新密码没有保存。", "请把同一个新密码输入两次。"
            )
        token = here.first_time(_held(visit, here), password, digits_of(code), whence_of(visit.request))
    except Refused as refused:
        return _first(visit, to, Problem(422, refused.rule.code, refused.text, "新密码没有保存。", refused.rule.repair))
    except Problem as problem:
        if problem.code in ("wrong_code", "not_the_same"):
            return _first(visit, to, problem)
        return _login(visit, to, problem)
    return _holding(visit.done(_wanted(to), "密码和动态口令已设好，今后用它们登录。"), here, token)


@routes.get("/login/provider")
def to_provider(visit: Visiting, to: str = "/") -> Response:
    """Lead to the site's own log-in."""
    here = here_of(visit.request)
    if here.provider is None:
        raise begin_anew()
    token, address = by_provider.set_out(here, here.provider, _back(visit), _wanted(to))
    return _holding(RedirectResponse(address, 303), here, token)


@routes.get("/login/back")
def from_provider(visit: Visiting, state: str = "", code: str = "") -> Response:
    """Take who came back from there."""
    here = here_of(visit.request)
    if here.provider is None:
        raise begin_anew()
    roles = tuple(visit.pages.roles)
    try:
        token, to = by_provider.come_back(
            here, here.provider, roles, token=_held(visit, here), state=state, code=code, back=_back(visit),
            whence=whence_of(visit.request),
        )  # fmt: skip
    except Problem as problem:
        return _login(visit, "/", problem)
    return _holding(visit.done(_wanted(to)), here, token)


@routes.post("/logout")
def sign_out(visit: Visiting) -> Response:
    here = here_of(visit.request)
    caller = entrance_of(visit.request.app).caller(visit.request)
    here.end(caller, visit.request.state.session, whence_of(visit.request), Done.SIGN_OUT)
    answer = visit.done("/login")
    # What the browser kept of pages, for the next one at this desk.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    answer.delete_cookie(here.cookie, secure=here.secure, httponly=True, samesite="lax")
    return answer


def _login(visit: Visit, to: str, problem: Problem | None = None, staff: str = "") -> HTMLResponse:
    visit.request.state.audited = problem is not None  # with the account that was tried, where there is one
    return visit.show(
        "login.html", problem.status if problem else 200, to=_wanted(to), staff=staff,
        wrong=problem.body() if problem else None, by_provider=here_of(visit.request).provider is not None,
    )  # fmt: skip


def _first(visit: Visit, to: str, problem: Problem | None = None) -> HTMLResponse:
    account, secret = here_of(visit.request).drawn_secret(_held(visit, here_of(visit.request)))
    visit.request.state.audited = problem is not None
    return visit.show(
        "login_first.html", problem.status if problem else 200, to=_wanted(to), account=account,
        wrong=problem.body() if problem else None, address=address_of(secret, account.staff, visit.pages.title),
        secret=" ".join(re.findall(".{1,4}", secret)),
    )  # fmt: skip


def _held(visit: Visit, here: SigningIn) -> str:
    return visit.request.cookies.get(here.cookie, "")


def _holding(answer: Response, here: SigningIn, token: str) -> Response:
    answer.set_cookie(here.cookie, token, secure=here.secure, httponly=True, samesite="lax")
    return answer


def _back(visit: Visit) -> str:
    """The address that the provider sends back to, as it was registered there."""
    here = here_of(visit.request)
    return f"{here.public_url or str(visit.request.base_url).rstrip('/')}/login/back"


def _wanted(to: str) -> str:
    to = own_address(to)
    return "/" if to.startswith(("/login", "/logout")) else to


def digits_of(code: str) -> str:
    """Return a code without the gap in its middle that programs show."""
    return "".join(code.split())

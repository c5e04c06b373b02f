"""May this caller ask this? The table of rights, enforced before a handler begins."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from services.access.actions import Action
from services.access.callers import Caller, Scope
from services.access.page_door import SignInFirst, not_for_you
from services.access.rights import Right, Where, Whose, right_of
from services.access.rights_of_pages import BUSINESS
from services.access.whose_row import bodies_of_row
from services.pages.seats import NoSeat, no_right
from services.problems import Problem


def not_shown() -> Problem:
    return Problem(
        401,
        "key_needed",
        "请出示密钥",
        "请求没有说明由谁提出。",
        "程序请在 Authorization: Bearer 请求头中写明密钥；人员请先登录。",
    )


def action_missing(action: Action) -> Problem:
    return Problem(
        403,
        "action_missing",
        "密钥没有这项权限",
        f"办理此事须有“{action.words}”（{action.value}）权限。",
        "请系统管理员另发含该权限的密钥，或换用已有的密钥。",
        action=action.value,
    )


def other_body(field: str) -> Problem:
    """One answer for what is another's and what is nowhere: else it would tell which of another's rows there are."""
    return Problem(
        403,
        "other_body",
        "不是本单位的事项",
        f"{field} 不属于密钥或账号所代表的单位，或不存在。",
        "请只办理本单位的事项；代表其他单位须用该单位的密钥。",
        field=field,
    )


def body_not_named(field: str) -> Problem:
    return Problem(
        403,
        "body_not_named",
        "请写明本单位代码",
        f"这项查询包含多个单位的内容，本单位只能查看自己的：请写明 {field}。",
        f"请在网址中加上 {field}=本单位的 18 位代码。",
        field=field,
    )


def several_bodies() -> Problem:
    return Problem(
        403,
        "several_bodies",
        "此事涉及多个单位",
        "密钥或账号只代表一个单位，不能办理涉及多个单位的事项。",
        "请由协调或运维人员办理，或使用站点服务的密钥。",
    )


def not_opened() -> Problem:
    return Problem(403, "not_opened", "此处没有开放", "权限表中没有这个接口或页面。", "请联系系统管理员。")


async def let_in(request: Request, caller: Caller, *, is_open: bool) -> None:
    """Raise the problem (401, 403) of a caller who may not ask this. What has no row in the table is refused.

    ``is_open``: everybody's word is taken. Of programs nothing is asked then; a page still asks for a seat that it is
    made for.
    """
    right = right_of(request.app.state.side, request.method, request.scope["route"].path)
    if right is None:
        raise not_opened()
    if right.is_page:
        _may_read(caller, right, is_open)
    elif is_open:
        return
    else:
        _may(caller, right)
    if not caller.scope.everybody and (right.roles or not right.is_page):
        await _own(request, caller.scope, right)


def _may_read(caller: Caller, right: Right, is_open: bool) -> None:
    if not right.roles:
        return
    if caller.seat is None:
        if not is_open:
            raise SignInFirst
        if not right.roles >= BUSINESS[right.side]:
            raise NoSeat
    elif caller.seat.role not in right.roles:
        raise no_right(sorted(right.roles))


def _may(caller: Caller, right: Right) -> None:
    assert right.action is not None
    if caller.seat is not None:
        if caller.seat.role not in right.roles:
            raise no_right(sorted(right.roles))
    elif not caller.actions:
        raise not_shown()
    elif right.action not in caller.actions:
        raise action_missing(right.action)


async def _own(request: Request, scope: Scope, right: Right) -> None:
    """Raise the problem of a request that is not for a body of ``scope``, naming where it says so."""
    whose = right.whose
    match whose.where:
        case Where.NOBODY | Where.SEEN | Where.ITEMS:
            return
        case Where.SEVERAL:
            raise several_bodies()
        case Where.QUERY:
            # All of them: which of two the route takes is not to matter.
            named = request.query_params.getlist(whose.name)
            if not named:
                raise body_not_named(whose.name)
            mine = all(scope.covers(one) for one in named)
        case Where.PATH | Where.FIELD:
            mine = scope.covers(await _said(request, whose))
        case Where.ROW:
            side, office, said = request.app.state.side, request.app.state.office, await _said(request, whose)
            reading = request.method == "GET" or whose.shared
            bodies = await run_in_threadpool(bodies_of_row, office, side, whose.name, said, reading=reading)
            covered = [scope.covers(one) for one in bodies]
            # A permit that two bodies decided about is read by both; what changes something must be one's own entirely.
            mine = bool(covered) and (any(covered) if reading else all(covered))
    if not mine:
        raise not_for_you() if right.is_page else other_body(whose.name)
    if whose.restated and not scope.covers(await _field(request, whose.restated)):
        raise other_body(whose.restated)


async def _said(request: Request, whose: Whose) -> str:
    """Return what the request says under the name, empty when it says nothing of that kind."""
    if whose.where is not Where.FIELD and whose.name in request.path_params:
        return str(request.path_params[whose.name])
    return await _field(request, whose.name)


async def _field(request: Request, name: str) -> str:
    try:
        said = await request.json()
    except ValueError:
        return ""
    for part in name.split("."):
        said = said.get(part) if isinstance(said, dict) else None
    return said if isinstance(said, str) else ""

"""Pages are for people: whoever sits before one has signed in, where one can; administrators read no business."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from services.access.callers import Caller
from services.access.rights import guarded
from services.pages.seats import Role, no_right
from services.problems import Problem

FOR_STRANGERS = frozenset(
    {
        "/login", "/login/code", "/login/first", "/login/provider", "/login/back", "/size",
        # machines of the house that show what they are themselves, or read nothing about anybody
        "/healthz", "/readyz", "/metrics", "/internal/v1/subject-keys",
    }
)  # fmt: skip
"""The routes of a closed service that are answered before anybody said who they are."""
_EVERYBODYS = ("/", "/sessions", "/logout", "/help", "/size", "/behind", "/live", "/password")
FOR_ADMINISTRATORS: Mapping[Role, tuple[str, ...]] = {
    Role.SYSTEM: _EVERYBODYS,
    Role.SECURITY: (*_EVERYBODYS, "/accounts"),
    Role.AUDIT: (*_EVERYBODYS, "/audit"),
}
"""The pages of the three administrators, with what lies below each: whoever says who may read, reads nothing."""


class SignInFirst(Problem):
    """Nobody is signed in. A browser is led to the log-in; a program reads this."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "sign_in_first",
            "请先登录",
            "还没有登录，或者登录已经结束（30 分钟没有操作，或满 12 小时）。",
            "请登录后再试；系统间调用请出示机器密钥。",
        )


def refuse_strangers(request: Request, caller: Caller) -> None:
    """Raise the problem (401, 403) of who may not see this page. What programs ask has its own table of rights."""
    path = request.scope["route"].path
    if path in FOR_STRANGERS or guarded(path):
        return
    if caller.seat is None:
        raise SignInFirst
    role = caller.seat.role
    if role.is_administrator and not any(path == one or path.startswith(f"{one}/") for one in FOR_ADMINISTRATORS[role]):
        raise no_right([role])

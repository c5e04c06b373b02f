"""账号管理: the security administrator's pages. Who has an account, in which role; made, disabled, reset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from services.access import accounts, sessions
from services.access.accounts import NO_ACCOUNT, STAFF_FORM, Account, AccountDesk
from services.pages.seats import Role
from services.pages.signing_in import here_of
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.refusing import Refused

Staff = Annotated[str, Path(pattern=f"^{STAFF_FORM}$")]
ADMINISTRATORS = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
routes = APIRouter()


@routes.get("/accounts")
def account_list(visit: Visiting) -> HTMLResponse:
    with here_of(visit.request).engine.connect() as connection:
        return visit.show("accounts.html", accounts=accounts.every(raw(connection)), **_choices(visit))


@routes.post("/accounts")
def add_account(
    visit: Visiting,
    staff: Annotated[str, Form(max_length=100)],
    role: Annotated[Role, Form()],
    body: Annotated[str, Form(max_length=18)] = "",
) -> HTMLResponse:
    """Make an account, and show its initial password: this once."""
    with _desk(visit) as desk:
        account, initial = desk.add(staff.strip(), role, body if role.of_a_body else "")
    return _initial(visit, account, initial)


@routes.get("/accounts/{staff}")
def account_page(visit: Visiting, staff: Staff) -> HTMLResponse:
    here = here_of(visit.request)
    with here.engine.connect() as connection:
        account = accounts.find(raw(connection), staff)
        if account is None:
            raise _problem(Refused(NO_ACCOUNT), 404)
        open_ones = sessions.of_account(raw(connection), account.id, here.now())
    return visit.show("account.html", account=account, sessions=open_ones, **_choices(visit))


@routes.post("/accounts/{staff}/role")
def change_role(
    visit: Visiting, staff: Staff, role: Annotated[Role, Form()], body: Annotated[str, Form(max_length=18)] = ""
) -> Response:
    with _desk(visit) as desk:
        desk.change_role(staff, role, body if role.of_a_body else "")
    return visit.done(f"/accounts/{staff}", f"{staff} 的岗位已改为{role.words}，一分钟内生效。")


@routes.post("/accounts/{staff}/disable")
def disable(visit: Visiting, staff: Staff) -> Response:
    with _desk(visit) as desk:
        desk.disable(staff)
    return visit.done(f"/accounts/{staff}", f"{staff} 已停用，其登录已全部结束。")


@routes.post("/accounts/{staff}/enable")
def enable(visit: Visiting, staff: Staff) -> Response:
    with _desk(visit) as desk:
        desk.enable(staff)
    return visit.done(f"/accounts/{staff}", f"{staff} 已重新启用。")


@routes.post("/accounts/{staff}/reset")
def reset(visit: Visiting, staff: Staff) -> Response:
    """Give a new start to who forgot the password or lost the telephone, and show the initial password, once. Where a
    provider asks for it: the number may be another person's there from now on."""
    with _desk(visit) as desk:
        account, initial = desk.reset(staff)
    if here_of(visit.request).provider is not None:
        return visit.done(f"/accounts/{staff}", f"{staff} 的登录已全部结束，下次登录时重新认定本人。")
    return _initial(visit, account, initial)


@routes.post("/accounts/{staff}/sessions/{session}/end")
def end_session(visit: Visiting, staff: Staff, session: UUID) -> Response:
    with _desk(visit) as desk:
        desk.end_session(staff, session)
    return visit.done(f"/accounts/{staff}", "已结束那里的登录。")


@contextmanager
def _desk(visit: Visit) -> Iterator[AccountDesk]:
    here, seat = here_of(visit.request), visit.must_be()
    try:
        with here.engine.begin() as transaction:
            yield AccountDesk(raw(transaction), here.passwords, tuple(visit.pages.roles), seat.staff, here.now())
    except Refused as refused:
        raise _problem(refused, 409) from None


def _problem(refused: Refused, status: int) -> Problem:
    return Problem(status, refused.rule.code, "没有办理", refused.text, refused.rule.repair)


def _choices(visit: Visit) -> dict[str, Any]:
    return {
        "bodies": visit.request.app.state.bodies(visit.request),
        "roles": dict.fromkeys((*visit.pages.roles, *ADMINISTRATORS)),
        "by_provider": here_of(visit.request).provider is not None,
        "role_of": Role,
    }


def _initial(visit: Visit, account: Account, initial: str) -> HTMLResponse:
    return visit.show("account_initial.html", account=account, initial=initial, role=Role(account.role))

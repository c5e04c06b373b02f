"""``linkage accounts …``: the first accounts of a side, and the way back in when its security administrators are gone.

From then on the security administrator does it on the page 账号管理. Each act is in the audit trail with who says to
have done it: whoever may run these commands has the database's password, and could do anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from events.database import open_engine, raw
from services.access import accounts
from services.access.accounts import Account, AccountDesk
from services.access.passwords import Passwords
from services.command_options import AsJson, By, named, refusals_said
from services.databases import open_databases
from services.journal import open_journal
from services.migrating import Side
from services.pages.seats import Role
from services.settings import read_settings
from services.terminal import terminal
from services.wording import moment_in_words

OfSide = Annotated[Side, typer.Option(help="Of which side.")]
Staff = Annotated[str, typer.Argument(help="Staff number (工号).")]
InRole = Annotated[Role, typer.Option(help="What the account is for.")]
OfBody = Annotated[str, typer.Option(help="18-character code of its body, for clerk, officer and policy.")]
ROLES: dict[Side, tuple[Role, ...]] = {
    "approval": (Role.CLERK, Role.OPERATOR),
    "supervision": (Role.OFFICER, Role.POLICY, Role.COORDINATOR, Role.LEADER, Role.OPERATOR),
}


@contextmanager
def _desk(side: Side, by: str) -> Iterator[AccountDesk]:
    settings = read_settings()
    open_journal(settings.log_level, process="accounts")
    with open_databases(settings, frozenset({side})) as databases:
        engine = open_engine(databases.owner[side], application="accounts")
        try:
            with refusals_said(), engine.begin() as transaction:
                yield AccountDesk(raw(transaction), Passwords(), ROLES[side], by, datetime.now(UTC))
        finally:
            engine.dispose()


def add(staff: Staff, role: InRole, by: By, side: OfSide, body: OfBody = "", as_json: AsJson = False) -> None:
    """Prints the initial password, this once: good for seven days and one log-in, which replaces it."""
    with _desk(side, named(by)) as desk:
        account, initial = desk.add(staff, role, body)
    _tell(account, initial, as_json)


def list_accounts(side: OfSide, as_json: AsJson = False) -> None:
    """Shows no password: none is kept that could be shown."""
    with _desk(side, "") as desk:
        found = [_shown(account, desk.now) for account in accounts.every(desk.connection)]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table("工号", "岗位", "部门", "状态", "建立时间", "建立人", title="账号")
    for one in found:
        made = moment_in_words(datetime.fromisoformat(one["made_at"]))
        table.add_row(one["staff"], one["role_in_words"], one["body"], one["state"], made, one["made_by"])
    terminal().print(table)


def disable(staff: Staff, by: By, side: OfSide) -> None:
    """Ends its sessions too, within a minute."""
    with _desk(side, named(by)) as desk:
        desk.disable(staff)
    typer.echo("已停用")


def enable(staff: Staff, by: By, side: OfSide) -> None:
    """Lets it in again, with the password and the second factor that it had."""
    with _desk(side, named(by)) as desk:
        desk.enable(staff)
    typer.echo("已重新启用")


def reset(staff: Staff, by: By, side: OfSide, as_json: AsJson = False) -> None:
    """For a forgotten password or a lost telephone: prints a new initial password, and ends what was before."""
    with _desk(side, named(by)) as desk:
        account, initial = desk.reset(staff)
    _tell(account, initial, as_json)


def change_role(staff: Staff, role: InRole, by: By, side: OfSide, body: OfBody = "") -> None:
    """Takes effect within a minute, for whoever is signed in too. Nobody is two of the three administrators."""
    with _desk(side, named(by)) as desk:
        desk.change_role(staff, role, body)
    typer.echo(f"岗位已改为{role.words}")


def _shown(account: Account, now: datetime) -> dict[str, str]:
    state = "待首次登录" if account.is_new else "正常"
    if account.password_until is not None and account.password_until < now:
        state = "初始密码已过期"
    return {
        "staff": account.staff,
        "role": account.role,
        "role_in_words": Role(account.role).words,
        "body": account.body,
        "state": "已停用" if account.disabled_at else state,
        "made_at": account.made_at.isoformat(timespec="seconds"),
        "made_by": account.made_by,
    }


def _tell(account: Account, initial: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"staff": account.staff, "role": account.role, "initial_password": initial}))
        return
    typer.echo(f"{account.staff} ({Role(account.role).words}) 的初始密码, 只显示这一次, 7 天内有效: {initial}")

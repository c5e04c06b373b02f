"""``linkage codes allow`` and ``list``: genuine credit codes that fail their check digit."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from events.database import raw
from services.approval.allowed_codes import allow, allowed
from services.command_options import AsJson
from services.file_commands import opened_desk
from services.looking import approval_as_it_stands
from services.trouble import WronglyAsked


def allow_code(
    code: Annotated[str, typer.Argument(help="The code, 18 characters.")],
    reason: Annotated[str, typer.Option(help="Why it is genuine, for example the document that was seen.")],
) -> None:
    """Lets a genuine code through although it fails its check digit; rows with it go through from now on."""
    wanted = code.strip().upper()
    if len(wanted) != 18 or not wanted.isascii() or not wanted.isalnum():
        raise WronglyAsked("a credit code has 18 letters and digits")
    if not reason.strip():
        raise WronglyAsked("say why the code is genuine: --reason")
    with opened_desk() as desk, desk.engine.begin() as transaction:
        new = allow(raw(transaction), wanted, reason.strip())
    typer.echo("已登记为例外代码" if new else "该代码早已登记, 原来的理由不变")


def list_codes(as_json: AsJson = False) -> None:
    """Shows the codes that were let through, why, and since when."""
    with approval_as_it_stands("files") as connection:
        found = allowed(connection)
    if as_json:
        rows = [{"code": code, "reason": reason, "since": since.isoformat()} for code, reason, since in found]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for code, reason, since in found:
            typer.echo(f"{code}  {since:%Y-%m-%d}  {reason}")

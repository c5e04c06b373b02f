"""`linkage commands unanswered` and `linkage commands settle`: records of the bureaus' topic that a person must see."""

import json
import re
from typing import Annotated

import typer
from rich.table import Table

from services.approval import unanswered_commands
from services.command_options import AsJson
from services.looking import approval_as_it_stands
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA


def list_unanswered(as_json: AsJson = False) -> None:
    """Place in the topic, reason, owner and since when; contents stay in the topic. Leaves with 1 if there are any."""
    with approval_as_it_stands("commands") as connection:
        found = unanswered_commands.shown(connection)
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False))
    else:
        table = Table(title="无法答复的命令")
        table.add_column("位置", no_wrap=True)
        for heading in ("原因", "负责人", "发送", "发现"):
            table.add_column(heading, overflow="fold")
        for one in found:
            since = f"{one.since.astimezone(CHINA):%m-%d %H:%M}" if one.since else ""
            table.add_row(one.place, one.reason, one.owner, f"{one.sent_at.astimezone(CHINA):%m-%d %H:%M}", since)
        terminal().print(table)
    raise typer.Exit(int(bool(found)))


def settle_unanswered(
    place: Annotated[str, typer.Argument(help="PARTITION@OFFSET, as `linkage commands unanswered` shows it.")],
    reason: Annotated[str, typer.Option(help="What was done about it; kept with the record.")],
    as_json: AsJson = False,
) -> None:
    """Notes that a person has seen to a record. Leaves with 1 when no open record lies there."""
    if not re.fullmatch(r"[0-9]{1,5}@[0-9]{1,18}", place) or not reason.strip():
        raise WronglyAsked("name the place as `linkage commands unanswered` shows it, and what was done about it")
    with approval_as_it_stands("commands") as connection:
        settled = unanswered_commands.settle(connection, place, reason.strip())
    typer.echo(json.dumps({"settled": settled}) if as_json else "已处理" if settled else "没有这一条")
    raise typer.Exit(int(not settled))

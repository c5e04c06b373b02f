"""``linkage notices list`` and ``retry``: what went out to officers, what did not, and once more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from events.database import connect
from services import notice_store
from services.command_options import AsJson, id_of
from services.looking import as_it_stands
from services.migrating import Side
from services.notice_wording import OUTCOME_WORDS
from services.terminal import terminal

OfSide = Annotated[Side, typer.Option(help="Whose notices.")]


def list_notices(
    failed: Annotated[bool, typer.Option("--failed", help="Only what was given up, or failed so far.")] = False,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=1000)] = 50,
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """Shows notices with their delivery, and how much of the last month was told to nobody. Leaves with 1 when a notice
    was given up."""
    with (
        as_it_stands("notices", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="notices") as connection,
    ):
        found, untold = notice_store.listed(connection, failed, limit), notice_store.untold(connection)
    if as_json:
        typer.echo(json.dumps({"notices": found, "untold": untold}, ensure_ascii=False))
    else:
        table = Table(title="通知")
        table.add_column("编号", no_wrap=True, min_width=36)
        for heading in ("工号", "渠道", "件数", "状态", "次数", "原因", "时间"):
            table.add_column(heading, overflow="fold")
        for one in found:
            table.add_row(
                one["notice"], one["officer"], one["channel"], str(len(one["items"])), one["state_in_words"],
                str(one["attempts"]), one["reason"] or "", one["changed_at"][:16],
            )  # fmt: skip
        terminal().print(table)
        for outcome, many in untold.items():
            typer.echo(f"近 30 日未发 {many} 件: {OUTCOME_WORDS[outcome]}")
    raise typer.Exit(int(any(one["state"] == "given_up" for one in found)))


def retry_notices(
    notice: Annotated[str | None, typer.Argument(help="The notice; all that were given up if left out.")] = None,
    side: OfSide = "supervision",
) -> None:
    """Sends what was given up once more, under the same id. Leaves with 1 when there is nothing."""
    wanted = id_of(notice) if notice else None
    with (
        as_it_stands("notices", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="notices") as connection,
    ):
        many = notice_store.retry(connection, wanted, datetime.now(UTC))
    typer.echo(f"重新排队 {many} 件" if many else "没有已放弃的通知")
    raise typer.Exit(int(not many))

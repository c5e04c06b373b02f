"""``linkage consultations asked`` and ``answer``: an approval body in a consultation (会商), from its own side."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from projections.consultations_told import asked_of
from services.approval.giving_opinions import OpinionDesk
from services.approval.opinion import StatedOpinion
from services.command_options import AsJson, refusals_said, well_stated
from services.file_commands import opened_desk
from services.looking import approval_as_it_stands
from services.oversight_opened import Permit
from services.terminal import terminal

Body = Annotated[str, typer.Option(help="Code of the approval body.")]
AT_ONCE = 200


def list_asked(
    body: Body,
    ruled: Annotated[bool, typer.Option("--ruled", help="Those that were ruled.")] = False,
    as_json: AsJson = False,
) -> None:
    """The longest open first. Leaves with 1 when an opinion is wanted."""
    with approval_as_it_stands("consultations") as connection:
        rows = asked_of(connection, body, still_open=not ruled, limit=AT_ONCE)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        table = Table("许可", "次", "事由", "发起", "意见期限", "本机关", title="征求意见的会商")
        for row in rows:
            due = f"{row['opinions_due']}{' 预估' if row['due_estimated'] else ''}"
            table.add_row(
                row["permit"], str(row["number"]), row["text"] or "—", row["opened_at"][:16], due, row["own_in_words"]
            )
        terminal().print(table)
    raise typer.Exit(int(not ruled and any(row["own"] == "wanted" for row in rows)))


def answer(
    permit: Permit,
    body: Body,
    clerk: Annotated[str, typer.Option(help="Staff number or short name of who gives it.")],
    text: Annotated[str, typer.Option(help="The opinion; it names no person.")],
    basis: Annotated[str, typer.Option(help="Legal basis.")] = "",
    number: Annotated[int | None, typer.Option(help="Which consultation; the open one when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """It reaches the supervision side through the log. Leaves with 1 when it was refused."""
    stated = {"body": body, "clerk": clerk, "text": text, "legal_basis": basis, "number": number}
    with well_stated():
        opinion = StatedOpinion.model_validate(stated)
    with opened_desk() as desk, refusals_said(as_json):
        given = OpinionDesk(desk).give(permit, opinion)
    typer.echo(json.dumps(given, ensure_ascii=False) if as_json else f"已提出第 {given['number']} 次会商的意见")

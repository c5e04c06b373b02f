"""``linkage reassign`` and ``linkage consultations``: what the coordinator does from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from services.command_options import AsJson
from services.oversight_opened import Permit, hand_in, opened_supervision
from services.supervision.case_questions import consultations
from services.supervision.oversight_commands import GiveOpinion, OpenConsultation, Reassign, RuleOn
from services.supervision.permit_answers import department_names
from services.terminal import terminal
from services.wording import OPENED_BY, moment_in_words
from services.working_days import CHINA

By = Annotated[str, typer.Option(help="Staff number of the coordinator.")]
Lead = Annotated[str, typer.Option(help="Code of the lead department.")]
Co = Annotated[list[str] | None, typer.Option(help="Code of a co-department; may be repeated.")]
Text = Annotated[str, typer.Option(help="Why, in words.")]
Basis = Annotated[str, typer.Option(help="Legal basis.")]
AT_ONCE = 200


def reassign(permit: Permit, lead: Lead, by: By, text: Text, co: Co = None, as_json: AsJson = False) -> None:
    """After two moves only a ruling moves it again."""
    hand_in(permit, Reassign, "", as_json, lead=lead, co_departments=tuple(co or ()), by=by, text=text)


def list_open(
    ruled: Annotated[bool, typer.Option("--ruled", help="Those that were ruled.")] = False, as_json: AsJson = False
) -> None:
    """The longest open first."""
    with opened_supervision("consultations") as engine, engine.connect() as connection:
        rows = consultations(connection, still_open=not ruled, limit=AT_ONCE)
        names = department_names(connection)
    if as_json:
        typer.echo(json.dumps([dict(row._mapping) for row in rows], ensure_ascii=False, default=str))
        return
    table = Table("许可", "次", "发起", "时间", "意见期限", "未提意见", "裁定", title="会商")
    for row in rows:
        silent = "、".join(names.get(code, code) for code in row.bodies if code not in row.answered)
        ruling = f"{names.get(row.lead, row.lead)} {row.ruled_at.astimezone(CHINA):%m-%d}" if row.ruled_at else "—"
        table.add_row(
            str(row.permit), str(row.number), OPENED_BY[row.opened_by], moment_in_words(row.opened_at),
            str(row.opinions_due), silent or "无", ruling,
        )  # fmt: skip
    terminal().print(table)


def open_one(permit: Permit, by: By, text: Text, invited: Co = None, as_json: AsJson = False) -> None:
    """The departments that have the permit, those invited and the deciding body are asked."""
    hand_in(permit, OpenConsultation, "", as_json, by=by, text=text, invited=tuple(invited or ()))


def opinion(
    permit: Permit,
    body: Annotated[str, typer.Option(help="Code of the body whose opinion it is.")],
    officer: Annotated[str, typer.Option(help="Staff number of who gives it.")],
    text: Text,
    basis: Basis = "",
    as_json: AsJson = False,
) -> None:
    """In the consultation that is open."""
    hand_in(permit, GiveOpinion, "", as_json, body=body, officer=officer, text=text, legal_basis=basis)


def rule(
    permit: Permit,
    lead: Lead,
    by: By,
    reason: Text,
    co: Co = None,
    basis: Basis = "",
    effective: Annotated[
        datetime | None, typer.Option(help="Legal day; today if left out.", formats=["%Y-%m-%d"])
    ] = None,
    changes_duty_list: Annotated[bool, typer.Option("--change-duty-list", help="The list says the same.")] = False,
    only_this: Annotated[bool, typer.Option("--only-this", help="Leave like cases waiting.")] = False,
    as_json: AsJson = False,
) -> None:
    """Who is responsible from now on. Cases that wait like it are settled with it."""
    hand_in(
        permit,
        RuleOn,
        "",
        as_json,
        lead=lead,
        co_departments=tuple(co or ()),
        by=by,
        reason=reason,
        legal_basis=basis,
        effective=effective.date() if effective else None,
        changes_duty_list=changes_duty_list,
        like_cases=not only_this,
    )

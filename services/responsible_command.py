"""``linkage responsible``: who is, or was, responsible for a permit on a day."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from events.database import raw
from services.command_options import AsJson
from services.oversight_opened import Permit, opened_supervision
from services.supervision.permit_answers import department_names
from services.supervision.responsibility_answers import responsibility
from services.trouble import WronglyAsked
from services.wording import PUSH_REASONS
from services.working_days import china_day


def responsible(
    permit: Permit,
    on: Annotated[datetime | None, typer.Option(help="The legal day; today if left out.", formats=["%Y-%m-%d"])] = None,
    known_on: Annotated[
        datetime | None, typer.Option(help="Only what was recorded up to that day.", formats=["%Y-%m-%d"])
    ] = None,
    as_json: AsJson = False,
) -> None:
    """By which duty or ruling, and since which event. Leaves with 1 when nobody is."""
    today = china_day()
    with opened_supervision("responsible") as engine, engine.connect() as connection:
        names = department_names(connection)
        answer = responsibility(
            raw(connection), permit, on.date() if on else today, known_on.date() if known_on else today, names
        )
    if answer is None:
        raise WronglyAsked(f"nothing is known here of permit {permit}")
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else _in_words(answer))
    raise typer.Exit(int(answer["responsible"] is None))


def _in_words(answer: dict[str, Any]) -> str:
    when = f"{answer['on']} (按 {answer['known_on']} 所知)"
    if answer["responsible"] is None:
        owner = f", 由 {answer['owner']} 处置" if answer["owner"] else ""
        return f"{when}: 无部门负责。{answer['reason_in_words']}{owner}"
    lead, by, since = answer["responsible"], answer["by"], answer["since"]
    co = "、".join(one["name"] or one["department"] for one in answer["co_departments"])
    lines = [
        f"{when}: {lead['name'] or lead['department']} 负责" + (f", 协同 {co}" if co else ""),
        f"依据: {PUSH_REASONS.get(by['reason'], by['reason'])}, 事件 {by['event']} (第 {by['version']} 版)",
        f"自 {since['legal_day']} 起, 事件 {since['event']} (第 {since['version']} 版)",
    ]
    if answer["mode"] == "on_signing":
        lines.append(f"签收: {answer['signed_at'] or '当日尚未签收'}")
    return "\n".join(lines)

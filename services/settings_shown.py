"""`linkage settings`: what is in force, and what `linkage run` would refuse before it opens a database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.table import Table

from services.access.opening import provider_of
from services.access.production import refuse_unfit
from services.alert_recipients import read_recipients
from services.assembling import refuse_tls_without_name
from services.checkpoints.opening import believed_by
from services.databases import BOTH
from services.migrating import Side
from services.notice_ways import ways_of
from services.settings import Settings, SettingsWrong, explained, read_settings
from services.terminal import terminal
from services.tracing import traces_of
from services.trouble import WronglyAsked


def show_settings(
    side: Annotated[Side | None, typer.Option(help="Where only this side's parts run: judge what they need.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Passwords in addresses are hidden. Leaves with 2 when a part would not start with them, with each fault and its
    fix; what only a database tells is not judged."""
    settings = read_settings()
    rows = explained(settings)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        terminal().print(table_of(rows))
    if wrong := list(dict.fromkeys(_faults(settings, [side] if side else sorted(BOTH)))):
        raise SettingsWrong("\n".join(wrong))


def table_of(rows: list[dict[str, str]]) -> Table:
    table = Table()
    # Whole, however narrow the window: it is copied into the file of settings.
    table.add_column("name", no_wrap=True, min_width=max(len(row["name"]) for row in rows))
    for heading in ("value", "meaning"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["value"] or "–", row["meaning"])
    return table


def _faults(settings: Settings, sides: list[Side]) -> Iterator[str]:
    """Each is asked for by itself: who mends one must not find the next at the next start."""
    refusals: list[Callable[[], object]] = [
        lambda: refuse_unfit(settings, sides, signing=sides, webhooks=True),
        lambda: refuse_tls_without_name(settings),
        lambda: provider_of(settings) if settings.entrance == "oidc" else None,
        lambda: settings.approval_service_key if "supervision" in sides else None,
        lambda: read_recipients(settings, ways_of(settings)),
        lambda: believed_by(settings),
        lambda: _begin_and_end_traces(settings),
    ]
    for refusal in refusals:
        try:
            refusal()
        except WronglyAsked as wrong:
            yield from str(wrong).splitlines()


def _begin_and_end_traces(settings: Settings) -> None:
    with traces_of(settings):
        pass

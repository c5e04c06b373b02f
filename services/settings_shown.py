"""`linkage settings`: what is in force, and what `linkage run` would refuse before it opens a database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import typer
from rich.table import Table

from services.access.opening import provider_of
from services.access.production import refuse_unfit
from services.alert_recipients import read_recipients
from services.assembling import refuse_tls_without_name
from services.checkpoints.opening import believed_by
from services.command_options import AsJson
from services.databases import BOTH
from services.migrating import Side
from services.notice_ways import ways_of
from services.settings import Settings, SettingsWrong, explained, read_settings
from services.terminal import terminal
from services.tracing import traces_of
from services.trouble import WronglyAsked


def show_settings(
    side: Annotated[Side | None, typer.Option(help="Where only this side's parts run: judge what they need.")] = None,
    as_json: AsJson = False,
) -> None:
    """Passwords in addresses are hidden. Leaves with 2 when a part would not start with them, with each fault and its
    fix; what only a database tells is not judged. In production what a site should have and goes without is named."""
    settings, sides = read_settings(), [side] if side else sorted(BOTH)
    rows = explained(settings)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        terminal().print(table_of(rows))
    for one in left_off(settings, sides):
        typer.echo(one, err=True)
    if wrong := list(dict.fromkeys(_faults(settings, sides))):
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


def left_off(settings: Settings, sides: Sequence[Side]) -> Iterator[str]:
    """Yield what a site that counts should have and goes without here: every part starts, and the first full disk, lost
    disk or alert of the night finds nobody prepared."""
    if settings.mode != "production":
        return
    own = settings.own_databases
    if not (settings.disk_folder or settings.database_room) and any(side in own for side in sides):
        yield (
            "advice: LINKAGE_DISK_FOLDER: nobody watches the databases' disk, and only a full one is refused: give a "
            "folder on it where the sequencer is on their machine, else LINKAGE_DATABASE_ROOM"
        )
    if settings.disk_reserve == 0:
        yield "advice: LINKAGE_DISK_RESERVE: only a full disk is refused: give the megabytes that are to stay free"
    if settings.wal_archive is None and not all(side in own for side in sides):
        yield (
            "advice: LINKAGE_WAL_ARCHIVE: what was decided since the last backup goes with the disk: give a folder on "
            "another one"
        )
    if not _recipients(settings):
        yield "advice: LINKAGE_ALERT_RECIPIENTS_FILE: alerts are sent to nobody: give a file with a recipient a line"


def _recipients(settings: Settings) -> bool:
    try:
        return bool(read_recipients(settings, ways_of(settings)))
    except WronglyAsked:
        return True  # there are some, with a fault that is named by itself


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

"""``linkage audit``: the trail of a side for its audit administrator, read, proven, handed out and archived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.table import Table

from events.database import connect
from services.access import audit_pack
from services.access.audit import Act, Entry, write
from services.access.audit_archiving import archive as to_archive
from services.access.audit_chain import link_once
from services.access.audit_reading import Noted, Sought, newest
from services.access.audit_walks import walk_audit
from services.command_options import AsJson
from services.databases import BOTH
from services.looking import as_it_stands
from services.migrating import Side
from services.pages.seats import Role
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.wording import moment_in_words
from services.working_days import CHINA

Where = Annotated[Side, typer.Option("--side", help="Whose trail.")]
By = Annotated[str, typer.Option("--by", help="Your staff number: looking is written down too.", metavar="STAFF")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on (China).")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="To the end of this day (China).")]
MOST_SHOWN = 200


@contextmanager
def _opened(side: Side, by: str, place: str) -> Iterator[psycopg.Connection]:
    """Open a side's trail, and write down that it is read before it is."""
    if not by:
        raise WronglyAsked("say who you are with --by")
    with (
        as_it_stands("audit", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="audit") as connection,
    ):
        write(connection, Entry(Act.AUDIT_READ, by, Role.AUDIT.value, place=place))
        yield connection


def list_entries(
    by: By,
    side: Where = "supervision",
    since: Since = None,
    until: Until = None,
    act: Annotated[Act | None, typer.Option(help="Only this kind of act.")] = None,
    caller: Annotated[str, typer.Option(help="Only by this account, key or seat.")] = "",
    about: Annotated[str, typer.Option(help="Only about this id: a permit, a party, a department.")] = "",
    before: Annotated[int | None, typer.Option(help="Older than the entry with this id.", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Who did what with what, the newest first, 200 at a time."""
    sought = Sought(*days(since, until), act, caller, about, before)
    with _opened(side, by, "linkage audit list") as connection:
        found = newest(connection, sought, MOST_SHOWN)
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False))
        return
    table = Table("编号", "时间", "帐号", "行为", "对象", "原因", "结果", title="审计记录")
    for one in found:
        entry = one.entry
        table.add_row(
            str(one.id), moment_in_words(one.at), entry.caller, entry.act.words, " ".join(entry.objects) or entry.place,
            entry.reason, entry.result.words,
        )  # fmt: skip
    terminal(soft_wrap=True).print(table)


def verify(
    pack: Annotated[Path | None, typer.Argument(help="A pack of `linkage audit export`; none: the databases.")] = None,
    side: Annotated[Side | None, typer.Option(help="Only this side's trail.")] = None,
    as_json: AsJson = False,
) -> None:
    """Walks the chain of the trail, or of a pack by itself. Leaves with 1 when a place does not hold."""
    if pack is not None:
        said = audit_pack.faults_of(pack)
        typer.echo(json.dumps({"faults": said}, ensure_ascii=False) if as_json else "\n".join(said) or "一致")
        raise typer.Exit(int(bool(said)))
    sides = frozenset({side}) if side else BOTH
    found: dict[str, dict[str, object]] = {}
    with as_it_stands("audit", sides) as (_, databases):
        for one in sorted(sides):
            with connect(databases.owner[one], application="audit") as connection:
                walked, named = walk_audit(connection)
            found[one] = {"head": walked.head, "faults": [asdict(fault) for fault in named]}
            if not as_json:
                typer.echo(f"{one}: {walked.head} entries, {walked.faults} faults")
                for fault in named[:20]:
                    typer.echo(f"  position {fault.position}: {fault.kind}")
    if as_json:
        typer.echo(json.dumps(found))
    raise typer.Exit(int(any(said["faults"] for said in found.values())))


def export(
    file: Annotated[Path, typer.Argument(help="The pack to make (ZIP); must not be there yet.")],
    by: By,
    side: Where = "supervision",
    since: Since = None,
    until: Until = None,
) -> None:
    """A pack for a PIPL audit: who saw or took which kind of personal facts, on what basis, and that it is all."""
    _not_there(file)
    with _opened(side, by, "linkage audit export") as connection:
        pack = audit_pack.make(connection, side, file, *days(since, until))
    typer.echo(f"{file}: {pack.entries} 条，链序号 {pack.after + 1} 至 {pack.last}，SHA-256 {pack.digest}")


def archive(
    file: Annotated[Path, typer.Argument(help="The pack to make (ZIP); must not be there yet.")],
    by: By,
    side: Where = "supervision",
) -> None:
    """Takes entries older than 180 days into a pack, and out of the database. The chain keeps their links."""
    _not_there(file)
    with _opened(side, by, "linkage audit archive") as connection:
        while link_once(connection):
            continue
        pack = to_archive(connection, side, file)
    typer.echo(f"{file}: {pack.entries} 条已归档，链序号至 {pack.last}，SHA-256 {pack.digest}。请妥善保管。")


def days(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return the moments between which two days of China lie, the second day included."""
    return (
        since.replace(tzinfo=CHINA) if since else None,
        until.replace(tzinfo=CHINA) + timedelta(days=1) if until else None,
    )


def _not_there(file: Path) -> None:
    if file.exists():
        raise WronglyAsked(f"{file} is there already: a pack is never written over")


def _as_json(one: Noted) -> dict[str, object]:
    return asdict(one.entry) | {"id": one.id, "at": one.at.isoformat(), "position": one.position}

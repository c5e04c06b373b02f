"""``linkage erasures``: personal facts of a party destroyed for good, by two people (PIPL Art. 47)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NamedTuple
from uuid import UUID

import psycopg
import typer
from rich.table import Table

from events.database import connect
from events.log.opening import is_embedded
from services.command_options import AsJson, refusals_said
from services.looking import as_it_stands
from services.settings import Settings
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.wording import moment_in_words

Party = Annotated[str, typer.Argument(help="The party's id, as a permit's facts show it.", metavar="PARTY")]
By = Annotated[str, typer.Option("--by", help="Your staff number.", metavar="STAFF")]


class Opened(NamedTuple):
    connection: psycopg.Connection
    settings: Settings

    @property
    def register(self) -> Path:
        return self.settings.erasures_file


@contextmanager
def _opened() -> Iterator[Opened]:
    """Open the approval side, which alone has keys; what a rule refuses is said, and the command leaves with 1."""
    with (
        as_it_stands("erasures", frozenset({"approval"})) as (settings, databases),
        connect(databases.owner["approval"], application="erasures") as connection,
        refusals_said(),
    ):
        yield Opened(connection, settings)


def ask(
    party: Party,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, in words that name no person.", metavar="TEXT")],
) -> None:
    """Ask that a party's personal facts be destroyed. Nothing happens until somebody else consents."""
    from services.approval import erasing

    with _opened() as (connection, _):
        erasing.ask(connection, _party(party), reason, by)
    typer.echo("已申请删除，等候另一人同意：linkage erasures consent")


def consent(party: Party, by: By, as_json: AsJson = False) -> None:
    """Destroy the party's key, as the second person. It cannot be undone; every copy that there is gets named."""
    from services.approval import erasing
    from services.approval.master_key import open_master_key

    with _opened() as here:
        master = open_master_key(here.settings.key_file, here.connection)
        through_kafka = not is_embedded(here.settings.log)
        copies = erasing.consent(here.connection, master, _party(party), by, here.register, through_kafka)
    _show([asdict(one) for one in copies], as_json)


def refuse(party: Party, by: By) -> None:
    """Refuse what somebody asked for, or take your own back."""
    from services.approval import erasing

    with _opened() as (connection, _):
        erasing.refuse(connection, _party(party), by)
    typer.echo("删除申请已撤下")


def list_erasures(as_json: AsJson = False) -> None:
    """What was asked for, and what was done."""
    from services.approval import erasing

    with _opened() as (connection, _):
        found = erasing.erasures(connection)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
        return
    table = Table("行政相对人", "原因", "申请", "同意", title="个人信息删除")
    for one in found:
        agreed = f"{one.consented_by} {moment_in_words(one.consented_at)}" if one.consented_at else "等候另一人同意"
        table.add_row(str(one.party), one.reason, f"{one.asked_by} {moment_in_words(one.asked_at)}", agreed)
    terminal(soft_wrap=True).print(table)


def show(party: Party, as_json: AsJson = False) -> None:
    """Every copy that an erasure reached, and which still held clear text until when."""
    from services.approval import erasing

    with _opened() as (connection, _):
        found = erasing.erasures(connection, _party(party))
    if not found or found[0].copies is None:
        raise WronglyAsked("nothing was erased under this id; `linkage erasures list` shows what was")
    _show(found[0].copies, as_json)


def again() -> None:
    """Erase again what an older copy of the keys brought back. Done by itself at each start and after each restore."""
    from services.approval import erasing

    with _opened() as here:
        typer.echo(f"再次删除 {erasing.erase_again(here.connection, here.register)} 个行政相对人")


def _show(copies: Sequence[dict[str, object]] | Sequence[object], as_json: bool) -> None:
    from services.approval.erased_copies import State

    if as_json:
        typer.echo(json.dumps(list(copies), ensure_ascii=False))
        return
    table = Table("副本", "状态", "数量", "至何时", title="删除所及的全部副本")
    for one in copies:
        assert isinstance(one, dict)
        count = "" if one["count"] is None else str(one["count"])
        table.add_row(one["what"], State(one["state"]).words, count, one["until"])
    terminal(soft_wrap=True).print(table)


def _party(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise WronglyAsked("a party is named by its id, as a permit's facts show it (party_id)") from None

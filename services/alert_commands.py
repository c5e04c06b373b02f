"""``linkage alerts …`` and ``linkage silence …``: what is open, whether it reaches anybody, and what is expected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import psycopg
import typer
from rich.table import Table

from events.database import connect
from services import alert_store, silences
from services.alert_conditions import Own
from services.alert_recipients import manner_of
from services.alert_store import Message
from services.alerting import Alerter
from services.alerts import KINDS, SEVERITY_WORDS, Alert, runbook
from services.command_options import AsJson
from services.looking import as_it_stands
from services.migrating import Side
from services.notice_channels import Undelivered
from services.notice_store import STATE_WORDS
from services.notice_wording import CHANNEL_WORDS
from services.pages.lag_words import SIDES
from services.refusing import Refused
from services.scheduler import database_clock
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.wording import moment_in_words

SHOWN = 100
By = Annotated[str, typer.Option("--by", help="The staff number of whoever asks for it.", metavar="STAFF")]
OfSide = Annotated[Side, typer.Option(help="Whose alerts.")]


@contextmanager
def _at(side: Side, process: str) -> Iterator[tuple[Any, psycopg.Connection]]:
    with (
        as_it_stands(process, frozenset({side})) as (settings, databases),
        connect(databases.owner[side], application=process) as connection,
    ):
        yield settings, connection


def list_alerts(
    past: Annotated[bool, typer.Option("--past", help="Also those of the last 90 days that are over.")] = False,
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """Shows what is open, since when, and how often it was sent. Leaves with 1 when something is."""
    with _at(side, "alerts") as (settings, connection):
        found = alert_store.shown(connection, SHOWN, open_only=not past)
        silent = silences.at(connection, database_clock(connection))
    if as_json:
        typer.echo(json.dumps([_as_json(one, settings.pages_of(side)) for one in found], ensure_ascii=False))
    elif not found:
        typer.echo("没有告警" if past else "没有未恢复的告警")
    else:
        terminal().print(table_of(side, found, silent))
    raise typer.Exit(int(any(one.closed_at is None for one in found)))


def table_of(side: Side, found: Sequence[Alert], silent: Sequence[silences.Silence]) -> Table:
    """Narrow enough for a window of 80 columns; names are whole, they are copied into `linkage silence begin`."""
    table = Table(title=f"告警（{SIDES[side]}）")
    table.add_column("告警", overflow="fold", min_width=max((len(one.alert) for one in found), default=0))
    for heading in ("程度", "自 / 至", "已发"):
        table.add_column(heading, no_wrap=True)
    for one in found:
        covering = next((f"\n静默 {by.silence}" for by in silent if by.covers(one.alert)), "")
        until = moment_in_words(one.closed_at) if one.closed_at else "未恢复"
        table.add_row(
            f"{KINDS[one.alert].title}\n{one.alert}\n{one.said}", SEVERITY_WORDS[one.severity],
            f"{moment_in_words(one.since)}\n{until}", f"{one.told} 次{covering}",
        )  # fmt: skip
    return table


def _as_json(one: Alert, pages: str) -> dict[str, Any]:
    said = asdict(one) | {"severity": one.severity.value, "runbook": f"{pages}{runbook(one.alert)}"}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


def send_test(side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Sends a message to each recipient, now and by its own way, and says whether it arrived. Leaves with 1 when one
    did not go out, or when there is no recipient."""
    outcomes = []
    with _at(side, "alerts") as (settings, connection):
        manner = manner_of(side, settings)
        sender = Alerter("", side, "", _no_log, lambda _: Own(None), manner)
        for one in manner.recipients:
            now = database_clock(connection)
            text = f"【{SIDES[side]}】这是一次发送测试，没有告警。收到即可，无须处理。\n{manner.link}"
            message = Message(uuid4(), one.name, one.channel, text, False)
            alert_store.queue(connection, [message], now)
            try:
                delivered = sender.hand_over(one, message, now)
            except Undelivered as error:
                alert_store.did_not(connection, message.id, str(error), True, now)
                outcomes.append((one, "given_up", str(error)))
            else:
                alert_store.went_out(connection, message.id, delivered, now)
                outcomes.append((one, "delivered" if delivered else "sent", ""))
    if as_json:
        rows = [
            {"recipient": one.name, "channel": one.channel.value, "state": state, "reason": why or None}
            for one, state, why in outcomes
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not outcomes:
        typer.echo("没有告警接收人：请设置 LINKAGE_ALERT_RECIPIENTS_FILE")
    else:
        for one, state, why in outcomes:
            typer.echo(f"{one.name} {CHANNEL_WORDS[one.channel]}: {STATE_WORDS[state]}{f'（{why}）' if why else ''}")
    raise typer.Exit(int(not outcomes or any(state == "given_up" for _, state, _ in outcomes)))


def _no_log() -> Any:
    raise AssertionError("a test of recipients asks no log")


def begin_silence(
    by: By,
    reason: Annotated[str, typer.Option(help="Why it is expected.")],
    hours: Annotated[float, typer.Option(help="For how long; 168 at most.")],
    alert: Annotated[str, typer.Option(help="The alert's name. Left out: every alert of the side.")] = "",
    side: OfSide = "supervision",
) -> None:
    """From now on it is kept in the list and not sent; what is still open at the end is sent then."""
    with _refusable(), _at(side, "silence") as (_, connection):
        now = database_clock(connection)
        number = silences.begin(connection, alert, timedelta(hours=hours), by, reason, now)
    typer.echo(f"静默 {number} 已开始，至 {moment_in_words(now + timedelta(hours=hours))}")


def end_silence(
    silence: Annotated[int, typer.Argument(help="Its number, from `linkage silence list`.")],
    by: By,
    side: OfSide = "supervision",
) -> None:
    """Ends it before its time; what is open is sent."""
    with _refusable(), _at(side, "silence") as (_, connection):
        silences.end(connection, silence, by, database_clock(connection))
    typer.echo(f"静默 {silence} 已结束")


def list_silences(side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Shows silences with owner, reason and end, those that end last first."""
    with _at(side, "silence") as (_, connection):
        found, now = silences.newest(connection, SHOWN), database_clock(connection)
    if as_json:
        rows = [one._asdict() | {"holds": one.holds(now)} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, default=datetime.isoformat))
    elif not found:
        typer.echo("没有静默")
    for one in found if not as_json else ():
        state = "静默中" if one.holds(now) else f"已由 {one.ended_by} 结束" if one.ended_by else "已到期"
        what = KINDS[one.alert].title if one.alert else "全部告警"
        until = moment_in_words(one.ends_at)
        typer.echo(
            f"{one.silence} {what} {moment_in_words(one.begins_at)} 至 {until} {state} {one.owner}: {one.reason}"
        )


@contextmanager
def _refusable() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise WronglyAsked(f"{refused.text}{refused.rule.repair}") from None

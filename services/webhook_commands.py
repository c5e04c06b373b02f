"""``linkage webhooks …``: which systems of departments and bureaus are pushed to, and what became of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any
from uuid import uuid4

import psycopg
import typer
from rich.table import Table

from events.database import connect
from services.command_options import AsJson, id_of
from services.looking import as_it_stands
from services.migrating import Side
from services.refusing import Refused
from services.scheduler import database_clock
from services.settings import Settings
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.webhook_words import STATE_WORDS, cause_in_words
from services.webhooks import endpoints, messages, sealing_key, targets
from services.webhooks.endpoints import Endpoint
from services.webhooks.saying import KINDS, TEST, Told, content_of
from services.webhooks.sending import Sender
from services.webhooks.signing import Scheme, headers
from services.webhooks.ways import manner_of
from services.wording import moment_in_words

OfSide = Annotated[Side, typer.Option(help="By which side: departments by supervision, bureaus by approval.")]
Which = Annotated[str, typer.Argument(help="The endpoint, from `linkage webhooks list`.")]
By = Annotated[str, typer.Option("--by", help="The staff number of whoever orders it.", metavar="STAFF")]


@contextmanager
def _at(side: Side) -> Iterator[tuple[Settings, psycopg.Connection]]:
    with (
        as_it_stands("webhooks", frozenset({side})) as (settings, databases),
        connect(databases.owner[side], application="webhooks") as connection,
    ):
        try:
            yield settings, connection
        except Refused as refused:
            raise WronglyAsked(f"{refused.text}{refused.rule.repair}") from None


def add(
    url: Annotated[str, typer.Argument(help="Where messages are sent: https://host/path.")],
    body: Annotated[str, typer.Option(help="Code of the department or bureau whose system it is.")],
    by: By,
    kind: Annotated[list[str] | None, typer.Option(help="What it is told; all there is if left out.")] = None,
    asymmetric: Annotated[bool, typer.Option("--ed25519", help="Sign with a key of ours (v1a), not a secret.")] = False,
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """Registers it and prints its secret, once: give it to the owner of the system by a safe way."""
    kinds = _kinds(kind, side)
    with _at(side) as (settings, connection):
        manner = manner_of(side, settings)
        try:
            manner.allowed.pinned(targets.target_of(url), manner.resolve)
        except targets.Refused as refused:
            raise WronglyAsked(f"{targets.REASONS[str(refused)]} (LINKAGE_WEBHOOK_TARGETS)") from None
        key = sealing_key.read_or_make(manner.key_file)
        now = database_clock(connection)
        scheme: Scheme = "v1a" if asymmetric else "v1"
        endpoint, secret = endpoints.register(connection, key, body, url, kinds, scheme, by, now)
    if as_json:
        typer.echo(json.dumps({"endpoint": str(endpoint), "secret": secret}))
    else:
        typer.echo(f"已登记 {endpoint}\n{secret}\n以上密钥只显示这一次，请通过可靠途径交给对方系统。")


def list_endpoints(side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Shows each with what waits, arrived, and was given up. Leaves with 1 when one takes nothing or is disabled."""
    with _at(side) as (_, connection):
        found, counts = endpoints.listed(connection), messages.counts(connection)
    rows = [_row(one, counts.get(one.endpoint, Counter())) for one in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("没有登记回调地址")
    else:
        table = Table(title="回调地址")
        table.add_column("编号", no_wrap=True, min_width=36)
        for heading in ("单位", "地址", "内容", "状态", "待发", "送达", "放弃", "原因"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(
                row["endpoint"], row["body"], row["url"], ", ".join(row["kinds"]), row["state_in_words"],
                *(str(row["messages"][state]) for state in messages.STATES), row["cause"] or "",
            )  # fmt: skip
        terminal().print(table)
    raise typer.Exit(int(any(one.failing_since for one in found)))


def _row(one: Endpoint, counts: Counter[str]) -> dict[str, Any]:
    return {
        "endpoint": str(one.endpoint),
        "body": one.body,
        "url": one.url,
        "kinds": one.kinds,
        "scheme": one.scheme,
        "state": one.state,
        "state_in_words": STATE_WORDS[one.state],
        "failing_since": one.failing_since.isoformat() if one.failing_since else None,
        "reason": one.reason,
        "cause": cause_in_words(one.reason) if one.reason else None,
        "messages": {state: counts[state] for state in messages.STATES},
    }


def send_test(endpoint: Which, side: OfSide = "supervision", as_json: AsJson = False) -> None:
    """Sends a message of kind webhook.test now, by the way that all go. Leaves with 1 when it did not arrive."""
    with _at(side) as (settings, connection):
        one, now = _found(connection, endpoint), database_clock(connection)
        sender = Sender("", side, manner_of(side, settings))
        content = content_of(Told(one.body, TEST, uuid4(), now, {}))
        said = headers(str(uuid4()), content, sender.secrets(connection, one.endpoint, now), now)
        answer = sender.hand_over(one.url, content, said)
    arrived = 200 <= answer.status < 300
    if as_json:
        typer.echo(json.dumps({"arrived": arrived, "reason": answer.reason}))
    else:
        typer.echo("已送达" if arrived else cause_in_words(answer.reason))
    raise typer.Exit(int(not arrived))


def rotate(
    endpoint: Which,
    hours: Annotated[float, typer.Option(help="How long the secret before still signs beside it.", min=0)] = 48,
    side: OfSide = "supervision",
) -> None:
    """Makes a new secret and prints it, once. Messages bear a signature of each until the time is over."""
    with _at(side) as (settings, connection):
        one, now = _found(connection, endpoint), database_clock(connection)
        key = sealing_key.read_or_make(manner_of(side, settings).key_file)
        secret = endpoints.rotate(connection, key, one.endpoint, timedelta(hours=hours), now)
    typer.echo(f"{secret}\n以上新密钥只显示这一次。旧密钥并用至 {moment_in_words(now + timedelta(hours=hours))}。")


def enable(endpoint: Which, side: OfSide = "supervision") -> None:
    """Sends what waits and what was given up, from now on and by the whole schedule again."""
    with _at(side) as (_, connection):
        endpoints.enable(connection, _found(connection, endpoint).endpoint, database_clock(connection))
    typer.echo("已启用；停用期间发生的，请对方按接口自行查询")


def remove(endpoint: Which, side: OfSide = "supervision") -> None:
    """Forgets it, with its secrets and what waits for it."""
    with _at(side) as (_, connection):
        endpoints.remove(connection, _found(connection, endpoint).endpoint)
    typer.echo("已移除")


def choose(
    endpoint: Which,
    kind: Annotated[
        list[str] | None, typer.Option(help="What it is told from now on; all there is if left out.")
    ] = None,
    side: OfSide = "supervision",
) -> None:
    """Changes what it is told, and keeps its secret. Kinds that a later release brings are among all there is."""
    kinds = _kinds(kind, side)
    with _at(side) as (_, connection):
        endpoints.tell(connection, _found(connection, endpoint).endpoint, kinds, database_clock(connection))
    typer.echo(f"从现在起推送：{', '.join(sorted(kinds))}")


def _kinds(said: list[str] | None, side: Side) -> set[str]:
    kinds = set(said or KINDS[side])
    if unknown := sorted(kinds - KINDS[side]):
        raise WronglyAsked(f"{', '.join(unknown)}: this side tells of {', '.join(sorted(KINDS[side]))}")
    return kinds


def _found(connection: psycopg.Connection, said: str) -> Endpoint:
    wanted = id_of(said)
    found = next((one for one in endpoints.listed(connection) if one.endpoint == wanted), None)
    if found is None:
        raise Refused(endpoints.UNKNOWN)
    return found

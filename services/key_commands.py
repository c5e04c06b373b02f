"""``linkage keys``: the machine keys of a side are made, listed, replaced and revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import psycopg
import typer
from rich.table import Table

from events.database import connect
from services.access import key_store
from services.access.actions import Action
from services.access.audit import Act, Entry, write
from services.access.machine_keys import LONGEST, LONGEST_OVERLAP, MachineKey, NoKey, new_key
from services.command_options import AsJson, By
from services.looking import as_it_stands
from services.migrating import Side
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA, china_day

OfSide = Annotated[Side, typer.Option(help="Whose web service it opens.")]
Days = Annotated[int, typer.Option(help="Days until it ends.", min=1, max=LONGEST.days)]
KeyId = Annotated[str, typer.Argument(help="The key's id: what stands between lk_ and the second _.")]


def add_key(
    side: OfSide,
    name: Annotated[str, typer.Option(help="The system that will hold it.")],
    action: Annotated[list[Action], typer.Option(help="What it may do; give it once for each.")],
    by: By,
    body: Annotated[str, typer.Option(help="18-character code of the body that it is for.")] = "",
    service: Annotated[bool, typer.Option("--service", help="For a service of this site, for all bodies.")] = False,
    certificate: Annotated[
        str | None, typer.Option(help="A DNS name or URI in the program's certificate, which stands for the key.")
    ] = None,
    days: Days = LONGEST.days,
    as_json: AsJson = False,
) -> None:
    """Makes a key for one body and prints it, once: it is kept nowhere and cannot be shown again. With --certificate
    nothing is printed: whoever holds that certificate is let in (mutual TLS)."""
    if bool(body) == service:
        raise WronglyAsked("say whose it is: --body CODE, or --service for a service of this site")
    code = body.strip().upper()
    if code and (len(code) != 18 or not code.isascii() or not code.isalnum()):
        raise WronglyAsked("a body's code has 18 letters and digits")
    with _transaction(side) as connection:
        made, text = new_key(name, code, action, by, _now(), timedelta(days=days), certificate)
        key_store.add(connection, made)
        _audit(connection, "add", by, made.id, code)
    _show_once(made, text, as_json)


def rotate_key(
    key: KeyId,
    side: OfSide,
    by: By,
    overlap: Annotated[int, typer.Option(help="Days in which both are valid.", min=0, max=LONGEST_OVERLAP.days)] = 7,
    days: Days = LONGEST.days,
    as_json: AsJson = False,
) -> None:
    """Makes the key that replaces another, for the same body and actions; the old one ends after the overlap."""
    with _transaction(side) as connection:
        made, text = key_store.rotate(connection, key, by, _now(), timedelta(days=days), timedelta(days=overlap))
        _audit(connection, "rotate", by, made.id, made.body)
    _show_once(made, text, as_json)


def revoke_key(key: KeyId, side: OfSide, by: By) -> None:
    """Ends a key at once: the next request that shows it is refused."""
    with _transaction(side) as connection:
        if not key_store.revoke(connection, key, by, _now()):
            raise WronglyAsked(f"{key} is no key of this side, or was revoked already: see `linkage keys list`")
        _audit(connection, "revoke", by, key)
    typer.echo(f"密钥 {key} 已撤销")


def list_keys(side: OfSide, as_json: AsJson = False) -> None:
    """Shows every key: whose, for what, until when, and when it was last used (to within the hour)."""
    with (
        as_it_stands("keys", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="keys") as connection,
    ):
        found = key_store.keys(connection)
    now = _now()
    if as_json:
        typer.echo(json.dumps([_as_json(one, now) for one in found], ensure_ascii=False))
        return
    table = Table(title="密钥")
    for heading in ("编号", "系统", "单位", "权限", "到期", "最近使用", "状态"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("编号", "到期", "最近使用", "状态"))
    for one in found:
        used = f"{one.last_used_at.astimezone(CHINA):%Y-%m-%d %H 时}" if one.last_used_at else "从未"
        table.add_row(
            one.id, one.name, one.body or "本站服务", "、".join(action.words for action in sorted(one.actions)),
            str(china_day(one.expires_at)), used, one.state(now).words,
        )  # fmt: skip
    terminal().print(table)


def _audit(connection: psycopg.Connection, what: str, by: str, key: str, body: str = "") -> None:
    write(connection, Entry(Act.ADMINISTERED, by, body=body, place=f"linkage keys {what}", objects=[f"key={key}"]))


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _transaction(side: Side) -> Iterator[psycopg.Connection]:
    with (
        as_it_stands("keys", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="keys") as connection,
        connection.transaction(),
    ):
        try:
            yield connection
        except NoKey as no:
            raise WronglyAsked(str(no)) from None


def _show_once(made: MachineKey, text: str, as_json: bool) -> None:
    if as_json:
        shown = {} if made.certificate else {"key": text}
        typer.echo(json.dumps(_as_json(made, made.made_at) | shown, ensure_ascii=False))
        return
    if made.certificate:
        typer.echo(f"证书 {made.certificate} 已登记为“{made.name}”的密钥 {made.id}，{china_day(made.expires_at)} 到期")
        return
    typer.echo(text)
    typer.echo(f"密钥只显示这一次，请立即交给“{made.name}”保存；{china_day(made.expires_at)} 到期。", err=True)


def _as_json(key: MachineKey, now: datetime) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "body": key.body,
        "certificate": key.certificate,
        "actions": sorted(key.actions),
        "made_at": key.made_at.isoformat(),
        "made_by": key.made_by,
        "expires_at": key.expires_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "state": key.state(now).value,
    }

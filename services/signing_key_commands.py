"""``linkage signing-keys``: the public keys by which bodies sign what they hand in; and the proof of one decision."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import psycopg
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from rich.table import Table

from events.database import raw
from events.proof.canonical_json import NotCanonical
from events.proof.signing import Algorithm, PublicKey
from services.access.audit import Act, Entry, write
from services.approval import signing_keys
from services.approval.batch_signature import tree_of
from services.command_options import AsJson, By
from services.file_commands import opened_desk
from services.looking import approval_as_it_stands
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import china_day

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def add_signing_key(
    file: Annotated[Path, typer.Argument(help="The public key: PEM, or 128 hexadecimal digits (SM2: x and y).")],
    body: Annotated[str, typer.Option(help="18-character code of the body whose key it is.")],
    by: By,
    days: Annotated[int, typer.Option(help="Days for which it signs.", min=1, max=3650)] = 730,
    as_json: AsJson = False,
) -> None:
    """Registers the key by which a body signs. From now on what is handed in for it by program must be signed
    (LINKAGE_SIGNATURES). The private key stays with the body."""
    code = body.strip().upper()
    if len(code) != 18 or not code.isascii() or not code.isalnum():
        raise WronglyAsked("a body's code has 18 letters and digits")
    now = datetime.now(UTC)
    key = _public_key(file, code, now, now + timedelta(days=days))
    with opened_desk() as desk, desk.engine.begin() as transaction:
        new = signing_keys.register(raw(transaction), code, key, by, now)
        if new:
            _audit(raw(transaction), "add", by, key.id, code)
    if not new:
        raise WronglyAsked(f"{key.id} is registered already: see `linkage signing-keys list`")
    if as_json:
        typer.echo(json.dumps({"key": key.id, "body": code, "algorithm": key.algorithm.value}, ensure_ascii=False))
    else:
        typer.echo(f"已登记签名公钥 {key.id}（{code}），自现在起生效")


def revoke_signing_key(
    key: Annotated[str, typer.Argument(help="The key's id, 16 hexadecimal digits.")],
    by: By,
) -> None:
    """Ends a signing key at once. What it signed before stays proven."""
    with opened_desk() as desk, desk.engine.begin() as transaction:
        if not signing_keys.revoke(raw(transaction), key, by, datetime.now(UTC)):
            raise WronglyAsked(f"{key} is no registered key, or was revoked already: see `linkage signing-keys list`")
        _audit(raw(transaction), "revoke", by, key)
    typer.echo(f"签名公钥 {key} 已撤销")


def _day(said: str | None) -> str:
    return str(china_day(datetime.fromisoformat(said))) if said else ""


def list_signing_keys(as_json: AsJson = False) -> None:
    """Shows the registered public keys of bodies."""
    with approval_as_it_stands("signing-keys") as connection:
        found = signing_keys.registered_keys(connection)
    rows: list[dict[str, Any]] = [
        {
            "key": one.key.id, "body": one.body, "algorithm": one.key.algorithm.value,
            "valid_from": one.key.valid_from.isoformat(),
            "valid_until": one.key.valid_until.isoformat() if one.key.valid_until else None,
            "revoked": one.revoked_at is not None, "registered_by": one.registered_by,
        }
        for one in found
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(title="签名公钥")
    for heading in ("编号", "单位", "算法", "生效", "截止", "状态"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        state = "已撤销" if row["revoked"] else ""
        begins, ends = (_day(row[name]) for name in ("valid_from", "valid_until"))
        table.add_row(row["key"], row["body"], row["algorithm"], begins, ends, state)
    terminal().print(table)


def prove_signed(
    permit: Annotated[UUID, typer.Argument(help="The permit.")],
    version: Annotated[int, typer.Argument(help="Which of its decisions.", min=1)],
    item: Annotated[
        Path | None, typer.Option(help="The decision as it was handed in (JSON): is it the one that was signed?")
    ] = None,
) -> None:
    """Shows what proves that its body handed a decision in: message, signature, public key and path to the root, as
    JSON. Leaves with 1 when it was not signed, or the item is another."""
    with opened_desk() as desk, desk.engine.connect() as connection:
        proof = signing_keys.proof_of(raw(connection), desk.master, permit, version)
    if proof is None:
        typer.echo("该决定报送时没有签名", err=True)
        raise typer.Exit(1)
    if item is not None:
        proof["item_holds"] = signing_keys.holds(proof, _leaf(item))
    typer.echo(json.dumps(proof, ensure_ascii=False, indent=2))
    raise typer.Exit(int(proof.get("item_holds") is False))


def _leaf(item: Path) -> bytes:
    try:
        return tree_of([orjson.loads(item.read_bytes())]).root
    except OSError as error:
        raise WronglyAsked(f"{item} cannot be read: {error.strerror}") from None
    except (orjson.JSONDecodeError, NotCanonical):
        raise WronglyAsked(f"{item} holds no JSON that could have been signed") from None


def _public_key(file: Path, body: str, valid_from: datetime, valid_until: datetime) -> PublicKey:
    try:
        text = file.read_bytes()
    except OSError as error:
        raise WronglyAsked(f"{file} cannot be read: {error.strerror}") from None
    try:
        if text.lstrip().startswith(b"-----BEGIN PUBLIC KEY-----"):
            key = load_pem_public_key(text)
            if isinstance(key, Ed25519PublicKey):
                return PublicKey(body, Algorithm.ED25519, key.public_bytes_raw(), valid_from, valid_until)
        else:
            return PublicKey(body, Algorithm.SM2, bytes.fromhex(text.decode().strip()), valid_from, valid_until)
    except ValueError:
        pass
    raise WronglyAsked(f"{file} holds no public key of Ed25519 (PEM) or SM2 (128 hexadecimal digits)")


def _audit(connection: psycopg.Connection, what: str, by: str, key: str, body: str = "") -> None:
    write(
        connection, Entry(Act.ADMINISTERED, by, body=body, place=f"linkage signing-keys {what}", objects=[f"key={key}"])
    )

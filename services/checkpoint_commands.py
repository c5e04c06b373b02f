"""``linkage proof show``, ``trust`` and ``new-key``: signed checkpoints, and the keys that sign them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from events.database import connect
from events.log import closing_log
from events.proof.signing import Algorithm, PublicKey
from services.checkpoints.heard import newest_held, read_spoken, trust, trusted_keys
from services.checkpoints.own import newest_signed
from services.checkpoints.sent import last_sent, sent_to
from services.checkpoints.signing_keys import replace_signing_key, signing_keys
from services.checkpoints.stamps import newest_stamp
from services.checkpoints.standing import FAULT_WORDS, checkpoint_faults
from services.command_options import AsJson
from services.completeness_answers import other_side
from services.databases import BOTH, open_databases
from services.looking import as_it_stands
from services.migrating import Side
from services.parts import log_of
from services.scheduler import database_clock
from services.settings import read_settings
from services.trouble import WronglyAsked
from services.wording import moment_in_words

OneSide = Annotated[Side | None, typer.Option(help="Only what this side has signed, and holds.")]
ThisSide = Annotated[Side, typer.Option(help="The side.")]


def show(side: OneSide = None, as_json: AsJson = False) -> None:
    """Shows the newest checkpoint of each side, what each holds of the other, and key ids to compare by telephone.
    Leaves with 1 when one does not hold."""
    sides = frozenset({side}) if side else BOTH
    found: dict[str, Any] = {}
    with as_it_stands("proof", sides) as (_, databases):
        for one in sorted(sides):
            with connect(databases.owner[one], application="proof") as connection:
                found[one] = _standing(connection, one)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        for name, said in found.items():
            typer.echo(f"{name}: signed {said['signed'] or 'nothing yet'}, keys {' '.join(said['keys']) or 'none'}")
            if said["stamped"]:
                typer.echo(f"  stamped {said['stamped']}")
            typer.echo(f"  holds {said['holds'] or 'nothing yet'}, trusts {' '.join(said['trusted']) or 'no key'}")
            for source, fault in said["faults"].items():
                typer.echo(f"  {source}: {fault}")
    raise typer.Exit(int(any(said["faults"] for said in found.values())))


def _standing(connection: psycopg.Connection, side: Side) -> dict[str, Any]:
    signed, held = newest_signed(connection), newest_held(connection, other_side(side))
    stamped = newest_stamp(connection)
    faults = checkpoint_faults(connection, side, database_clock(connection))
    return {
        "signed": signed and f"{signed.size} {signed.root.hex()}",
        "keys": [key.id for key in signing_keys(connection)],
        "stamped": stamped and f"{stamped.size} {stamped.at.isoformat()} {stamped.by}",
        "holds": held and f"{held.size} {held.root.hex()}",
        "trusted": [key.id for key in trusted_keys(connection, other_side(side))],
        "faults": {source: f"{fault}: {FAULT_WORDS[fault]}" for source, fault in faults.items()},
    }


def list_sent(
    side: ThisSide,
    body: Annotated[str, typer.Option(help="Only what this department or bureau was sent.")] = "",
    as_json: AsJson = False,
) -> None:
    """Shows the newest checkpoint that each body's own systems were sent, or all of the last 30 days that one was.
    Leaves with 1 when this side has one no more: its ledger was rewritten, or restored."""
    with (
        as_it_stands("proof", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="proof") as connection,
    ):
        found = sent_to(connection, body) if body else last_sent(connection)
    rows = [
        {"body": one.body, "size": one.size, "root": one.root.hex() if one.root else None, "way": one.way,
         "sent_at": one.sent_at.isoformat()}
        for one in found
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        for row, one in zip(rows, found, strict=True):
            typer.echo("{body} {size} {root} {way}".format(**row) + f" {moment_in_words(one.sent_at)}")
        if not rows:
            typer.echo("还没有发出过检查点")
    raise typer.Exit(int(any(one.root is None for one in found)))


def trust_key(
    key: Annotated[str, typer.Argument(help="The key's id, 16 digits, as the other side's operator reads it out.")],
    side: ThisSide,
) -> None:
    """Accepts a key that the other side announces; what it signs is held here from now on."""
    settings, source = read_settings(), other_side(side)
    with open_databases(settings, frozenset({side})) as databases:
        with closing_log(log_of(source, settings, databases, making=False)()) as log:
            said = log.announcement()
        spoken = read_spoken(said.checkpoint) if said and said.checkpoint else None
        found = [one.key() for one in spoken.keys if one.id == key.strip().lower()] if spoken else []
        if not found:
            raise WronglyAsked(f"{source} announces no key {key}: see linkage proof show --side {source}")
        with connect(databases.owner[side], application="proof") as connection:
            trust(connection, source, found[0])
    typer.echo(f"已认可{source}的密钥 {found[0].id}")


def new_key(
    side: ThisSide,
    algorithm: Annotated[Algorithm | None, typer.Option(help="Else LINKAGE_SIGNING_ALGORITHM.")] = None,
) -> None:
    """Makes a new signing key in the place of the one before, which is kept beside it and signs no more. Give it where
    the sequencer of the side runs, and have the other side accept the new key's id."""
    settings = read_settings()
    kind = algorithm or settings.signing_algorithm
    path = settings.signing_key_file(side)
    with (
        open_databases(settings, frozenset({side})) as databases,
        connect(databases.owner[side], application="proof") as connection,
    ):
        made = _replace(connection, path, kind)
    typer.echo(f"新密钥 {made.id}（{made.algorithm}），在 {path}；请对方认可")


def _replace(connection: psycopg.Connection, path: Path, kind: Algorithm) -> PublicKey:
    row = connection.execute("SELECT origin FROM ledger_tree").fetchone()
    if row is None:
        raise WronglyAsked("this side has signed nothing yet: the first key is made when the sequencer starts")
    return replace_signing_key(path, connection, row[0], kind, database_clock(connection))

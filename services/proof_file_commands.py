"""``linkage proof export``, and ``linkage verify`` of a file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from events.database import connect
from events.proof.checkpoint import read_note
from services.access.files_by_command import write_down
from services.checkpoints.heard import trusted_keys
from services.checkpoints.opening import believed_by, key_of
from services.checkpoints.signing_keys import signing_keys
from services.checkpoints.time_stamps import STAMP_WORDS, StampWrong, check
from services.completeness_answers import other_side
from services.databases import BOTH, open_databases
from services.looking import as_it_stands
from services.migrating import Side
from services.proof_file.exporting import export
from services.proof_file.reading import NotProven, check_file
from services.scheduler import database_clock
from services.settings import read_settings
from services.trouble import Trouble, WronglyAsked


class FileTrouble(Trouble):
    """A file cannot be read or written."""


def export_file(
    file: Annotated[Path, typer.Argument(help="The file to be written; one that is there already is kept.")],
    side: Annotated[Side, typer.Option(help="Whose ledger.")],
    stream: Annotated[list[UUID] | None, typer.Option(help="Only what stands under this id; may be repeated.")] = None,
    first: Annotated[int | None, typer.Option("--from", min=1, help="Only from this number of the ledger on.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=1, help="Only up to this number.")] = None,
    kept: Annotated[
        list[int] | None, typer.Option("--checkpoint", min=1, help="Also this one, which somebody keeps; of so many.")
    ] = None,
) -> None:
    """Writes records with what proves them; deploy/verify_linkage.py checks the file on any machine. Personal parts are
    in it as digests of their ciphertext only."""
    if stream and (first or last):
        raise WronglyAsked("either --stream, or --from and --to")
    settings = read_settings()
    with (
        open_databases(settings, frozenset({side})) as databases,
        connect(databases.owner[side], application="proof") as connection,
    ):
        now = database_clock(connection)
        _, signer = key_of(side, settings)(connection, now)
        lines = export(connection, side, signer, now, streams=stream or (), first=first, last=last, kept=kept or ())
        span = [f"{name}={at}" for name, at in (("from", first), ("to", last)) if at]
        write_down(connection, "linkage proof export", [*(f"stream={one}" for one in stream or ()), *span])
        try:
            with open(file, "xb") as written:
                for line in lines:
                    written.write(line)
        except OSError as error:
            raise FileTrouble(f"{file} cannot be written: {error.strerror}") from error
    key = signer.key.id
    typer.echo(f"已导出到 {file}，签名密钥 {key}；核验：python3 verify_linkage.py {file} --key {key}")


def verify_file(file: Path, keys: list[str], as_json: bool) -> None:
    """Check a proof file or a receipt. Without ``keys`` those count that this site signs with or has accepted. Leaves
    with 1 when it does not hold."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FileTrouble(f"{file} cannot be read: {error.strerror}") from error
    trusted = frozenset(key.strip().lower() for key in keys) or _known_keys()
    if not trusted:
        raise WronglyAsked("this site knows no key yet: name the one that you compared, --key")
    try:
        checked = check_file(content, trusted)
    except NotProven as wrong:
        said = {"holds": False, "wrong": str(wrong)} | ({"torn": asdict(wrong.torn)} if wrong.torn else {})
        typer.echo(json.dumps(said) if as_json else f"不通过：{wrong}")
        raise typer.Exit(1) from None
    size, signers = checked.checkpoint.size, " ".join(checked.signers)
    stamps = [_stamp(note, answer) for note, answer in checked.stamps]
    misplaced = any(one["wrong"] for one in stamps)
    if as_json:
        said = {"holds": not misplaced, "records": checked.records, "checkpoint": size, "keys": checked.signers}
        typer.echo(json.dumps(said | ({"stamps": stamps} if stamps else {})))
    else:
        typer.echo(
            f"{'不通过' if misplaced else '通过'}：{checked.records} 条记录，检查点至第 {size} 号，密钥 {signers}"
        )
        for one in stamps:
            words = f"{one['at']}，{one['by']}" if one["at"] else STAMP_WORDS[one["wrong"] or "unchecked"]
            typer.echo(f"时间戳：至第 {one['size']} 号，{words}")
    if misplaced:
        raise typer.Exit(1)


def _stamp(note: str, answer: bytes) -> dict[str, Any]:
    """Return what a time stamp says, as far as this site believes its authority; without any that it believes, the
    stamp is only named."""
    said: dict[str, Any] = {"size": read_note(note)[0].size, "at": None, "by": None, "wrong": None}
    believed = believed_by(read_settings())
    if not believed:
        return said
    try:
        found = check(answer, note, believed)
    except StampWrong as wrong:
        return said | {"wrong": wrong.reason}
    return said | {"at": found.at.isoformat(), "by": found.by}


def _known_keys() -> frozenset[str]:
    found: set[str] = set()
    with as_it_stands("proof", BOTH) as (_, databases):
        for side in sorted(BOTH):
            with connect(databases.owner[side], application="proof") as connection:
                found |= {key.id for key in (*signing_keys(connection), *trusted_keys(connection, other_side(side)))}
    return frozenset(found)

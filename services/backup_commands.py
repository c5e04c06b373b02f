"""`linkage backup`: copies of the embedded databases, their restoration, and what comes back out of the log."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from events.announcing import survey
from events.database import connect
from events.log import Log, LogUnavailable
from events.log.opening import is_embedded
from events.recovering import CannotRecover, Recovered, recover
from services import backing_up
from services.command_options import AsJson
from services.completeness_answers import other_side
from services.databases import BOTH, Databases, look_into_databases
from services.journal import open_journal
from services.kept_keys import KeysMissing, kept_apart, key_faults
from services.migrating import Side
from services.parts import log_of
from services.settings import Settings, read_settings
from services.trouble import Trouble, WronglyAsked

Folder = Annotated[Path, typer.Argument(help="The folder of the backup.")]


def make(folder: Folder, as_json: AsJson = False) -> None:
    """While everything runs. The folder must not be there yet, and should be on another machine soon."""
    settings = read_settings()
    apart = kept_apart(settings)
    heads = _copied(settings, folder).heads
    if as_json:
        places = {name: path and str(path) for name, path in apart.items()}
        typer.echo(json.dumps({"heads": heads, "apart": places}, ensure_ascii=False))
        return
    _heads(heads, as_json)
    typer.echo(f"备份已完成: {folder}。以下各项不在其中, 请另行保管副本:")
    for name, path in apart.items():
        there = "未设置位置" if path is None else f"{path}{'' if path.exists() else '（此处没有）'}"
        typer.echo(f"  {name}: {there}")


def _copied(settings: Settings, folder: Path) -> backing_up.Manifest:
    if not settings.own_databases:
        return backing_up.make(settings.data, folder, settings.wal_archive)
    if settings.backup_database_url is None:
        raise WronglyAsked(
            "LINKAGE_BACKUP_DATABASE_URL: databases of your own are copied over the replication protocol: give the "
            "address of their server for a role with REPLICATION (docs/backup.md)"
        )
    from services.backing_up_servers import make_from

    return make_from(settings.backup_database_url, settings.own_databases, folder)


def verify(folder: Folder, as_json: AsJson = False) -> None:
    """Every file against its checksum. Leaves with 3 when the backup is damaged."""
    _heads(backing_up.verify(folder).heads, as_json)


def restore(
    folder: Folder,
    until: Annotated[
        datetime | None, typer.Option(help="As the databases were then (with a zone); else to the end of the log.")
    ] = None,
    timeline: Annotated[
        int | None, typer.Option(help="Where it was restored before: the timeline to follow; else the newest.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Into LINKAGE_DATA, where no databases may be. The log of LINKAGE_WAL_ARCHIVE is replayed, if it is set."""
    settings = _embedded(read_settings())
    if until is not None and settings.wal_archive is None:
        raise WronglyAsked("--until needs the write-ahead log: set LINKAGE_WAL_ARCHIVE to the folder where it was kept")
    if until is not None and until.tzinfo is None:
        until = until.astimezone()
    through_kafka = not is_embedded(settings.log)
    target = backing_up.Target(settings.wal_archive, until, timeline)
    heads = backing_up.restore(folder, settings.data, target, marked=through_kafka)
    if as_json:
        typer.echo(json.dumps({"heads": heads}))
    else:
        for side, head in sorted(heads.items()):
            typer.echo(f"{side}: 已恢复至第 {head} 号")
        if through_kafka:
            typer.echo("现在请运行 linkage backup recover; 在此之前不会编号。")
    _refuse_without_keys(settings)


def recover_ledgers(
    side: Annotated[Side | None, typer.Option(help="Only this side's ledger.")] = None, as_json: AsJson = False
) -> None:
    """After a restore, before anything is numbered. Leaves with 1 when something did not come back that stood only in
    the lost database."""
    settings = read_settings()
    open_journal("warning", process="recover")
    sides: frozenset[Side] = frozenset({side}) if side else BOTH
    answers: dict[str, dict[str, object]] = {}
    with look_into_databases(settings, sides) as databases:
        for one in sorted(sides):
            try:
                answers[one] = said = _recover(one, settings, databases)
            except (CannotRecover, LogUnavailable) as error:
                raise Trouble(f"{one}: {error}") from error
            if not as_json:
                typer.echo(f"{one}: 从日志取回 {said['taken_back']} 个事件, 现至第 {said['head']} 号")
                for what in _LOST:
                    if said.get(what):
                        typer.echo(f"  {_LOST[what]}: {said[what]}")
    if as_json:
        typer.echo(json.dumps(answers, ensure_ascii=False))
    raise typer.Exit(int(any(said.get(what) for said in answers.values() for what in _LOST)))


_LOST = {
    "lost_numbers": "已编号但未进入日志、无法取回的事件 (个数), 请有关机关重新报送",
    "unknown_parties": "备份后首次出现的主体, 其密封的个人信息无法再读取 (个数)",
    "nameless_permits": "编号被隐去且无法还原的许可 (个数)",
    "only_in_ledger": "已回到账本、但登记表仍是备份时状态的事件 (按类型)",
}


def _recover(side: Side, settings: Settings, databases: Databases) -> dict[str, object]:
    if is_embedded(settings.log):
        with connect(databases.owner[side], application="recover") as connection:
            return _said(recover(connection, side, None))
    with (
        connect(databases.owner[side], application="recover") as connection,
        closing(log_of(side, settings, databases, announcing=True)()) as log,
    ):
        if side == "supervision":
            done = recover(connection, side, log, _nothing_came_back)
            return _said(done) | {"lost_numbers": _begin_anew(connection, side, log, done)}
        from services.approval.ledger_recovery import LedgerRecovery
        from services.approval.master_key import open_master_key

        beside = LedgerRecovery(open_master_key(settings.key_file, connection))
        done = recover(connection, side, log, beside)
        lost = _begin_anew(connection, side, log, done)
    return _said(done) | {
        "lost_numbers": lost,
        "unknown_parties": len(beside.unknown_parties),
        "nameless_permits": len(beside.nameless),
        "only_in_ledger": dict(beside.only_in_ledger),
    }


def _begin_anew(connection: psycopg.Connection, side: Side, log: Log, done: Recovered) -> int:
    """Announce the head that there is now, and return how many numbers more were announced before: nobody ever had what
    bore them."""
    before = log.announcement()
    other = other_side(side)
    log.announce(survey(connection, side, {other: f"kafka:{other}"}))
    return max(0, (before.ledger_head if before else 0) - done.last)


def _nothing_came_back(_: object, records: object) -> None:
    """Lists, cases and deadlines of supervision stand beside its ledger and are not made again from it."""
    if records:
        raise CannotRecover(
            "its topic goes on beyond what was restored, and its lists cannot be made again from it: restore it to the "
            "end of the write-ahead log, or both sides to one time (docs/backup.md)"
        )


def _said(done: Recovered) -> dict[str, object]:
    return {"taken_back": done.count, "head": done.last, "found_waiting": done.found_waiting}


def _embedded(settings: Settings) -> Settings:
    if settings.own_databases:
        raise WronglyAsked(
            "databases of your own are restored with the tools of their server (docs/backup.md); this is for the "
            "embedded ones: unset APPROVAL_DATABASE_URL and SUPERVISION_DATABASE_URL"
        )
    return settings


def _refuse_without_keys(settings: Settings) -> None:
    from services.approval.erasing import erase_again
    from services.embedded_postgres import attach

    with (
        attach(settings.data, making=False, archive=settings.wal_archive) as server,
        connect(server.approval_url, application="restore") as approval,
        connect(server.supervision_url, application="restore") as supervision,
    ):
        if back := erase_again(approval, settings.erasures_file):
            typer.echo(f"备份中带回的 {back} 个已删除行政相对人, 已再次删除", err=True)
        faults = list(key_faults(settings, {"approval": approval, "supervision": supervision}))
    if faults:
        raise KeysMissing("\n".join(faults))


def _heads(heads: Mapping[str, tuple[int, str]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"heads": heads}))
        return
    for side, (position, digest) in sorted(heads.items()):
        typer.echo(f"{side}: 至第 {position} 号, 校验值 {digest[:16]}…")

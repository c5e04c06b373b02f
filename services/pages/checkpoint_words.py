"""What an operator reads of checkpoints: this side's own, and those of the other side that are held here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg

from services.checkpoints.heard import newest_held, trusted_keys
from services.checkpoints.own import newest_signed
from services.checkpoints.signing_keys import signing_keys
from services.checkpoints.stamps import newest_stamp, stamping
from services.checkpoints.standing import FAULT_WORDS, CheckpointFault, standings
from services.checkpoints.time_stamps import STAMP_WORDS
from services.completeness_answers import other_side
from services.migrating import Side
from services.pages.lag_words import SIDES
from services.pages.proof_words import Told
from services.scheduler import database_clock

ACTS: Mapping[CheckpointFault, str] = {
    CheckpointFault.REWRITTEN: "不要删改任何数据，两侧数据库各留副本，执行 linkage verify 找出位置，并报告安全管理员。",
    CheckpointFault.SPLIT: "不要删改任何数据，两份检查点都已留存，可作证据；两侧数据库各留一份副本，并报告安全管理员。",
    CheckpointFault.SIGNATURE: "查明谁能写入两侧之间的日志，密钥文件是否被换过，并报告安全管理员。",
    CheckpointFault.UNKNOWN_KEY: "与对方电话核对密钥标识，一致的执行 linkage proof trust 认可。",
    CheckpointFault.BROKEN: "执行 linkage verify 找出缺号的位置，与另一侧和备份比对。",
    CheckpointFault.OVERDUE: "查看签发一侧的编号程序（linkage-…-sequencer）是否运行，密钥文件能否读取。",
}


def checkpoints_told(connection: psycopg.Connection, side: Side) -> Sequence[Told]:
    """Return a line for the own ledger's checkpoint, and one for that of the other side."""
    now, other = database_clock(connection), other_side(side)
    own, held = newest_signed(connection), newest_held(connection, other)
    mine = [_place(own.size, own.root), *(_key(key.id) for key in signing_keys(connection)[:1])] if own else []
    theirs = [_place(held.size, held.root), *(_key(key.id) for key in trusted_keys(connection, other))] if held else []
    here = f"检查点：{SIDES[other]}台账，在本侧留存"
    stamped = _stamps(connection)
    return [
        *([stamped] if stamped else []),
        _told(connection, side, side, "检查点：本侧台账，每分钟签发", own.newest_at if own else None, mine, now),
        _told(connection, side, other, here, held.heard_at if held else None, theirs, now),
    ]


def _stamps(connection: psycopg.Connection) -> Told | None:
    """Return a line for the time stamps; None where none was ever asked for."""
    tried, newest = stamping(connection), newest_stamp(connection)
    if tried is None:
        return None
    details = [f"至第 {newest.size} 号，{newest.by}"] if newest else []
    title, at = "检查点的时间戳（RFC 3161）", newest.at if newest else None
    if tried.reason is None:
        return Told(title, at, "", "green", "有效", details, [])
    why = STAMP_WORDS.get(tried.reason, f"时间戳机构没有签发（{tried.reason}）")
    act = "查看 LINKAGE_TSA_URL 能否连通、证书文件是否为该机构的；检查点照常签发，不受影响。"
    return Told(title, at, "", "yellow", "没有签到", [*details, why], [act])


def _told(
    connection: psycopg.Connection, side: Side, source: Side, title: str, at: datetime | None, details: list[str],
    now: datetime,
) -> Told:  # fmt: skip
    standing = standings(connection).get(source)
    fault = standing.fault_at(now, own=source == side) if standing else None
    if fault:
        return Told(title, at, "", "red", "不符", [*details, FAULT_WORDS[fault]], [ACTS[fault]])
    light, status = ("green", "有效") if at else ("yellow", "还没有")
    return Told(title, at, "", light, status, details, [])


def _place(size: int, root: bytes) -> str:
    return f"至第 {size} 号，根 {root.hex()[:16]}"


def _key(key_id: str) -> str:
    return f"密钥 {key_id}"

"""What the last night proved, in words, and what an operator does about what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from projections.list_comparison import BETWEEN as PUSHES_LISTS
from projections.log_comparison import BETWEEN as LEDGER_LOG
from projections.reconciliation import PUSHED, TOLD
from services.pages.lag_words import SIDES
from services.proofs import RECONCILE, VERIFY, Proof, newest
from services.reconciling import WORDS

TITLES: Mapping[str, str] = {RECONCILE: "核对：台账、日志、推送与名单", VERIFY: "核验：台账哈希链"}
FAULTS: Mapping[str, str] = {
    "hole": "缺号",
    "digest": "内容被改动",
    "chain": "前后不相接",
    "head": "末尾不符",
    "tree": "与签发过的检查点不符",
}
ACTS: Mapping[str, str] = {
    LEDGER_LOG: "台账与日志不符：查明谁动过 Kafka 主题；对方缺少的编号会自动补取，可用 linkage completeness 查看。",
    PUSHED: "决定与推送不符：先处理“停放”，再执行 linkage completeness --ask-again --by 工号，随后再次核对。",
    PUSHES_LISTS: "推送与名单不符：执行 linkage rebuild begin --by 工号 重建名单，比较后切换。",
    TOLD: "推送与告知不符：执行 linkage completeness --ask-again --by 工号，随后再次核对。",
    VERIFY: "台账对不上：不要删改任何数据，执行 linkage verify 查看全部位置，与另一侧和备份比对，并报告安全管理员。",
}
LATE_AFTER = timedelta(hours=36)
LATE = "最近一夜没有办成：查看调度程序（linkage-…-scheduler）是否在夜间运行，日志（Kafka）能否连接。"
NEVER = "还没有办过：调度程序运行后，每夜办一次。也可执行"


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the page."""

    title: str
    at: datetime | None
    occasion: str
    light: str
    status: str
    details: Sequence[str]
    acts: Sequence[str]


def proofs_told(connection: psycopg.Connection) -> Sequence[Told]:
    """Return a line for each kind of proof."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    found = newest(connection)
    return [_told(kind, found.get(kind), row[0]) for kind in TITLES]


def _told(kind: str, one: Proof | None, now: datetime) -> Told:
    if one is None:
        return Told(TITLES[kind], None, "", "yellow", "未办", [f"{NEVER} linkage {kind}。"], [])
    late = [LATE] if now - one.ended_at > LATE_AFTER else []
    details = list(_compared(one.said) if kind == RECONCILE else _walked(one.said))
    acts = _acts(kind, one) + late
    occasion = "手动" if one.night is None else "夜间"
    if one.wrong:
        return Told(TITLES[kind], one.ended_at, occasion, "red", f"不一致 {one.wrong}", details, acts)
    light, status = ("yellow", "过期") if late else ("green", "一致")
    return Told(TITLES[kind], one.ended_at, occasion, light, status, details, acts)


def _acts(kind: str, one: Proof) -> list[str]:
    if not one.wrong:
        return []
    if kind == VERIFY:
        return [ACTS[VERIFY]]
    return [ACTS[compared["between"]] for compared in one.said["compared"] if compared["wrong"]]


def _compared(said: Mapping[str, Any]) -> Iterator[str]:
    for one in said["compared"]:
        if one["note"] and not one["recorded"]:
            continue
        source = SIDES.get(one["source"], one["source"])
        yield f"{WORDS[one['between']]}（{source}）：应有 {one['recorded']}，实有 {one['received']}"
        for difference in one["differences"]:
            ids = " ".join((difference["missing"] + difference["surplus"])[:3])
            yield f"{difference['day']} {difference['department']}：不符 {difference['wrong']} 件，如 {ids}"


def _walked(said: Mapping[str, Any]) -> Iterator[str]:
    since = f"第 {said['since'] + 1} 号" if said["since"] else "第 1 号（全部）"
    yield f"自{since}至第 {said['head']} 号"
    if said["kinds"]:
        words = "，".join(f"{FAULTS.get(kind, kind)} {count} 处" for kind, count in sorted(said["kinds"].items()))
        yield f"{words}；最早在第 {said['first']} 号"

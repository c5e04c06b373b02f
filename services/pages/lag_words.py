"""Why is a list behind, and what does an operator press? In words, for the yellow bar and for the operator's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from events.reserve import Room
from projections import parking
from projections.lag import SILENT_SECONDS, Lag, Stage, Status
from services.part_names import restarting
from services.wording import duration_in_words, moment_in_words

SIDES: Mapping[str, str] = {"approval": "审批侧", "supervision": "监管侧"}
READERS: Mapping[str, str] = {"intake": "名单处理程序", "told": "告知处理程序"}
READS: Mapping[str, str] = {"intake": "推送与监管名单", "told": "告知与回执"}
STATUS_LIGHTS: Mapping[Status, str] = {
    Status.LEVEL: "green",
    Status.CATCHING_UP: "yellow",
    Status.BEHIND: "red",
    Status.STALLED: "red",
    Status.SILENT: "red",
    Status.REBUILDING: "yellow",
}
TRENDS: Mapping[str, str] = {"↑": "↑ 在变长", "↓": "↓ 在缩短", "→": "→ 持平"}
STAGES: Mapping[Stage, str] = {
    Stage.NOWHERE: "无",
    Stage.OUTBOX: "发件箱（已登记，未编号）",
    Stage.RELAY: "待送日志（已编号，未送入 Kafka）",
    Stage.LOG: "日志（已编号，未列入名单）",
    Stage.PARKED: "停放（等人处理）",
    Stage.UNKNOWN: "未知",
}
PARKED_REASONS: Mapping[str, str] = {
    parking.WAITING_FOR_EARLIER: "缺少前一版本，到齐后自动恢复",
    parking.UNREADABLE: "记录损坏，收到完好副本后自动恢复",
    parking.UNKNOWN_TYPE: "本系统版本不认识这种事件",
    parking.REFUSED: "与已有数据不符，处理程序未接受",
    parking.ASKED_AGAIN: "所缺事件已补来，即将处理",
}
PARKED_ACTS: Mapping[str, str] = {
    parking.WAITING_FOR_EARLIER: "一般无须处理。超过 10 分钟未恢复时，请核对对方发送编号是否中断，再点“重试”。",
    parking.UNREADABLE: "一般无须处理。请检查传输（Kafka 主题）的磁盘和网络；对方重发后自动恢复。",
    parking.UNKNOWN_TYPE: "对方已升级而本侧未升级：请先升级本侧，再点“重试”。",
    parking.REFUSED: "请由技术人员按“说明”一栏查明原因并修复，再点“重试”；修复不了的，请许可机关更正，或请求跳过。",
    parking.ASKED_AGAIN: "无须处理，处理程序随即处理。超过 10 分钟仍在的，请查看处理程序是否在运行。",
}

assert PARKED_REASONS.keys() == PARKED_ACTS.keys() == set(parking.REASONS)


def lag_in_words(lag: Lag | None) -> str:
    """Return what a reader must know when lists are behind; nothing when they are level, or when it is not known."""
    if lag is None or not lag.behind:
        return ""
    told = f"数据延迟 {duration_in_words(lag.seconds)}" if lag.seconds else "数据是否最新暂不能确定"
    return f"{told}（{lag.status.value}），原因：{cause(lag)}。恢复后本页自动补齐，不会丢失。"


def disk_in_words(room: Room | None) -> str:
    """Return how much room the disk of a database has, and what that means."""
    if room is None:
        return "没有监测（使用自备数据库且未设置 LINKAGE_DISK_FOLDER）"
    left = f"剩余 {room.free / 10**6:,.0f} MB，保留量 {room.reserve / 10**6:,.0f} MB"
    if room.closed_at is None:
        return left
    return f"{left}。空间不足，自 {moment_in_words(room.closed_at)} 起暂停受理，已受理的照常送达。请清理或扩充磁盘"


def rebuilding_in_words(lag: Lag) -> str:
    """Return how far the lists are made anew and how long it will take; nothing when they are not."""
    if (one := lag.rebuilding) is None:
        return ""
    left = "" if one.remaining_seconds is None else f"，约需 {duration_in_words(one.remaining_seconds)}"
    work = "已暂停" if one.paused else f"已完成 {one.progress:.0%}{left}"
    return f"名单正在重建，{work}。现用名单照常更新，状态为“{lag.status.value}”。"


def cause(lag: Lag) -> str:
    """Return where the oldest event waits, and why, as far as that is measured."""
    source = SIDES.get(lag.source, lag.source)
    reader = READERS.get(lag.projection, lag.projection)
    if lag.status is Status.SILENT:
        if _reader_silent(lag):
            since = f"已 {duration_in_words(lag.heartbeat_age)}" if lag.heartbeat_age is not None else "从未"
            return f"本侧的{reader}{since}没有回应"
        return f"{source}超过 {SILENT_SECONDS:.0f} 秒没有消息"
    if lag.stage is Stage.PARKED:
        return f"{lag.parked_streams} 件许可的 {lag.parked_events} 个事件停放，等人处理"
    if lag.stage is Stage.OUTBOX:
        return f"{lag.outbox_pending} 个事件在{source}发件箱等候编号"
    if lag.stage is Stage.RELAY:
        return f"{source}有 {lag.uncarried} 个事件已编号，尚未送入日志（Kafka）"
    if lag.status is Status.STALLED:
        return f"{reader}有 {lag.events} 个事件待处理，但没有前进"
    if lag.status is Status.CATCHING_UP:
        return f"{lag.events} 个事件正在补齐"
    return f"新到的多于处理得完的，还有 {lag.events} 个事件"


def acts(lag: Lag) -> Sequence[str]:
    """Return what an operator does about it, first things first; nothing when all is level."""
    if not lag.behind:
        return ()
    here = next(side for side in SIDES if side != lag.source)
    if lag.status is Status.SILENT:
        if _reader_silent(lag):
            return (
                f"查看名单处理程序是否在运行；没有运行的，重新启动：{restarting(here, 'projector')}。",
                "在运行而没有回应的，查看数据库和磁盘，再重新启动该程序。重新启动不会丢失或重复。",
            )
        return (
            f"查看对方的编号程序是否在运行；没有运行的，重新启动：{restarting(lag.source, 'sequencer')}。",
            "查看两侧之间的网络，以及日志（Kafka）能否连接。",
        )
    if lag.stage is Stage.PARKED:
        return ("打开“停放事件”，按原因处理后点“重试”。其他许可不受影响，照常更新。",)
    if lag.stage is Stage.OUTBOX:
        return (
            f"查看对方的编号程序是否在运行；没有运行的，重新启动：{restarting(lag.source, 'sequencer')}。",
            "对方正在导入大批存量数据时，批量件会排队，属正常，等待即可。",
        )
    if lag.stage is Stage.RELAY:
        return (
            f"查看对方的转送程序是否在运行；没有运行的，重新启动：{restarting(lag.source, 'relay')}。不会丢失或重复。",
            "在运行的，查看 Kafka 能否连接、磁盘是否已满；转送程序的日志写明了在等什么。",
        )
    if lag.status is Status.STALLED:
        return (
            f"重新启动名单处理程序：{restarting(here, 'projector')}。",
            "仍不前进的，查看日志中的 worker_waits 一行：写明了在等什么。",
        )
    if lag.status is Status.CATCHING_UP:
        return ("无须处理，正在补齐。",)
    return (
        "对方正在导入大批数据时，等待即可，趋势转为“在缩短”后自行补齐。",
        "平时出现的，查看本机处理器和磁盘是否繁忙，数据库是否有长时间的查询。",
    )


def _reader_silent(lag: Lag) -> bool:
    return lag.heartbeat_age is None or lag.heartbeat_age > SILENT_SECONDS

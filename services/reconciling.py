"""What of one side is compared, by night and by hand, and how its differences are put in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

import psycopg

from events.log import Log, closing_log
from projections.list_comparison import BETWEEN as PUSHES_LISTS
from projections.log_comparison import BETWEEN as LEDGER_LOG
from projections.reconciliation import PUSHED, TOLD, reconcile_approval, reconcile_supervision
from projections.tallies import Compared, Difference
from services.migrating import Side

WORDS: Mapping[str, str] = {
    LEDGER_LOG: "台账与日志",
    PUSHED: "决定与推送",
    PUSHES_LISTS: "推送与名单",
    TOLD: "推送与告知",
}
NAMED_IN_WORDS = 5


def reconcile_side(
    connection: psycopg.Connection,
    side: Side,
    own: Callable[[], Log],
    heard: Callable[[], Log],
    day: date | None = None,
) -> Sequence[Compared]:
    """Compare what can be seen from ``side``: its own database, its own log and the other's. ``LogUnavailable`` as a
    read."""
    compare = reconcile_approval if side == "approval" else reconcile_supervision
    with closing_log(own()) as ours, closing_log(heard()) as theirs:
        return compare(connection, ours, theirs, day)


def in_words(compared: Compared) -> Iterator[str]:
    """Yield a line for each difference."""
    for one in compared.differences:
        yield f"{WORDS[compared.between]}不符: 来源 {compared.source}, {one.day}, {_whose(one)}: {_what(one)}"


def _whose(one: Difference) -> str:
    return one.department or "不属于某个部门的事件"


def _what(one: Difference) -> str:
    said = f"应有 {one.recorded} 件, 实有 {one.received} 件"
    if one.missing:
        said += f", 缺少或不同 {' '.join(one.missing[:NAMED_IN_WORDS])}"
    if one.surplus:
        said += f", 多出 {' '.join(one.surplus[:NAMED_IN_WORDS])}"
    return said

"""What of one side is compared, by night and by hand, and how its differences are put in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

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
COMPARED: Mapping[Side, Mapping[str, bool]] = {
    "approval": {LEDGER_LOG: True, TOLD: False},
    "supervision": {LEDGER_LOG: True, PUSHED: False, PUSHES_LISTS: True},
}
"""What each side compares, and whether that is of its own source."""
NAMED = 5
KEPT_OF_EACH = 10


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


def outcome(compared: Sequence[Compared]) -> tuple[int, dict[str, Any]]:
    """Return how much differs, and what is kept of it: the first differences of each comparison, with their first
    ids."""
    said = []
    for one in compared:
        first = one.differences[:KEPT_OF_EACH]
        for difference in first:
            difference.missing, difference.surplus = difference.missing[:NAMED], difference.surplus[:NAMED]
        said.append(replace(one, differences=first).as_json() | {"wrong": one.wrong})
    return sum(one.wrong for one in compared), {"compared": said}


def in_words(compared: Compared) -> Iterator[str]:
    """Yield a line for each difference."""
    for one in compared.differences:
        yield f"{WORDS[compared.between]}不符: 来源 {compared.source}, {one.day}, {_whose(one)}: {_what(one)}"


def _whose(one: Difference) -> str:
    return one.department or "不属于某个部门的事件"


def _what(one: Difference) -> str:
    said = f"应有 {one.recorded} 件, 实有 {one.received} 件"
    if one.missing:
        said += f", 缺少或不同 {' '.join(one.missing[:NAMED])}"
    if one.surplus:
        said += f", 多出 {' '.join(one.surplus[:NAMED])}"
    return said

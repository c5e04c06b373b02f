"""Limits as a file (CSV or XLSX with Chinese headings): rows become limits, or are refused with a repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from events.limits import LimitKind, LimitSet, Unit
from services.limits import EVERY_MATTER, KIND_WORDS, UNIT_WORDS
from services.tables.faults import Fault
from services.tables.headed import Wrong, day, headed_rows, needed

KIND, MATTER, DAYS, UNIT, FROM, TO, BASIS = "种类", "事项编码", "期限", "单位", "生效日期", "失效日期", "依据"
HEADINGS = (KIND, MATTER, DAYS, UNIT, FROM, TO, BASIS)
REQUIRED = (KIND, DAYS, FROM)
MOST_DAYS = 1000

BAD_KIND = Fault("bad_limit_kind", "没有这种期限。", "种类应为: {kinds}。".format(kinds="、".join(KIND_WORDS.values())))
BAD_DAYS = Fault("bad_limit", "期限应为 1 至 1000 的整数。", "请填写天数。")
BAD_UNIT = Fault("bad_unit", "单位应为 工作日 或 自然日。", "请改为其中之一, 留空即工作日。")
END_FIRST = Fault("end_before_start", "失效日期早于生效日期。", "请核对两个日期。")

KINDS: Mapping[str, LimitKind] = {words: kind for kind, words in KIND_WORDS.items()} | {
    kind.value: kind for kind in LimitKind
}
UNITS: Mapping[str, Unit] = {words: unit for unit, words in UNIT_WORDS.items()} | {"": Unit.WORKING_DAYS}


@dataclass(slots=True)
class LimitFile:
    """What a file says: its limits, and (row, column, value, fault) of each row that cannot be taken."""

    entries: list[LimitSet] = field(default_factory=list)
    refused: list[tuple[int, str, str, Fault]] = field(default_factory=list)


def read_limit_file(path: Path, officer: str) -> LimitFile:
    """Read limits. A file without its headings raises ``UnreadableFile``; a bad row is refused by itself."""
    found = LimitFile()
    for number, said in headed_rows(path, HEADINGS, REQUIRED):
        try:
            found.entries.append(_entry(said, officer))
        except Wrong as wrong:
            found.refused.append((number, wrong.column, said[wrong.column], wrong.fault))
    return found


def _entry(said: dict[str, str], officer: str) -> LimitSet:
    needed(said, *REQUIRED)
    valid_from = day(said, FROM)
    valid_to = day(said, TO) if said[TO] else None
    checks = (
        (KIND, BAD_KIND, said[KIND] in KINDS),
        (DAYS, BAD_DAYS, said[DAYS].isdecimal() and 1 <= int(said[DAYS]) <= MOST_DAYS),
        (UNIT, BAD_UNIT, said[UNIT] in UNITS),
        (TO, END_FIRST, valid_to is None or valid_to >= valid_from),
    )
    for column, fault, holds in checks:
        if not holds:
            raise Wrong(column, fault)
    return LimitSet(
        kind=KINDS[said[KIND]],
        matter_code=said[MATTER] or EVERY_MATTER,
        days=int(said[DAYS]),
        unit=UNITS[said[UNIT]],
        valid_from=valid_from,
        valid_to=valid_to,
        basis=said[BASIS],
        officer=officer,
    )

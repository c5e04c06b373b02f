"""Mappings of codes as a file (CSV or XLSX, Chinese headings): rows become mappings, or are refused with a repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from events.code_mappings import CodeKind, CodeMapped
from services.tables.faults import Fault
from services.tables.headed import Wrong, day, headed_rows, needed

KIND, OLD, NEW, NEW_NAME, REGION = "类别", "旧代码", "新代码", "新名称", "仅限区划"
FROM, TO, REASON = "生效日期", "失效日期", "说明"
HEADINGS = (KIND, OLD, NEW, NEW_NAME, REGION, FROM, TO, REASON)
REQUIRED = (KIND, OLD, NEW, FROM)
KINDS: Mapping[str, CodeKind] = {"事项": CodeKind.MATTER, "区划": CodeKind.REGION, "部门": CodeKind.DEPARTMENT}

BAD_KIND = Fault("bad_code_kind", "没有这种代码。", "类别应为: 事项、区划、部门。")
BAD_REGION = Fault("bad_region", "区划代码应为 6 位或 12 位数字。", "请按 GB/T 2260 填写。")
BAD_DEPARTMENT = Fault("bad_code", "部门代码应为 18 位统一社会信用代码。", "请核对部门代码。")
SAME = Fault("same_code", "新旧代码相同。", "请核对两个代码。")
END_FIRST = Fault("end_before_start", "失效日期早于生效日期。", "请核对两个日期。")


@dataclass(slots=True)
class CodeFile:
    """What a file says, and (row, column, value, fault) of each row that cannot be taken."""

    entries: list[CodeMapped] = field(default_factory=list)
    refused: list[tuple[int, str, str, Fault]] = field(default_factory=list)


def read_code_file(path: Path) -> CodeFile:
    """Read mappings. A file without its headings raises ``UnreadableFile``; a bad row is refused by itself."""
    found = CodeFile()
    for number, said in headed_rows(path, HEADINGS, REQUIRED):
        try:
            found.entries.append(_entry(said))
        except Wrong as wrong:
            found.refused.append((number, wrong.column, said[wrong.column], wrong.fault))
    return found


def _entry(said: dict[str, str]) -> CodeMapped:
    needed(said, *REQUIRED)
    valid_from = day(said, FROM)
    valid_to = day(said, TO) if said[TO] else None
    kind = KINDS.get(said[KIND])
    checks = (
        (KIND, BAD_KIND, kind is not None),
        (NEW, SAME, said[NEW] != said[OLD]),
        (OLD, BAD_REGION, kind is not CodeKind.REGION or _region(said[OLD])),
        (NEW, BAD_REGION, kind is not CodeKind.REGION or _region(said[NEW])),
        (NEW, BAD_DEPARTMENT, kind is not CodeKind.DEPARTMENT or len(said[NEW]) == 18),
        (REGION, BAD_REGION, not said[REGION] or _region(said[REGION])),
        (TO, END_FIRST, valid_to is None or valid_to >= valid_from),
    )
    for column, fault, holds in checks:
        if not holds:
            raise Wrong(column, fault)
    assert kind is not None
    return CodeMapped(
        kind=kind,
        old=said[OLD],
        new=said[NEW],
        new_name=said[NEW_NAME],
        only_region=said[REGION],
        valid_from=valid_from,
        valid_to=valid_to,
        reason=said[REASON],
    )


def _region(code: str) -> bool:
    return code.isdecimal() and len(code) in (6, 12)

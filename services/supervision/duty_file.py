"""The duty list as a file (CSV or XLSX with Chinese headings): rows become duties, or are refused with a repair."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from events.approval import Level
from events.supervision import DutyAssigned, Mode
from services.supervision.duty_list import ANY_LEVEL
from services.tables.faults import Fault
from services.tables.headed import Wrong, day, headed_rows, needed

MATTER, MATTER_NAME, REGION, LEVEL = "事项编码", "事项名称", "区划代码", "层级"
LEAD, LEAD_NAME, CO = "牵头部门代码", "牵头部门名称", "协同部门代码"
MODE, LIMIT, BASIS, CONTACT = "认领方式", "认领期限(工作日)", "法律依据", "联系方式"
FROM, TO = "生效日期", "失效日期"
HEADINGS = (MATTER, MATTER_NAME, REGION, LEVEL, LEAD, LEAD_NAME, CO, MODE, LIMIT, BASIS, CONTACT, FROM, TO)
REQUIRED = (MATTER, REGION, LEAD, FROM)
MODES = {"推送即认领": Mode.ON_PUSH, "签收认领": Mode.ON_SIGNING, "": Mode.ON_PUSH}

END_FIRST = Fault("end_before_start", "失效日期早于生效日期。", "请核对两个日期。")
BAD_REGION = Fault("bad_region", "区划代码应为 6 位或 12 位数字。", "请按 GB/T 2260 填写; 全市填市级代码。")
BAD_LEVEL = Fault("bad_level", "层级应为 省级、市级、县级 或 *。", "不分层级的填 *。")
BAD_MODE = Fault("bad_mode", "认领方式应为 推送即认领 或 签收认领。", "请改为其中之一。")
BAD_LIMIT = Fault("bad_limit", "认领期限应为工作日数。", "请填 1 至 250 的整数, 没有则留空。")
BAD_CODE = Fault("bad_code", "部门代码应为 18 位统一社会信用代码。", "请核对部门代码。")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of the file that cannot be taken: where, what stands there, why, and the repair."""

    row: int
    column: str
    value: str
    reason: str
    repair: str


@dataclass(slots=True)
class DutyFile:
    """What a file says: the duties with the row each came from, the departments by code, and the refused rows."""

    entries: list[DutyAssigned] = field(default_factory=list)
    rows: dict[int, int] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)

    def row_of(self, entry: DutyAssigned) -> int | None:
        """Return the row that ``entry`` came from, or None when it was in the register before."""
        return self.rows.get(id(entry))


def read_duty_file(path: Path) -> DutyFile:
    """Read a duty list. A file without its headings raises ``UnreadableFile``; a bad row is refused by itself."""
    found = DutyFile()
    for number, said in headed_rows(path, HEADINGS, REQUIRED):
        try:
            entry = _entry(said)
        except Wrong as wrong:
            value = said.get(wrong.column, "")
            found.refused.append(RefusedRow(number, wrong.column, value, wrong.fault.reason, wrong.fault.repair))
            continue
        found.entries.append(entry)
        found.rows[id(entry)] = number
        found.departments[entry.lead] = entry.lead_name or found.departments.get(entry.lead, entry.lead)
        for code in entry.co_departments:
            found.departments.setdefault(code, code)
    return found


def _entry(said: dict[str, str]) -> DutyAssigned:
    needed(said, *REQUIRED)
    level = said[LEVEL] or ANY_LEVEL
    limit = said[LIMIT]
    others = tuple(code for code in re.split(r"[；;、,，\s]+", said[CO]) if code)
    valid_from = day(said, FROM)
    valid_to = day(said, TO) if said[TO] else None
    checks = (
        (REGION, BAD_REGION, re.fullmatch(r"\d{6}(\d{6})?", said[REGION])),
        (LEVEL, BAD_LEVEL, level == ANY_LEVEL or level in set(Level)),
        (LEAD, BAD_CODE, len(said[LEAD]) == 18),
        (CO, BAD_CODE, all(len(code) == 18 for code in others)),
        (MODE, BAD_MODE, said[MODE] in MODES),
        (LIMIT, BAD_LIMIT, not limit or (limit.isdecimal() and 1 <= int(limit) <= 250)),
        (TO, END_FIRST, valid_to is None or valid_to >= valid_from),
    )
    for column, fault, holds in checks:
        if not holds:
            raise Wrong(column, fault)
    return DutyAssigned(
        matter_code=said[MATTER],
        matter_name=said[MATTER_NAME],
        region_code=said[REGION],
        level=level,
        lead=said[LEAD],
        lead_name=said[LEAD_NAME],
        co_departments=others,
        mode=MODES[said[MODE]],
        claim_limit_days=int(limit) if limit else None,
        legal_basis=said[BASIS],
        contact=said[CONTACT],
        valid_from=valid_from,
        valid_to=valid_to,
    )

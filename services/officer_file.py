"""Officers, and what they are appointed to, as files (CSV or XLSX with Chinese headings): good rows, or a repair."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from events.approval import Level
from events.people import OfficerAppointed
from services.limits import EVERY_MATTER
from services.people import EVERY_LEVEL
from services.people_register import Enrolment
from services.tables.faults import Fault
from services.tables.headed import Wrong, day, headed_rows, needed

NUMBER, NAME, DEPARTMENT, POST = "工号", "姓名", "部门代码", "职务"
MAIL, PHONE, WEBHOOK = "邮箱", "手机", "回调地址"
OFFICERS = (NUMBER, NAME, DEPARTMENT, POST, MAIL, PHONE, WEBHOOK)

MATTER, REGION, LEVEL = "事项编码", "区划代码", "层级"
OFFICER, DEPUTY, FROM, TO = "负责人工号", "代理人工号", "生效日期", "失效日期"
APPOINTMENTS = (DEPARTMENT, MATTER, REGION, LEVEL, OFFICER, DEPUTY, FROM, TO)

BAD_NUMBER = Fault("bad_number", "工号应为 1 至 40 个字母、数字、汉字或 - _ 。", "请核对工号。")
ID_NUMBER = Fault("id_number", "工号不能是身份证号码。", "请改为单位编的工号。")
BAD_MAIL = Fault("bad_mail", "邮箱格式不符。", "请写作 name@example.cn, 没有则留空。")
BAD_PHONE = Fault("bad_phone", "手机号应为 5 至 15 位数字, 可以 + 开头。", "请核对号码, 没有则留空。")
BAD_WEBHOOK = Fault("bad_webhook", "回调地址应以 https:// 或 http:// 开头, 不得含用户名。", "请核对地址, 没有则留空。")
TWICE = Fault("twice", "此工号在文件中出现两次。", "请只保留一行。")
BAD_REGION = Fault("bad_region", "区划代码应为 6 位或 12 位数字。", "请按 GB/T 2260 填写; 全部区划则留空。")
BAD_LEVEL = Fault("bad_level", "层级应为 省级、市级、县级 或 *。", "不分层级的填 * 或留空。")
END_FIRST = Fault("end_before_start", "失效日期早于生效日期。", "请核对两个日期。")

_NUMBER = re.compile(r"[\w-]{1,40}")
_ID_NUMBER = re.compile(r"\d{15}|\d{17}[\dXx]")
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_PHONE = re.compile(r"\+?\d{5,15}")
_WEBHOOK = re.compile(r"https?://[^/\s@]+(/\S*)?")
_One = TypeVar("_One")


@dataclass(slots=True)
class ReadFile(Generic[_One]):
    """What a file says: its entries by row, and (row, column, value, fault) of each row that cannot be taken.

    The value is shown for codes and days only: how somebody is reached is not printed.
    """

    entries: dict[int, _One] = field(default_factory=dict)
    refused: list[tuple[int, str, str, Fault]] = field(default_factory=list)


def read_officers(path: Path) -> ReadFile[Enrolment]:
    """Read officers. A file without its headings raises ``UnreadableFile``; a bad row is refused by itself."""
    seen: set[str] = set()

    def entry(said: dict[str, str]) -> Enrolment:
        needed(said, NUMBER, NAME, DEPARTMENT)
        if said[NUMBER] in seen:
            raise Wrong(NUMBER, TWICE)
        found = Enrolment(
            said[NUMBER], said[DEPARTMENT], said[NAME], said[POST], said[MAIL], said[PHONE], said[WEBHOOK]
        )
        if (fault := fault_of(found)) is not None:
            raise Wrong(*fault)
        seen.add(found.number)
        return found

    return _read(path, OFFICERS, (NUMBER, NAME, DEPARTMENT), entry, shown=(DEPARTMENT,))


def fault_of(entry: Enrolment) -> tuple[str, Fault] | None:
    """Return the column and the fault of what cannot be taken, None when it can."""
    checks = (
        (NUMBER, ID_NUMBER, not _ID_NUMBER.fullmatch(entry.number)),
        (NUMBER, BAD_NUMBER, _NUMBER.fullmatch(entry.number)),
        (MAIL, BAD_MAIL, not entry.mail or _MAIL.fullmatch(entry.mail)),
        (PHONE, BAD_PHONE, not entry.phone or _PHONE.fullmatch(entry.phone)),
        (WEBHOOK, BAD_WEBHOOK, not entry.webhook or _WEBHOOK.fullmatch(entry.webhook)),
    )
    return next(((column, fault) for column, fault, holds in checks if not holds), None)


def read_appointments(path: Path, by: str) -> ReadFile[OfficerAppointed]:
    """Read appointments, as ``read_officers`` reads officers."""

    def entry(said: dict[str, str]) -> OfficerAppointed:
        needed(said, DEPARTMENT, OFFICER, FROM)
        level = said[LEVEL] or EVERY_LEVEL
        valid_from, valid_to = day(said, FROM), day(said, TO) if said[TO] else None
        for column, fault, holds in (
            (REGION, BAD_REGION, not said[REGION] or re.fullmatch(r"\d{6}(\d{6})?", said[REGION])),
            (LEVEL, BAD_LEVEL, level == EVERY_LEVEL or level in set(Level)),
            (TO, END_FIRST, valid_to is None or valid_to >= valid_from),
        ):
            if not holds:
                raise Wrong(column, fault)
        return OfficerAppointed(
            department=said[DEPARTMENT], matter_code=said[MATTER] or EVERY_MATTER, region_code=said[REGION],
            level=level, officer=said[OFFICER], deputy=said[DEPUTY] or None, valid_from=valid_from,
            valid_to=valid_to, by=by,
        )  # fmt: skip

    return _read(path, APPOINTMENTS, (DEPARTMENT, OFFICER, FROM), entry, shown=APPOINTMENTS)


def _read(
    path: Path,
    headings: tuple[str, ...],
    required: tuple[str, ...],
    entry: Callable[[dict[str, str]], _One],
    shown: tuple[str, ...],
) -> ReadFile[_One]:
    found: ReadFile[_One] = ReadFile()
    for number, said in headed_rows(path, headings, required):
        try:
            found.entries[number] = entry(said)
        except Wrong as wrong:
            value = said[wrong.column] if wrong.column in shown else ""
            found.refused.append((number, wrong.column, value, wrong.fault))
    return found

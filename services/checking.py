"""存证核验 in words: what was typed or scanned, which record that names, and whether the record still stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from events.checking import CODE_LENGTH, Wrong, at_position
from events.envelope import Record
from services.problems import Problem
from services.sheet_numbers import SheetNumber, read_sheet_number

AT_MOST = 20
"""How many records one number of a sheet may name; of each number there is all but always one."""

WRONG_WORDS: Mapping[Wrong, str] = {
    Wrong.CONTENT: "内容与登记时的校验值不符，登记以后被改动过",
    Wrong.BEFORE: "与账簿前一条接不上：本条的编号、登记时间或校验值被改动过，或前一条被改动过",
    Wrong.AFTER: "账簿后一条与本条接不上：本条或后一条被改动过",
    Wrong.NONE_BEFORE: "账簿前一条缺失",
    Wrong.NONE_AFTER: "账簿后一条缺失",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed sheet: its kind in words, its number, and the page it is printed from."""

    words: str
    number: str
    address: str


SheetOf = Callable[[Record], Sheet | None]
RecordsOf = Callable[[psycopg.Connection, SheetNumber], Sequence[tuple[UUID, int]]]

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ADDRESS = re.compile(rf"(?:.*/check/)?({_UUID})[\s/@]*(\d{{1,6}})(?:\?code=([0-9a-f]{{{CODE_LENGTH}}}))?")
_POSITION = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class Named:
    """What was typed names these records (stream, version); ``code`` when it stood in a scanned address."""

    records: Sequence[tuple[UUID, int]]
    code: str = ""


def named(connection: psycopg.Connection, text: str, records_of: RecordsOf) -> Named:
    """Read a number of a sheet, the address of its square code, a number of the ledger, or a record's id with version;
    or raise the problem that it is none, or names nothing."""
    typed = text.strip()
    if found := _ADDRESS.fullmatch(typed.lower()):
        return Named([(UUID(found[1]), int(found[2]))], found[3] or "")
    if _POSITION.fullmatch(typed):
        one = at_position(connection, int(typed))
        if one is None:
            raise unknown_record()
        return Named([one])
    number = read_sheet_number(typed)
    if number is None:
        raise no_number()
    records = records_of(connection, number)
    if not records:
        raise unknown_record()
    return Named(records)


def read_code(text: str) -> str:
    """Return a code as a sheet bears it, without its spaces; empty when none was typed."""
    code = re.sub(r"[\s-]", "", text).lower()
    if code and not re.fullmatch(rf"[0-9a-f]{{{CODE_LENGTH}}}", code):
        raise Problem(
            422, "no_code", "校验码不对", f"校验码是 {CODE_LENGTH} 位，由数字和字母 A 至 F 组成。",
            "请对照纸上“校验码”一行重新输入；纸上没有的，可以不填。",
        )  # fmt: skip
    return code


def no_number() -> Problem:
    return Problem(
        422, "no_number", "看不出是哪件文书",
        "可以输入：文书编号（如 GZ-019AC4D28A526B01-2）、核验地址、账簿号（数字），或记录标识加版本。",
        "请对照纸上“文书编号”一行重新输入，或扫描方码。许可编号不能直接核验：请打开该许可，点“存证核验”。",
    )  # fmt: skip


def unknown_record() -> Problem:
    return Problem(
        404, "unknown_record", "本侧没有这条记录",
        "本侧的账簿中没有这个编号的记录。编号没有抄错的，这件文书不是从本系统打印的，或是由另一侧打印的。",
        "请核对编号；许可告知单在审批侧核验，会商纪要和督办单在监管侧核验。仍找不到的，不要采信该文书，并告知运维人员。",
    )  # fmt: skip

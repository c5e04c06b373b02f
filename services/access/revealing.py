"""One personal fact is shown, to one person, for a reason: written down first, and so many times a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Protocol
from uuid import UUID

import psycopg
from fastapi import Request
from pydantic import Field
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from events.database import raw
from services.access.audit import Act, Entry, Result, audit_away, entry_of, write
from services.access.sealed_facts import SealedFact
from services.problems import Problem
from services.stated import Stated
from services.working_days import CHINA


class Why(StrEnum):
    """What a fact may be needed for. The words are what the reader chooses from."""

    CHECK = "check"
    CONTACT = "contact"
    CORRECTION = "correction"
    REQUEST = "request"
    CASE = "case"
    OTHER = "other"

    @property
    def words(self) -> str:
        return WHY_WORDS[self]


WHY_WORDS = {
    Why.CHECK: "现场检查，核对身份",
    Why.CONTACT: "联系当事人办理事项",
    Why.CORRECTION: "核对并更正登记信息",
    Why.REQUEST: "当事人本人查询",
    Why.CASE: "办理案件或依法协助",
    Why.OTHER: "其他（在下面写明）",
}


class Asked(Stated):
    """Which fact, and why. ``words`` say more; where the reason is another than those listed, they must."""

    field: Annotated[str, Field(pattern="^[a-z_]{1,40}$")]
    why: Why
    words: Annotated[str, Field(max_length=200)] = ""

    @property
    def reason(self) -> str:
        return f"{self.why.words}：{self.words}" if self.words.strip() else self.why.words

    def must_be_said(self) -> None:
        if len(self.words.strip()) < (4 if self.why is Why.OTHER else 0):
            raise Problem(
                422, "reason_missing", "请写明原因", "选择“其他”时，请用几个字写明为什么要看。",
                "例如：核对银行退款的户名。请勿写姓名和证件号码。",
            )  # fmt: skip


class Opened(Protocol):
    def __call__(self, request: Request, permit: UUID) -> tuple[UUID, list[SealedFact]]:
        """Return the holder of a permit and what is sealed of it, or raise the problem that the caller may not see."""


class _Office(Protocol):
    @property
    def engine(self) -> Engine: ...
    @property
    def reveals_a_day(self) -> int: ...
    @property
    def now(self) -> Callable[[], datetime]: ...


def about(permit: UUID, party: UUID) -> list[str]:
    """Return what the trail says was looked at."""
    return [f"permit={permit}", f"party={party}"]


def write_down(request: Request, asked: Asked, objects: list[str]) -> None:
    """Write down that the fact is about to be shown, or raise the problem that it must not be: nobody knows who asks
    (403), it was often enough today (429), or it cannot be written (503)."""
    asked.must_be_said()
    entry = entry_of(request, Act.REVEALED, objects, [asked.field], asked.reason, Result.DONE)
    if not entry.caller:
        raise Problem(403, "unknown_caller", "不知道是谁在看", "显示个人信息须知道经办人是谁。", "请先选择岗位或登录。")
    office: _Office = request.app.state.office
    engine, most = office.engine, office.reveals_a_day
    day = datetime.combine(office.now().astimezone(CHINA).date(), time(), CHINA)
    try:
        with engine.begin() as connection:
            many = _so_far(raw(connection), entry, day)
            if many < most:
                write(raw(connection), entry)
                request.state.audited = True
                return
        refused = entry_of(request, Act.REVEALED, objects, [asked.field], asked.reason, Result.REFUSED)
        with engine.begin() as connection:
            write(raw(connection), refused)
            request.state.audited = True
    except (SQLAlchemyError, psycopg.Error) as error:
        raise audit_away() from error
    raise Problem(
        429, "revealed_enough", "今天已达上限", f"每人每天最多显示 {most} 项个人信息，今天已经显示了 {many} 项。",
        "请明天再看；确需增加的，请联系安全管理员。",
    )  # fmt: skip


def _so_far(connection: psycopg.Connection, entry: Entry, since: datetime) -> int:
    # One at a time for each caller: two requests at once would both find room for the last one.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('reveal:' || %s, 0))", (entry.caller,))
    row = connection.execute(
        "SELECT count(*) FROM audit WHERE caller = %s AND at >= %s AND act = %s AND result = %s",
        (entry.caller, since, Act.REVEALED.value, Result.DONE.value),
    ).fetchone()
    return int(row[0]) if row else 0

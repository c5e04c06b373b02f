"""The desk of one side for daily statements: it signs its half, or disputes it and says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any

import psycopg
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection, Engine

from events import store
from events.catalogue import encode
from events.database import raw
from events.envelope import NewEvent
from events.statements import StatementDisputed, StatementSigned, statement_stream
from projections import statements
from services.handled_once import handled_once
from services.refusing import Refused, Rule
from services.statement import Agreement, Side, Statement
from services.statement_answers import shown
from services.statements_read import read_statements
from services.wording import moment_in_words

UNKNOWN_STATEMENT = Rule(
    "unknown_statement", "没有这一日的对账单。", "请核对许可机关、监管部门和日期; 当日结束十分钟后才有对账单。"
)
OTHER_HALF_AWAITED = Rule(
    "other_half_awaited", "对方尚未出具这一日的对账单, 不能确认。", "请等待对方出具; 如有异议, 可先提出。"
)
HALVES_DIFFER = Rule(
    "halves_differ", "双方的件数、编号或校验值不一致, 不能确认。", "请先查明差异的编号, 补齐后确认; 或提出异议。"
)
ALREADY_SIGNED = Rule("already_signed", "这一日的对账单已经确认。", "无需再次确认; 如有异议, 可提出异议。")
STATEMENT_RULES = (UNKNOWN_STATEMENT, OTHER_HALF_AWAITED, HALVES_DIFFER, ALREADY_SIGNED)

Officer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


class SignStatement(BaseModel):
    """确认：``officer`` 为确认人的工号。"""

    model_config = ConfigDict(extra="forbid")
    officer: Officer


class DisputeStatement(BaseModel):
    """异议：``reason`` 为理由，不写姓名、证件号码。"""

    model_config = ConfigDict(extra="forbid")
    officer: Officer
    reason: Words


def _now() -> datetime:
    return datetime.now(UTC)


class StatementDesk:
    """Handles what ``side`` says of its own halves, against its database."""

    def __init__(self, engine: Engine, side: Side, clock: Callable[[], datetime] = _now) -> None:
        self.engine = engine
        self.side = side
        self.clock = clock

    def say(
        self, body: str, department: str, day: date, stated: SignStatement | DisputeStatement, caller: str = "",
        key: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Record the verdict and return the statement as it then stands, or raise ``Refused``."""

        def attempt(transaction: Connection) -> dict[str, Any]:
            connection = raw(transaction)
            stream = statement_stream(self.side, body, department, day)
            # The version first: what is drawn or said in between makes the append fail.
            version = _version(connection, self.side, body, department, day)
            found = _one(connection, body, department, day)
            said = self._decide(found, stated)
            kind, schema, data = encode(said)
            at = store.append(connection, self.side, [NewEvent(stream, version + 1, kind, schema, self.clock(), data)])
            statements.write(connection, self.side, kind, version + 1, said.model_dump(mode="json"), at)
            return shown(_one(connection, body, department, day)) | {"recorded_at": at.isoformat()}

        about = [body, department, day.isoformat(), type(stated).__name__, stated.model_dump(mode="json")]
        return handled_once(self.engine, (caller, f"statement/{key}" if key else ""), about, attempt)

    def _decide(
        self, found: Statement, stated: SignStatement | DisputeStatement
    ) -> StatementSigned | StatementDisputed:
        half = found.newest(self.side)
        if half is None:
            raise Refused(UNKNOWN_STATEMENT)
        of: dict[str, Any] = {
            "body": found.body, "department": found.department, "day": found.day, "part": half.part,
            "pushes": half.pushes, "ids_hash": half.ids_hash, "officer": stated.officer,
        }  # fmt: skip
        if isinstance(stated, DisputeStatement):
            return StatementDisputed(**of, reason=stated.reason)
        if found.agreement is Agreement.AWAITED:
            raise Refused(OTHER_HALF_AWAITED)
        if found.agreement is Agreement.DIFFERENT:
            raise Refused(HALVES_DIFFER)
        last = found.verdict(self.side)
        if last is not None and last.signed:
            raise Refused(ALREADY_SIGNED, f"这一日的对账单已由 {last.officer} 于 {moment_in_words(last.at)} 确认。")
        return StatementSigned(**of)


def _one(connection: psycopg.Connection, body: str, department: str, day: date) -> Statement:
    found = read_statements(connection, [(body, department, day)])
    if not found:
        raise Refused(UNKNOWN_STATEMENT)
    return found[0]


def _version(connection: psycopg.Connection, side: Side, body: str, department: str, day: date) -> int:
    stream = statement_stream(side, body, department, day)
    row = connection.execute("SELECT version FROM streams WHERE stream = %s", (stream,)).fetchone()
    return int(row[0]) if row else 0

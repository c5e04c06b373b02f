"""The audit trail: who did what, with what, why, from where and with which result. Written before the answer is sent.

What cannot be written down is not done: the act is refused (503), so that nobody reads in secret while the trail is
away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from events.database import raw
from events.envelope import canonical
from services.access.callers import Caller
from services.problems import Problem
from services.public_text import without_numbers

if TYPE_CHECKING:
    from fastapi import Request

log = structlog.get_logger()


class Act(StrEnum):
    """What was done (GB/T 22239-2019, 8.1.4.3; PIPL Art. 54)."""

    PERSONAL_READ = "personal_read"
    REVEALED = "revealed"
    EXPORTED = "exported"
    PRINTED = "printed"
    KEYS_HANDED_OUT = "keys_handed_out"
    PARTIES_RESOLVED = "parties_resolved"
    REFUSED = "refused"
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    ADMINISTERED = "administered"
    SETTINGS_CHANGED = "settings_changed"
    ERASED = "erased"
    AUDIT_READ = "audit_read"

    @property
    def words(self) -> str:
        return ACT_WORDS[self]


ACT_WORDS = {
    Act.PERSONAL_READ: "查看个人信息",
    Act.REVEALED: "显示隐去的个人信息",
    Act.EXPORTED: "导出",
    Act.PRINTED: "打开供打印的文书",
    Act.KEYS_HANDED_OUT: "交出个人信息密钥",
    Act.PARTIES_RESOLVED: "按姓名和证件号码查询或登记",
    Act.REFUSED: "未获准的访问",
    Act.LOGGED_IN: "登录",
    Act.LOGGED_OUT: "退出登录",
    Act.ADMINISTERED: "管理操作",
    Act.SETTINGS_CHANGED: "修改设置",
    Act.ERASED: "删除个人信息",
    Act.AUDIT_READ: "查看审计记录",
}


class Result(StrEnum):
    DONE = "done"
    REFUSED = "refused"

    @property
    def words(self) -> str:
        return "已办" if self is Result.DONE else "未获准"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail, without its time, which the database gives.

    ``caller``: id of an account or a key, staff number of a seat; empty for one nobody knows. ``place``: the operation
    (``POST /reveal``, ``linkage erase``). ``objects``: opaque ids and codes. ``fields``: kinds of personal facts that
    were shown, never their contents. ``origin``: the address of the network that the request came from.
    """

    act: Act
    caller: str = ""
    role: str = ""
    body: str = ""
    place: str = ""
    objects: Sequence[str] = ()
    fields: Sequence[str] = ()
    reason: str = ""
    result: Result = Result.DONE
    origin: str = ""

    def digest(self) -> bytes:
        """Return the SHA-256 that the chain covers: of the canonical JSON of all that is written down."""
        covered = {
            "act": self.act, "caller": self.caller, "role": self.role, "body": self.body, "place": self.place,
            "objects": list(self.objects), "fields": list(self.fields), "reason": self.reason, "result": self.result,
            "origin": self.origin,
        }  # fmt: skip
        return hashlib.sha256(canonical(covered)).digest()


COLUMNS = "a.act, a.caller, a.role, a.body, a.place, a.objects, a.fields, a.reason, a.result, a.origin"


def as_entry(row: Sequence[Any]) -> Entry:
    """Return the line that stands in a row of ``COLUMNS``."""
    act, caller, role, body, place, objects, fields, reason, result, origin = row
    return Entry(Act(act), caller, role, body, place, objects, fields, reason, Result(result), origin)


def write(connection: psycopg.Connection, entry: Entry) -> None:
    """Write one line in the caller's transaction: for an act that is done, or not done, together with it. Raises a
    Problem (503) when it cannot be written; the act is then not done either."""
    try:
        connection.execute(
            """WITH written AS (
                   INSERT INTO audit (caller, role, body, act, place, objects, fields, reason, result, origin, digest)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id)
               INSERT INTO audit_unlinked (entry) SELECT id FROM written""",
            (
                entry.caller, entry.role, entry.body, entry.act.value, entry.place, list(entry.objects),
                list(entry.fields), entry.reason, entry.result.value, entry.origin, entry.digest(),
            ),
        )  # fmt: skip
    except psycopg.Error as error:
        raise _not_written(entry, error) from error


def note(
    request: Request, act: Act, *, objects: Iterable[object] = (), fields: Iterable[str] = (), reason: str = "",
    result: Result = Result.DONE, by: Caller | None = None,
) -> None:  # fmt: skip
    """Write down what ``request`` does, in a transaction of its own, before it is answered. Blocks: call it in a
    thread.

    Hold no connection meanwhile: callers that each hold one and wait for a second would wait for each other.
    ``by``: who did it, where that is not who came through the door (a log-in). ``objects``: without any, the ids in
    the address. A request has one line: whoever calls this twice has two. Raises a Problem (503) when it cannot be
    written; then nothing must be shown.
    """
    office = request.app.state.office
    entry = entry_of(request, act, [str(one) for one in objects], list(fields), reason, result, by)
    keep(office.engine, entry)
    request.state.audited = True


def note_with(connection: psycopg.Connection, request: Request, act: Act, objects: Iterable[object]) -> None:
    """Write down what ``request`` does in the transaction that does it."""
    write(connection, entry_of(request, act, [str(one) for one in objects], [], "", Result.DONE))
    request.state.audited = True


def keep(engine: Engine, entry: Entry) -> None:
    """Write one line in a transaction of its own, or raise the problem (503) that it cannot be written."""
    try:
        with engine.begin() as connection:
            write(raw(connection), entry)
    except (SQLAlchemyError, psycopg.Error) as error:
        raise _not_written(entry, error) from error


def _not_written(entry: Entry, error: Exception) -> Problem:
    log.error("audit_not_written", act=entry.act.value, place=entry.place, error=type(error).__name__)
    return audit_away()


def audit_away() -> Problem:
    return Problem(
        503,
        "audit_away",
        "审计记录暂时无法写入",
        "这一操作须先留下审计记录。记录现在写不进去，所以没有办理，也没有显示任何内容。",
        "请稍后重试；持续出现时请联系运维人员。",
    )


def entry_of(
    request: Request, act: Act, objects: list[str], fields: list[str], reason: str, result: Result,
    by: Caller | None = None,
) -> Entry:  # fmt: skip
    """Return the line about a request: who asks, in which role, for which body, from where."""
    caller: Caller | None = by or getattr(request.state, "caller", None)
    seat = caller.seat if caller else None
    route = request.scope.get("route")
    return Entry(
        act=act,
        caller=caller.name if caller else "",
        role=seat.role.value if seat else "",
        body=seat.body if seat else "、".join(sorted(caller.scope.bodies)) if caller else "",
        # The pattern of an address, never the address: what somebody typed into it is written down nowhere.
        place=f"{request.method} {getattr(route, 'path', '')}".strip(),
        objects=objects or [f"{name}={value}"[:80] for name, value in sorted(request.path_params.items())],
        fields=fields,
        reason=without_numbers(reason or (caller.scope.purpose if caller else "")),
        result=result,
        origin=request.client.host if request.client else "",
    )

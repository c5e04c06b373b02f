"""Answers about one permit, and about the decisions that no duty covers yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from sqlalchemy import Connection, Row, text

from events.database import raw
from services.problems import Problem
from services.supervision.office import Here
from services.supervision.permit_history import Happened, History, history_of
from services.supervision.wording import REASONS
from services.wording import DECISIONS, STATUSES

EXCEPTIONS_CAP = 10_000
FIRST = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


def unknown_permit() -> Problem:
    return Problem(
        404,
        "unknown_permit",
        "没有这个许可",
        "监管侧没有收到过该许可的任何决定。",
        "请核对许可标识；若刚刚作出决定，请稍候片刻再查。",
    )


def cursor_spoiled() -> Problem:
    return Problem(400, "cursor_spoiled", "页码标记无效", "页码标记不完整。", "请去掉 cursor，从第一页重新查询。")


def found_history(connection: Connection, permit: UUID) -> History:
    history = history_of(raw(connection), permit)
    if history is None:
        raise unknown_permit()
    return history


def department_names(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT department, name FROM departments"))
    return {row.department: row.name for row in rows}


def read_permit(office: Here, permit: Annotated[UUID, Path(description="许可标识，与审批侧相同。")]) -> dict[str, Any]:
    """Return a permit as it stands, every decision with both of its times, and who was told of each when."""
    with office.engine.connect() as connection:
        history = found_history(connection, permit)
        names = department_names(connection)
    return {
        "permit": str(permit),
        "version": history.happened[-1].version,
        "status": history.now.status.value,
        "status_in_words": STATUSES[history.now.status],
        "expired": history.expired(office.today),
        "facts": history.now.facts.model_dump(mode="json"),
        "flagged": [one.model_dump(mode="json") for one in history.flagged()],
        "responsible": [
            {"department": code, "name": names.get(code, ""), "role": role}
            for code, role in history.responsible().items()
        ],
        "history": [_said(one, names) for one in history.happened],
    }


def _said(one: Happened, names: dict[str, str]) -> dict[str, Any]:
    return {
        "version": one.version,
        "type": one.type,
        "kind": DECISIONS.get(one.type, one.type),
        "status": one.decided.status.value,
        "decision_date": one.decided.decision_date.isoformat(),
        "recorded_at": one.recorded_at.isoformat(),
        "back_dated": one.decided.back_dated,
        "opening_stock": one.decided.opening_stock,
        "reason": one.decided.reason,
        "legal_basis": one.decided.legal_basis,
        "flagged": [rule.model_dump(mode="json") for rule in one.decided.flagged],
        "changes": [{"fact": c.fact, "before": c.before, "after": c.after} for c in one.changes],
        "told": [
            {
                "department": told.department,
                "name": names.get(told.department, ""),
                "role": told.role or None,
                "push_number": told.push_number,
                "at": told.at.isoformat(),
                "reason": told.reason,
                "left": told.left,
            }
            for told in one.told
        ],
        "waited": {"reason": one.waited.reason, "owner": one.waited.owner, "since": one.waited.since.isoformat()}
        if one.waited
        else None,
    }


def exceptions_page(
    connection: Connection, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return open exceptions, longest waiting first, and what names the next page."""
    since, permit = after or FIRST
    rows = connection.execute(
        text(
            """SELECT permit, reason, owner, since, matter_code, region_code, level, deciding_body, deciding_body_name,
                      decision_date FROM exceptions
               WHERE (since, permit) > (:since, :permit) ORDER BY since, permit LIMIT :limit"""
        ),
        {"since": since, "permit": permit, "limit": limit + 1},
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], f"{last.since.isoformat()}~{last.permit}" if last else None


def after_of(given: str | None) -> tuple[datetime, UUID] | None:
    if not given:
        return None
    try:
        since, permit = given.replace(" ", "+").split("~")
        return datetime.fromisoformat(since).astimezone(UTC), UUID(permit)
    except (ValueError, OverflowError):  # OverflowError: the first day there is, in a zone that has it a day earlier
        raise cursor_spoiled() from None


def exceptions_count(connection: Connection) -> int:
    """Return how many decisions wait, counted up to one over the cap."""
    counted = text("SELECT count(*) FROM (SELECT FROM exceptions LIMIT :most) AS waiting")
    return int(connection.scalar(counted, {"most": EXCEPTIONS_CAP + 1}) or 0)


def list_exceptions(
    office: Here,
    cursor: Annotated[str | None, Query(description="上一页答复中的 next_cursor；省略则为第一页。")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数。")] = 50,
) -> dict[str, Any]:
    """Return the decisions that no duty covers: why, who owns them, since when. Longest waiting first."""
    with office.engine.connect() as connection:
        rows, following = exceptions_page(connection, after_of(cursor), limit)
        count = exceptions_count(connection)
        as_of = connection.scalar(text("SELECT clock_timestamp()"))
    return {
        "exceptions": [{**row._mapping, "reason_in_words": REASONS.get(row.reason, row.reason)} for row in rows],
        "count": min(count, EXCEPTIONS_CAP),
        "count_capped": count > EXCEPTIONS_CAP,
        "next_cursor": following,
        "as_of": as_of,
    }

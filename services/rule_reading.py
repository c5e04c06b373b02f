"""Rule changes read from either side: a page of the list, or one with everybody who must answer it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from projections import rule_changes
from services.deadline_store import read_deadlines
from services.problems import Problem
from services.refusing import Refused, Rule
from services.rule_shown import Seen, item_of
from services.rule_wording import UNKNOWN_RULE, status_of
from services.time_rules import read_time_rules


class RuleState(StrEnum):
    """Which rule changes: with answers outstanding, with none, taken back, or all."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    ALL = "all"


class AskedRules(BaseModel):
    """The filters of the list. An unknown one is refused: a misspelt filter must not show everything."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[
        RuleState, Field(description="open 待答复, answered 已全部答复, withdrawn 已撤回, all 全部；省略则为 all。")
    ] = RuleState.ALL
    body: Annotated[
        str | None, Field(max_length=64, description="许可机关代码：只列须由其答复的；open 即该机关尚未答复的。")
    ] = None
    department: Annotated[str | None, Field(max_length=64, description="发布部门代码：只列其发布的。")] = None
    cursor: Annotated[str | None, Field(max_length=100, description="上一页答复中的 next_cursor。")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="每页件数。")] = 50


def cursor_spoiled() -> Problem:
    return Problem(400, "cursor_spoiled", "页码标记无效", "页码标记不完整。", "请去掉 cursor，从第一页重新查询。")


def problem_of(refused: Refused) -> Problem:
    """Return the problem of what a rule of the business refused."""
    more = {"field": refused.field} if refused.field else {}
    return Problem(status_of(refused), refused.rule.code, "未予受理", refused.text, refused.rule.repair, **more)


def by(rule: Rule, field: str = "") -> Problem:
    """Return the problem that ``rule`` makes, as an example of it."""
    return problem_of(Refused(rule, field=field))


def list_of(connection: psycopg.Connection, asked: AskedRules, today: date) -> dict[str, Any]:
    """Return a page of rule changes, newest first; with ``body`` each with where that body stands."""
    after = _after(asked.cursor)
    rows = rule_changes.find_rules(connection, asked.state, asked.body, after, asked.limit + 1, asked.department)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    answers = rule_changes.read_answers(connection, [row.rule for row in rows])
    seen = _seen(connection, today, [one for listed in answers.values() for one in listed])
    shown = []
    for row in rows:
        line = seen.listed(row, answers[row.rule])
        own = [seen.body(row, one) for one in answers[row.rule] if one.body == asked.body]
        shown.append(line | ({"own": own[0]} if own else {}))
    following = f"{rows[-1].published_at.isoformat()}~{rows[-1].rule}" if more else None
    return {"rule_changes": shown, "next_cursor": following}


def one_of(connection: psycopg.Connection, rule: UUID, today: date) -> dict[str, Any]:
    """Return a rule change with every body that must answer it, or raise ``Refused``."""
    row = rule_changes.read_rule(connection, rule)
    if row is None:
        raise Refused(UNKNOWN_RULE)
    answers = rule_changes.read_answers(connection, [rule])[rule]
    return _seen(connection, today, answers).whole(row, answers)


def _seen(connection: psycopg.Connection, today: date, answers: Sequence[rule_changes.AnswerRow]) -> Seen:
    return Seen(read_time_rules(connection), today, read_deadlines(connection, map(item_of, answers)))


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        at, rule = cursor.replace(" ", "+").split("~")
        return datetime.fromisoformat(at), UUID(rule)
    except ValueError:
        raise cursor_spoiled() from None

"""Answers about limits: what is open, due when, in which light, and what was done in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from fastapi.responses import JSONResponse

from events.database import raw
from events.limits import LimitKind
from services.deadlines import ITEM_UNKNOWN
from services.handing_in import AskedBy
from services.open_deadlines import Wanted, done_standings, open_standings
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused
from services.scheduling import scheduled_until
from services.supervision.office import Here
from services.urging import Demand, urge_item
from services.working_days import Light


def list_deadlines(
    office: Here,
    kind: Annotated[LimitKind | None, Query(description="事项种类；省略则为全部。")] = None,
    owner: Annotated[str | None, Query(max_length=60, description="责任方：部门代码或简称。")] = None,
    light: Annotated[Light | None, Query(description="灯：green 正常、yellow 临期、red 超期。")] = None,
    done_since: Annotated[
        date | None, Query(description="改为列出此日（含）以来办结的事项，及提前或逾期的工作日数。")
    ] = None,
    officer: Annotated[str | None, Query(max_length=64, description="经办人工号：只看由其持有的事项。")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="最多件数；先到期的在前。")] = 200,
) -> dict[str, Any]:
    """Return open items, what is due first before the rest, or what was done since a day. Lights are today's."""
    wanted = Wanted(kind, owner, light, officer)
    kinds = office.open_items
    with office.engine.connect() as opened:
        connection = raw(opened)
        until = scheduled_until(connection)
        if done_since is None:
            found = open_standings(connection, kinds, office.today)
        else:
            found = done_standings(connection, kinds, done_since)
    found = [one for one in found if wanted.wants(one)]
    return {
        "items": [one.as_json() for one in found[:limit]],
        "count": len(found),
        "lights": {one.value: sum(item.worst is one for item in found) for one in Light},
        "today": office.today.isoformat(),
        "reminded_until": until.isoformat() if until else None,
    }


def not_urged(refused: Refused) -> Problem:
    status = 404 if refused.rule is ITEM_UNKNOWN else 422
    return Problem(status, refused.rule.code, "未予督办", refused.text, refused.rule.repair)


NOT_URGED = (not_urged(Refused(ITEM_UNKNOWN)), not_urged(Refused(SAME_KEY_OTHER_CONTENT)))


def urge(
    office: Here,
    item: Annotated[UUID, Path(description="事项编号，期限列表中的 item。")],
    demand: Demand,
    by: AskedBy,
) -> Response:
    """Demand (督办) that an open item be done within a new limit. Its own clock goes on beside the new one."""
    name = (by.caller, by.key)
    try:
        answer = urge_item(office.engine, "supervision", office.open_items, item, demand, office.now(), name)
    except Refused as refused:
        raise not_urged(refused) from None
    return JSONResponse(answer, 201)

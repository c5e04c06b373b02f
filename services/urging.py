"""督办: a superior demands that an open item be done, within a new limit that has a clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import psycopg
from pydantic import Field
from sqlalchemy import Connection, Engine

from events import store
from events.answered import Name
from events.catalogue import decode
from events.database import raw
from events.deadlines import Urged
from events.envelope import Record
from services import deadline_store
from services.deadlines import ITEM_UNKNOWN, NOTHING_SAID, urge
from services.handled_once import handled_once
from services.open_deadlines import find_open
from services.refusing import Refused
from services.scheduling import OpenItems
from services.stated import Code, Required, Stated
from services.time_rules import read_time_rules
from services.working_days import china_day


class Demand(Stated):
    """督办要求。"""

    limit: Annotated[int, Field(ge=1, le=250, description="督办期限：自今日起的工作日数。")]
    officer: Annotated[Code, Field(description="督办人的工号或简称。")]
    reason: Annotated[Required, Field(description="督办理由；责任方可见，不得写当事人个人信息。")]


class Demanded(NamedTuple):
    """A demand as it was recorded; it stands when the item is long done."""

    said: Urged
    record: Record

    @property
    def at(self) -> datetime:
        return self.record.recorded_at


def demands_on(connection: psycopg.Connection, side: str, item: UUID) -> list[Demanded]:
    """Return every demand about an item, the first one first."""
    stream = deadline_store.stream_of(item)
    records = store.load_streams(connection, side, [stream])[stream]
    found = [(decode(one.type, one.schema, one.data), one) for one in records]
    return [Demanded(said, one) for said, one in found if isinstance(said, Urged)]


def urge_item(
    engine: Engine,
    side: str,
    kinds: Sequence[OpenItems],
    item: UUID,
    demand: Demand,
    now: datetime,
    name: Name = ("", ""),
) -> dict[str, Any]:
    """Record the demand and answer with the new clock and its last day, or raise ``Refused``. A request under the same
    ``name`` gets the first answer."""

    def attempt(transaction: Connection) -> dict[str, Any]:
        connection = raw(transaction)
        rules = read_time_rules(connection)
        found = find_open(connection, kinds, [item], rules).get(item)
        if found is None:
            raise Refused(ITEM_UNKNOWN)
        known = deadline_store.read_deadlines(connection, [item])
        state, today = known.get(item, NOTHING_SAID), china_day(now)
        urged = urge(found, state, demand.limit, demand.officer, demand.reason, today, rules.calendar)
        deadline_store.record(connection, side, [urged], known, now)
        return {
            "item": str(item),
            "owner": urged.owner,
            "clock": urged.clock,
            "due_on": urged.due_on.isoformat(),
            "estimated": urged.estimated,
        }

    return handled_once(engine, name, {"urge": str(item), **demand.model_dump(mode="json")}, attempt)

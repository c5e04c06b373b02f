"""The daily statement is drawn when the day is over: each side its own half, from its own database, once.

What comes after that is a supplement (补充对账单): the part that was drawn, and maybe signed, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg

from events import store
from events.catalogue import encode
from events.completeness import NumberRun
from events.envelope import NewEvent, event_id
from events.statements import StatementDrawn, statement_stream
from projections import statement_days, statements
from projections.statement_days import Pair
from services.statement import Half, Side, half_of, next_half
from services.statements_read import read_statements
from services.working_days import CHINA, china_day

GRACE = timedelta(minutes=10)
"""How long after midnight a day is left alone: what was recorded in its last moment is on its way."""

_PUSHES: Mapping[Side, str] = {
    "approval": """SELECT deciding_body, department, push_number, permit, permit_version FROM told
                   WHERE told_at >= %s AND told_at < %s""",
    "supervision": """SELECT body, department, push_number, permit, decision_version FROM cases
                      WHERE delivered_at >= %s AND delivered_at < %s""",
}
"""What each side knows of a day's pushes: approval whom it heard to have been told, supervision what it delivered."""


class StatementsAreDrawn:
    """Draws the statements of one side; looked at by its scheduler."""

    def __init__(self, side: Side) -> None:
        self.side = side

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        """Draw what is owed of the earliest day that is over, in one transaction; return how many marks that took."""
        day = statement_days.first_before(connection, china_day(now - GRACE))
        if day is None:
            return 0
        with connection.transaction():
            pairs = statement_days.take(connection, day)
            self._draw(connection, day, pairs, now)
        return len(pairs)

    def _draw(self, connection: psycopg.Connection, day: date, pairs: Sequence[Pair], now: datetime) -> None:
        pushes = _pushes(connection, self.side, day)
        keys = [(*pair, day) for pair in pairs]
        drawn = {(one.body, one.department): one for one in read_statements(connection, keys)}
        owed: list[tuple[Pair, Half]] = []
        for pair in pairs:
            before = drawn[pair].halves.get(self.side, ()) if pair in drawn else ()
            half = next_half(before, half_of(pushes.get(pair, ())))
            if half is not None:
                owed.append((pair, half))
        if not owed:
            return
        streams = [statement_stream(self.side, *pair, day) for pair, _ in owed]
        versions: dict[UUID, int] = dict(
            connection.execute("SELECT stream, version FROM streams WHERE stream = ANY(%s)", (streams,)).fetchall()
        )
        events, said = [], []
        for stream, (pair, half) in zip(streams, owed, strict=True):
            one = StatementDrawn(
                body=pair[0], department=pair[1], day=day, part=half.part, pushes=half.pushes, ids_hash=half.ids_hash,
                runs=tuple(NumberRun(first=first, last=last) for first, last in half.runs),
            )  # fmt: skip
            kind, schema, data = encode(one)
            version = versions.get(stream, 0) + 1
            events.append(NewEvent(stream, version, kind, schema, now, data))
            said.append((kind, version, one.model_dump(mode="json")))
        at = store.append(connection, self.side, events)
        for kind, version, data_said in said:
            statements.write(connection, self.side, kind, version, data_said, at)


def _pushes(connection: psycopg.Connection, side: Side, day: date) -> dict[Pair, list[tuple[int, UUID]]]:
    begins = datetime.combine(day, datetime.min.time(), CHINA)
    found: dict[Pair, list[tuple[int, UUID]]] = {}
    rows = connection.execute(_PUSHES[side].encode(), (begins, begins + timedelta(days=1)))
    for body, department, number, permit, version in rows:
        found.setdefault((body, department), []).append((number, event_id("approval", permit, version)))
    return found

"""A push: a decision on its way to the departments that its duty names, numbered for each of them, and its event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import columns
from events.catalogue import CATALOGUE
from events.envelope import NewEvent, Record, canonical, quoted
from events.supervision import Claim, Role
from projections.listed_decision import ListedDecision
from services.supervision.carrying import carried
from services.supervision.duty_list import Duty

PUSH_MADE = CATALOGUE["push_made"].version

Series = tuple[str, str]
"""A deciding body and a department: each pair counts its pushes 1, 2, 3 …"""


class Push(NamedTuple):
    """A push that is decided and not numbered yet. ``left`` had the permit until now."""

    stream: UUID
    version: int
    record: Record
    decided: ListedDecision
    departments: Mapping[str, Role]
    left: tuple[str, ...]
    duty: Duty | None
    reason: str
    claim: Claim | None = None


class Reached(NamedTuple):
    """A department that a push reaches, with its number: ``events.supervision.Receiver`` without the checks."""

    department: str
    role: Role
    push_number: int


class Numbers(NamedTuple):
    """The last number of each series before a batch, and the database's time when they were reserved."""

    last: dict[Series, int]
    at: datetime


def wanted_by(pushes: Sequence[Push]) -> Counter[Series]:
    return Counter((push.decided.facts.deciding_body, code) for push in pushes for code in push.departments)


def reserve_numbers(connection: psycopg.Connection, wanted: Mapping[Series, int]) -> Numbers:
    """Reserve how many are ``wanted`` of each series. The rows stay locked to the end of the transaction."""
    keys = sorted(wanted)
    rows = connection.execute(
        """WITH reserved AS (
               INSERT INTO push_numbers AS n (body, department, last)
               SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])
               ON CONFLICT (body, department) DO UPDATE SET last = n.last + excluded.last
               RETURNING body, department, last)
           SELECT clock_timestamp(), r.* FROM (SELECT) AS one LEFT JOIN reserved r ON true""",
        (
            columns.texts(key[0] for key in keys),
            columns.texts(key[1] for key in keys),
            columns.bigints(wanted[key] for key in keys),
        ),
    ).fetchall()
    last = {(body, department): number - wanted[body, department] for _, body, department, number in rows if body}
    return Numbers(last, rows[0][0])


def number(push: Push, last: dict[Series, int]) -> list[Reached]:
    """Give ``push`` the next number of each of its series."""
    body = push.decided.facts.deciding_body
    reached = []
    for department, role in push.departments.items():
        series = (body, department)
        last[series] += 1
        reached.append(Reached(department, role, last[series]))
    return reached


def event(push: Push, reached: Iterable[Reached], register_version: int, now: datetime) -> NewEvent:
    """Return the ``push_made`` event, its data as ``events.supervision.PushMade`` would be serialised.

    Put together from pieces: between the pushes of one duty only the decision, the numbers and who lost the permit
    differ, and a serialiser would sort and write the rest anew for each.
    """
    limit, duty, rest = _of_duty(push.duty, push.decided.opening_stock, push.reason, push.claim)
    receivers = b",".join(_RECEIVER % (quoted(one.department), one.push_number, one.role.encode()) for one in reached)
    left = b",".join(map(quoted, push.left))
    data = _DATA % (limit, carried(push.record), duty, left, rest, receivers, register_version)
    record = push.record
    return NewEvent(
        push.stream,
        push.version,
        "push_made",
        PUSH_MADE,
        now,
        data,
        record.personal,
        record.correlation,
        record.id,
    )


_DATA = b'{%b,"decision":%b,%b,"left":[%b],%b,"receivers":[%b],"register_version":%d}'
_RECEIVER = b'{"department":%b,"push_number":%d,"role":"%b"}'


@lru_cache(maxsize=10_000)
def _of_duty(duty: Duty | None, opening_stock: bool, reason: str, claim: Claim | None) -> tuple[bytes, bytes, bytes]:
    """Return what all pushes of a duty say alike on one day: the limit, the duty, and what stands after ``left``."""
    content = duty.content if duty else None
    return (
        canonical(
            {
                "claim": claim.model_dump(mode="json") if claim else None,
                "claim_limit_days": content.claim_limit_days if content else None,
            }
        )[1:-1],
        canonical({"duty": str(duty.id) if duty else None, "duty_version": duty.version if duty else None})[1:-1],
        canonical({"mode": content.mode if content else None, "opening_stock": opening_stock, "reason": reason})[1:-1],
    )

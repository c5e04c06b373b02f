"""How long does "who is responsible for this permit on that day?" take, however many permits there are?

Most permits were pushed and signed; one in ten was returned and moved; one in a thousand has a hundred moves behind it.
Half of the questions are about permits at random, half about moved ones; each about another day, known on another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Engine, text

from bench.city import decisions
from bench.figure import Figure, percentile
from bench.ground import Ground
from bench.over_http import asking, supervising
from events.database import open_engine, raw
from events.oversight import MoveReason, PushMoved, PushReturned, PushSigned, ReturnReason
from events.supervision import CarriedDecision, DutyAssigned, PushMade, Receiver, Role
from services.supervision.duty_register import take_duties
from services.supervision.responsibility_answers import responsibility

PERMITS = 1_000_000
TIMES = 4_000
THROUGH_HTTP = 2_000
WARM = 20
FIRST, OTHER = "11990100MB0000101A", "11990100MB0000102B"
BEGAN = date(2024, 1, 1)
DAYS = 700
MOVES = 100
"""How often the few were moved that everybody argued about."""

FILL = """
    INSERT INTO ledger (position, partition, lane, stream, version, type, schema, occurred_at, recorded_at, data,
                        digest, hash)
    SELECT row_number() OVER (ORDER BY i, version), i % 64, 0, md5('permit' || i)::uuid, version, said.type, 1, at, at,
           said.data, '\\x00', '\\x00'
    FROM generate_series(1, :permits) AS g (i)
    CROSS JOIN LATERAL generate_series(1, CASE WHEN i % 1000 = 0 THEN 2 + :moves WHEN i % 10 = 0 THEN 4
                                               WHEN i % 5 = 0 THEN 1 ELSE 2 END) AS v (version)
    CROSS JOIN LATERAL (SELECT CASE WHEN version = 1 THEN 'push_made'
                                    WHEN i % 1000 = 0 THEN 'push_moved'
                                    WHEN version = 2 AND i % 10 = 0 THEN 'push_returned'
                                    WHEN version = 3 THEN 'push_moved' ELSE 'push_signed' END) AS t (type)
    CROSS JOIN LATERAL (SELECT t.type, CASE t.type WHEN 'push_made' THEN :push_made WHEN 'push_moved' THEN :push_moved
                                                   WHEN 'push_returned' THEN :push_returned ELSE :push_signed END)
        AS said (type, data)
    CROSS JOIN LATERAL (SELECT timestamptz '2024-01-01 04:00+00' + (i % :days + version) * interval '1 day') AS w (at)
"""


def measure(ground: Ground) -> Iterator[Figure]:
    """Ask a database that is filled once for all runs."""
    permits = PERMITS // 10 if ground.quick else PERMITS
    name = f"bench_responsible_{permits}"
    with ground.connect("postgres") as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if not there:
        ground.create(name, "template_supervision")
        fill(ground.url(name), permits)
    yield from run(ground.url(name), permits)


def fill(url: str, permits: int) -> None:
    """Fill the empty ledger of the migrated database at ``url`` with ``permits`` streams."""
    engine = open_engine(url, application="bench")
    entry = DutyAssigned(
        matter_code="000131003000", region_code="990100", level="*", lead=FIRST, lead_name="虚构第一监管局",
        co_departments=(OTHER,), valid_from=BEGAN,
    )  # fmt: skip
    take_duties(engine, [entry], {FIRST: "虚构第一监管局", OTHER: "虚构第二监管局"}, _noon(BEGAN))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
        given = {"permits": permits, "days": DAYS, "moves": MOVES}
        connection.execute(text(FILL), given | {name: said.decode() for name, said in _said().items()})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) ledger"))
    engine.dispose()


def _said() -> dict[str, bytes]:
    """Return what each type of event says, as it is recorded. The decision in a push weighs what a real one does."""
    (granted,) = decisions(1)
    decision = CarriedDecision(
        type=granted.type, schema_version=granted.schema, version=1, position=1, recorded_at=_noon(BEGAN),
        payload=orjson.loads(granted.data),
    )  # fmt: skip
    receivers = tuple(Receiver(department=c, role=r, push_number=1) for c, r in ((FIRST, Role.LEAD), (OTHER, Role.CO)))
    pushed: dict[str, Any] = {
        "decision": decision, "receivers": receivers, "duty": UUID(int=1), "duty_version": 1, "register_version": 1,
        "mode": "on_push",
    }  # fmt: skip
    about: dict[str, Any] = {"push_version": 1, "department": FIRST, "officer": "S-0417"}
    moved = pushed | {"reason": MoveReason.REASSIGNED, "receivers": receivers[::-1]}
    events = (
        PushMade(**pushed, reason="decision"),
        PushMoved(**moved, moved_push=1, since=_noon(BEGAN), effective=BEGAN, by="S-0001"),
        PushReturned(**about, reason=ReturnReason.MATTER),
        PushSigned(**about),
    )
    names = ("push_made", "push_moved", "push_returned", "push_signed")
    return {name: event.model_dump_json().encode() for name, event in zip(names, events, strict=True)}


def _noon(day: date) -> datetime:
    return datetime.combine(day, clock(4), UTC)


def run(url: str, permits: int) -> Iterator[Figure]:
    engine = open_engine(url, application="bench")
    chance = random.Random(7)
    asked = list(_asked(engine, permits, chance))
    names = {FIRST: "虚构第一监管局", OTHER: "虚构第二监管局"}
    took = []
    for permit, on, known_on in asked:
        began = time.perf_counter()
        with engine.connect() as connection:
            answer = responsibility(raw(connection), permit, on, known_on, names)
        took.append((time.perf_counter() - began) * 1000)
        assert answer is not None
    engine.dispose()
    yield _figure(f"who is responsible, {permits:,} permits", took[WARM:])
    paths = [f"/api/v1/permits/{permit}/responsible?on={on}&known_on={known}" for permit, on, known in asked]
    with asking(supervising, url) as line:
        yield _figure(f"the same through HTTP, {permits:,} permits", line.took(paths[: THROUGH_HTTP + WARM])[WARM:])


def _figure(name: str, took: list[float]) -> Figure:
    return Figure(f"{name}, p99", percentile(took, 0.99), "ms", note=f"p50 {percentile(took, 0.5):.1f} ms")


def _asked(engine: Engine, permits: int, chance: random.Random) -> Iterator[tuple[UUID, date, date]]:
    numbers = [chance.randint(1, permits) for _ in range(TIMES)]
    numbers = [number if place % 2 else number // 10 * 10 or 10 for place, number in enumerate(numbers)]
    with engine.connect() as connection:
        known = connection.scalars(
            text("SELECT md5('permit' || i)::uuid FROM unnest(cast(:numbers AS integer[])) WITH ORDINALITY AS g (i, n)"
                 " ORDER BY n"),
            {"numbers": numbers},
        )  # fmt: skip
        for permit in known:
            on = BEGAN + timedelta(days=chance.randrange(DAYS))
            yield permit, on, on + timedelta(days=chance.randrange(DAYS))

"""The same decisions, delivered in many ways to the same intake: what it makes of them, to be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from events import ledger
from events.database import connect
from events.envelope import Record
from events.log import Batch
from projections.watch_list_fold import COLUMNS
from services.approval.decision import Kind
from tests.invented import HEALTH_BUREAU, decision, duty
from tests.linkage import Linkage

PERMITS = 60
WINDOW = 200
_OF_THE_ORDER_ACROSS_PERMITS = {"push_number", "first_listed_at", "changed_at"}
_COMPARED = ", ".join(name for name in COLUMNS if name not in _OF_THE_ORDER_ACROSS_PERMITS)


@dataclass(frozen=True)
class Result:
    """Lists, pushes in order within each permit, placements, waiting decisions, and the push numbers by department."""

    lists: list[Any]
    pushes: list[Any]
    placements: list[Any]
    waiting: list[Any]
    numbers: list[Any]


def result(linkage: Linkage) -> Result:
    return Result(
        linkage.rows(f"SELECT {_COMPARED} FROM watch_list ORDER BY department, permit"),
        linkage.rows(
            """SELECT stream, version, type, causation, data::jsonb ->> 'reason', data::jsonb ->> 'left'
               FROM outbox WHERE causation IS NOT NULL ORDER BY stream, version"""
        ),
        linkage.rows("SELECT permit, lead, co_departments, push_version FROM placements ORDER BY permit"),
        linkage.rows("SELECT permit, reason FROM exceptions ORDER BY permit"),
        linkage.rows(
            """SELECT r ->> 'department', (r ->> 'push_number')::bigint AS number
               FROM outbox, jsonb_array_elements(data::jsonb -> 'receivers') AS r
               WHERE type = 'push_made' ORDER BY 1, 2"""
        ),
    )


def a_busy_month(linkage: Linkage, permits: int = PERMITS) -> list[Record]:
    """Record four decisions for each permit, on the approval side only, and return them as a log delivers them.

    A permit's lead changes with the second, and two of three wait for a duty after the third.
    """
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    for number in range(permits):
        matter = {"matter_code": "999999999999"} if number % 3 else {}
        linkage.submit(
            *(
                decision(kind, permit_number=f"N{number}", **changes)
                for kind, changes in (
                    (Kind.GRANT, {}),
                    (Kind.AMEND, {"region_code": "990103"}),
                    (Kind.AMEND, {"content": "准予从事冷食类食品制售", **matter}),
                    (Kind.REVOKE, {"reason": "处罚决定"}),
                )
            )
        )
    while linkage.number():
        pass
    with connect(linkage.approval_url, application="test") as connection:
        records = ledger.read(connection, "approval", 0, 1_000_000)
    assert len(records) == 4 * permits
    return records


def deliver(linkage: Linkage, records: Sequence[Record], chance: Random) -> Counter[str]:
    """Deliver ``records`` in batches cut at random, and return what became of them."""
    counts: Counter[str] = Counter()
    projector = linkage.intake()
    rest = list(records)
    while rest:
        size = chance.choice((1, 3, 20, 150))
        batch, rest = rest[:size], rest[size:]
        counts += projector.receive(Batch(batch, {})).counts
    return counts


def once_in_order(linkage: Linkage, chance: Random, permits: int = PERMITS) -> tuple[list[Record], Result]:
    """Return a busy month's records and what the intake makes of them, and let it forget that again."""
    records = a_busy_month(linkage, permits)
    deliver(linkage, records, chance)
    made = result(linkage)
    begin_anew(linkage)
    return records, made


def repeated(records: Iterable[Record], chance: Random, window: int = WINDOW) -> list[Record]:
    """Each one to five times, copies up to a window later, permits overtaking one another; then old ones once more."""
    reached: dict[object, float] = {}
    timed: list[tuple[float, Record]] = []
    for place, record in enumerate(records):
        first = max(reached.get(record.stream, 0.0), place + chance.random() * window)
        reached[record.stream] = first
        timed.append((first, record))
        timed += [(first + chance.random() * window, record) for _ in range(chance.randrange(5))]
    timed.sort(key=lambda one: one[0])
    return [record for _, record in timed] + chance.sample([record for _, record in timed], 200)


def shuffled(records: Iterable[Record], chance: Random, window: int = WINDOW) -> list[Record]:
    """Each once, anywhere within a window, also before an earlier one of its own permit."""
    return sorted(records, key=lambda record: record.position + chance.random() * window)


def begin_anew(linkage: Linkage) -> None:
    """Forget what the intake made so far; the duty list stays."""
    linkage.rows(
        "DELETE FROM streams WHERE stream IN (SELECT stream FROM outbox WHERE causation IS NOT NULL) RETURNING 1"
    )
    linkage.rows("DELETE FROM outbox WHERE causation IS NOT NULL RETURNING 1")
    for table in (
        "watch_list", "cases", "placements", "push_numbers", "exceptions", "seen_versions", "parked_streams",
        "parked_records",
    ):  # fmt: skip
        linkage.rows(f"DELETE FROM {table} RETURNING 1")


def believing_every_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the projector on purpose: whatever comes is the next of its stream."""
    monkeypatch.setattr(
        "projections.projector._seen",
        lambda _connection, _name, streams: {s: min(r.version for r in records) - 1 for s, records in streams.items()},
    )

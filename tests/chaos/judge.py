"""The judge: what the bureaus were told, against what ledgers, pushes and lists say. It asks the databases alone.

Every finding is one sentence that names what it is about. ``tests/test_chaos_judge.py`` plants each fault and sees it
named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import psycopg

from events import ledger
from events.catalogue import DECISIONS
from events.envelope import event_id
from projections.list_comparison import compare_lists
from tests.chaos.history import History


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind``: lost, invented, decided_twice, refused, odd_answer, order, gap, not_pushed, pushed_twice, push_order,
    push_number, list, told, chain, waiting, canary, live."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as the approval side recorded it. ``position`` is 0 while it waits to be numbered."""

    position: int
    permit: UUID
    version: int
    event: UUID
    mark: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push as the supervision side recorded it."""

    position: int
    permit: UUID
    push_version: int
    decision: UUID
    version: int
    body: str
    receivers: tuple[tuple[str, int], ...]
    left: tuple[str, ...]


def judge(
    history: History,
    approval: psycopg.Connection,
    supervision: psycopg.Connection,
    live: Mapping[str, tuple[Sequence[int], Sequence[tuple[int, int]]]] | None = None,
) -> list[Finding]:
    """Return everything that is not as it must be, once all has come to rest.

    ``live``: for a department, the ledger numbers that its officer saw, and what resets let him skip.
    """
    decided, pushed = list(_decided(approval)), list(_pushed(supervision))
    return [
        *_against_history(history, decided),
        *_order(decided),
        *_streams(approval, "approval"),
        *_streams(supervision, "supervision"),
        *_pushes(decided, pushed),
        *_push_numbers(pushed, supervision),
        *_told(approval, pushed),
        *_lists(supervision),
        *_chain(approval, "approval"),
        *_chain(supervision, "supervision"),
        *_waiting(approval, supervision),
        *_canaries(approval, supervision),
        *(found for department, saw in (live or {}).items() for found in _live(pushed, department, *saw)),
    ]


def _decided(approval: psycopg.Connection) -> Iterator[Decided]:
    rows = approval.execute(
        """SELECT position, stream, version, data FROM ledger WHERE type = ANY(%(decisions)s)
           UNION ALL SELECT 0, stream, version, data FROM outbox WHERE type = ANY(%(decisions)s) ORDER BY 2, 3""",
        {"decisions": sorted(DECISIONS)},
    )
    for position, stream, version, data in rows:
        yield Decided(position, stream, version, event_id("approval", stream, version), orjson.loads(data)["reason"])


def _pushed(supervision: psycopg.Connection) -> Iterator[Pushed]:
    rows = supervision.execute(
        """SELECT position, stream, version, causation, data FROM (
               SELECT position, stream, version, causation, type, data FROM ledger
               UNION ALL SELECT 0, stream, version, causation, type, data FROM outbox) AS said
           WHERE type = 'push_made' ORDER BY stream, version"""
    )
    for position, stream, version, causation, data in rows:
        said: dict[str, Any] = orjson.loads(data)
        receivers = tuple((one["department"], one["push_number"]) for one in said["receivers"])
        body = said["decision"]["payload"]["facts"]["deciding_body"]
        of = said["decision"]["version"]
        yield Pushed(position, stream, version, causation, of, body, receivers, tuple(said["left"]))


def _against_history(history: History, decided: Sequence[Decided]) -> Iterator[Finding]:
    recorded = {(one.permit, one.version): one for one in decided}
    for known in history.acknowledged.values():
        found = recorded.get((known.permit, known.version))
        if found is None or (found.event, found.mark) != (known.event, known.mark):
            yield Finding("lost", f"{known.mark} was acknowledged as {known.permit}@{known.version} and is not there")
    for mark, times in Counter(one.mark for one in decided).items():
        if times > 1:
            yield Finding("decided_twice", f"{mark} is recorded {times} times")
        if mark not in history.handed_in:
            yield Finding("invented", f"{mark} is recorded and nobody handed it in")
        if mark in history.refused:
            yield Finding("invented", f"{mark} is recorded although it was refused")
    for mark, rule in history.refused.items():
        yield Finding("refused", f"{mark} was refused by the rule {rule}, though it is allowed")
    yield from (Finding("odd_answer", said) for said in history.odd_answers)


def _order(decided: Iterable[Decided]) -> Iterator[Finding]:
    """The decisions of a permit stand in the order in which they were handed in, under rising numbers."""
    for before, after in pairwise(decided):
        if before.permit != after.permit:
            continue
        if before.mark >= after.mark:
            yield Finding("order", f"{after.mark} stands behind {before.mark} and was handed in before it")
        if after.position and before.position >= after.position:
            yield Finding("order", f"{before.permit}@{before.version} is numbered after its next version")


def _streams(connection: psycopg.Connection, side: str) -> Iterator[Finding]:
    rows = connection.execute(
        """SELECT s.stream, s.version, count(e.version), min(e.version), max(e.version) FROM streams s
           LEFT JOIN (SELECT stream, version FROM ledger UNION ALL SELECT stream, version FROM outbox) AS e
               USING (stream)
           GROUP BY s.stream, s.version
           HAVING count(e.version) <> s.version OR min(e.version) <> 1 OR max(e.version) <> s.version"""
    )
    for stream, version, count, *_ in rows:
        yield Finding("gap", f"{side}: stream {stream} stands at version {version} and has {count} events")


def _pushes(decided: Sequence[Decided], pushed: Sequence[Pushed]) -> Iterator[Finding]:
    times = Counter(one.decision for one in pushed)
    for one in decided:
        if times[one.event] == 0:
            yield Finding("not_pushed", f"{one.mark}, event {one.event}, was pushed to nobody")
        elif times[one.event] > 1:
            yield Finding("pushed_twice", f"{one.mark}, event {one.event}, was pushed {times[one.event]} times")
    for event in times.keys() - {one.event for one in decided}:
        yield Finding("invented", f"event {event} was pushed and is not in the approval ledger")
    for before, after in pairwise(pushed):
        if before.permit == after.permit and before.version >= after.version:
            yield Finding("push_order", f"{after.permit}@{after.version} was pushed after version {before.version}")


def _push_numbers(pushed: Iterable[Pushed], supervision: psycopg.Connection) -> Iterator[Finding]:
    numbers: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in pushed:
        for department, number in one.receivers:
            numbers[one.body, department].append(number)
    last = {(body, to): n for body, to, n in supervision.execute("SELECT body, department, last FROM push_numbers")}
    for key in numbers.keys() | last.keys():
        missing = sorted(set(range(1, last.get(key, 0) + 1)) - set(numbers[key]))
        if missing or len(numbers[key]) != last.get(key, 0):
            yield Finding(
                "push_number", f"{key[0]} to {key[1]}: {len(numbers[key])} of {last.get(key, 0)}, missing {missing[:5]}"
            )


def _told(approval: psycopg.Connection, pushed: Iterable[Pushed]) -> Iterator[Finding]:
    told = Counter(approval.execute("SELECT permit, permit_version, department, push_number FROM told").fetchall())
    made = Counter((one.permit, one.version, *receiver) for one in pushed for receiver in one.receivers)
    for permit, version, department, _ in told - made:
        yield Finding("told", f"{permit}@{version} is said to have reached {department} and did not, or not twice")
    for permit, version, department, _ in made - told:
        yield Finding("told", f"{permit}@{version} reached {department} and its bureau does not know")


def _lists(supervision: psycopg.Connection) -> Iterator[Finding]:
    for one in compare_lists(supervision, "supervision").differences:
        yield Finding("list", f"{one.wrong} rows of {one.department} are not what its pushes say")


def _chain(connection: psycopg.Connection, side: str) -> Iterator[Finding]:
    for fault in ledger.verify(connection, side):
        yield Finding("chain", f"{side}: {fault.kind} at {fault.position}")


def _waiting(approval: psycopg.Connection, supervision: psycopg.Connection) -> Iterator[Finding]:
    for side, connection in (("approval", approval), ("supervision", supervision)):
        for table in ("outbox", "parked_records"):
            row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            if row and row[0]:
                yield Finding("waiting", f"{side}: {row[0]} events still wait in {table}")


def _canaries(approval: psycopg.Connection, supervision: psycopg.Connection) -> Iterator[Finding]:
    for (canary,) in approval.execute("SELECT canary FROM canaries WHERE back_at IS NULL ORDER BY canary"):
        yield Finding("canary", f"canary {canary} did not come back")
    returned = "SELECT data FROM ledger WHERE type = 'canary_returned'"
    for canary, times in Counter(orjson.loads(data)["canary"] for (data,) in supervision.execute(returned)).items():
        if times > 1:
            yield Finding("canary", f"canary {canary} was sent back {times} times")


def _live(
    pushed: Iterable[Pushed], department: str, seen: Sequence[int], resets: Sequence[tuple[int, int]]
) -> Iterator[Finding]:
    """An officer saw every push of his department once, in order; what a reset told him to skip he need not have."""
    concerns = sorted(one.position for one in pushed if department in one.left or department in dict(one.receivers))
    skipped = {position for position in concerns if any(after < position <= head for after, head in resets)}
    if list(seen) != sorted(set(seen)):
        yield Finding("live", f"an officer of {department} saw pushes twice or out of order")
    for position in sorted(set(concerns) - skipped - set(seen))[:10]:
        yield Finding("live", f"an officer of {department} did not see the push {position}")

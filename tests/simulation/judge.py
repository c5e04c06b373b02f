"""The judge: what the bureaus were told, against what the ledger and the list say. It asks the database alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

from events import ledger
from tests.simulation.bureaus import stream_of
from tests.simulation.ground import path
from tests.simulation.lists import Row, expected, mark_of, rows_of
from tests.simulation.plan import EMBEDDED

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind``: lost, doubled, order, hole, digest, chain, head, list, ahead, parked, ended, stuck, not level."""

    kind: str
    what: str


Event = tuple[int, UUID, int, str]
"""Position, stream, version, mark."""


def level(world: World) -> bool:
    """Tell that everything that was asked for is acknowledged, numbered and listed."""
    control = world.ground.control
    if len(world.history.acknowledged) < len(world.plan.appends):
        return False
    waiting = control.execute("SELECT EXISTS (SELECT FROM approval.outbox)").fetchone()
    return not (waiting and waiting[0]) and _listed(world) == expected(event[1:] for event in _events(world))


def meanwhile(world: World) -> Iterator[Finding]:
    """Find what must never be, also while everything is in motion: a list that is not the beginning of the ledger, and
    a checkpoint beyond what was applied."""
    # The list first: what is numbered between the two is no fault.
    listed = _listed(world)
    yield from _lists(listed, expected(event[1:] for event in _events(world)))
    yield from _ahead(world)


def at_the_end(world: World, *, level: bool) -> list[Finding]:
    events = list(_events(world))
    return [
        *meanwhile(world),
        *_ledger(world),
        *_against_history(world, events),
        *_order(events),
        *([] if level else _not_level(world)),
    ]


def _events(world: World) -> list[Event]:
    rows = world.ground.control.execute(
        "SELECT position, stream, version, data FROM approval.ledger ORDER BY position"
    ).fetchall()
    return [(position, stream, version, mark_of(data.encode())) for position, stream, version, data in rows]


def _listed(world: World) -> dict[UUID, Row]:
    return rows_of(world.ground.control, "supervision.list")


def _lists(listed: dict[UUID, Row], full: object) -> Iterator[Finding]:
    assert isinstance(full, dict)
    for stream, row in listed.items():
        whole = full.get(stream, Row())
        versions = row.versions
        if versions != whole.versions[: len(versions)] or row.marks != whole.marks[: len(versions)]:
            yield Finding("list", f"{stream}: {row.versions} {row.marks} is not a beginning of {whole.marks}")
        elif len(versions) == len(whole.versions) and row.folded != whole.folded:
            yield Finding("list", f"{stream}: folded to something else")


def _ahead(world: World) -> Iterator[Finding]:
    """Versions that lie before a checkpoint of the log that is there now, and were neither applied nor parked."""
    if world.faults.struck["tail lost"]:
        return  # what is written where something else lay before was never read, and no cursor shows it
    control = world.ground.control
    rows = control.execute(
        "SELECT partition, cursor, topic FROM supervision.checkpoints WHERE reader = 'listing'"
    ).fetchall()
    seen = dict(control.execute("SELECT stream, version FROM supervision.seen_versions").fetchall())
    parked = {row[0] for row in control.execute("SELECT stream FROM supervision.parked_streams").fetchall()}
    for partition, cursor, topic in rows:
        for stream, version in _before(world, partition, cursor, topic):
            if version > seen.get(stream, 0) and stream not in parked:
                yield Finding("ahead", f"partition {partition} at {cursor}: {stream} {version} was not applied")


def _before(world: World, partition: int, cursor: int, topic: str) -> Iterable[tuple[UUID, int]]:
    if world.plan.log == EMBEDDED:
        rows = world.ground.control.execute(
            "SELECT stream, version FROM approval.ledger WHERE partition = %s AND position < %s", (partition, cursor)
        )
        return rows.fetchall()
    held = world.broker.topics["approval"]
    if topic != str(held.number):
        return ()
    return [(record.stream, record.version) for record in held.partitions[partition][:cursor]]


def _ledger(world: World) -> Iterator[Finding]:
    world.ground.control.execute(f"SET search_path = {path('approval')}")
    for fault in ledger.verify(world.ground.control, "approval"):
        yield Finding(fault.kind, f"ledger position {fault.position}")


def _against_history(world: World, events: list[Event]) -> Iterator[Finding]:
    waiting = world.ground.control.execute("SELECT stream, data FROM approval.outbox").fetchall()
    there = Counter((stream, mark) for _, stream, _, mark in events)
    there.update((stream, mark_of(data.encode())) for stream, data in waiting)
    for mark in world.history.acknowledged:
        for number in world.plan.appends[int(mark)].streams:
            if not there[stream_of(number), mark]:
                yield Finding("lost", f"{mark} of stream {number} was acknowledged and is nowhere")
    for (stream, mark), times in there.items():
        if times > 1:
            yield Finding("doubled", f"{mark} stands {times} times in {stream}")
    yield from _real_time_order(world, events)


def _real_time_order(world: World, events: list[Event]) -> Iterator[Finding]:
    """Find what was acknowledged before another was begun, and stands behind it in their stream."""
    begun, told = world.history.begun, world.history.acknowledged
    last: dict[UUID, list[str]] = {}
    for _, stream, _, mark in events:
        before = last.setdefault(stream, [])
        if any(mark in told and other in begun and told[mark] < begun[other] for other in before):
            yield Finding("order", f"{mark} was acknowledged before others of {stream} were begun, and follows them")
        before.append(mark)


def _order(events: list[Event]) -> Iterator[Finding]:
    streams: dict[UUID, list[int]] = {}
    for _, stream, version, _ in events:
        streams.setdefault(stream, [0]).append(version)
    for stream, versions in streams.items():
        if any(after != before + 1 for before, after in pairwise(versions)):
            yield Finding("order", f"{stream}: versions {versions[1:]} in the order of the ledger")


def _not_level(world: World) -> Iterator[Finding]:
    asked, told = len(world.plan.appends), len(world.history.acknowledged)
    full = expected(event[1:] for event in _events(world))
    listed = _listed(world)
    behind = {str(s): row.versions for s, row in listed.items() if row != full.get(s)}
    missing = [str(stream) for stream in full if stream not in listed]
    parked = world.ground.control.execute("SELECT stream, reason FROM supervision.parked_streams").fetchall()
    what = f"{told} of {asked} acknowledged; behind {behind}; not listed {missing}; parked {parked}"
    yield Finding("not level", what)

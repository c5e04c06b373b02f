"""The intake: a batch of decisions is routed by the duty list, recorded as pushes, and stands in the lists: one hop.

All of it is one transaction of the supervision database, with the bookmark. A route is decided once and recorded; no
list ever looks a duty up, so a rebuild cannot change who is responsible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import psycopg

from events import columns, store
from events.approval import Decided
from events.catalogue import CATALOGUE, DECISIONS, UnknownType, decode
from events.envelope import NewEvent, Record, canonical
from events.store import Lane
from events.supervision import Role
from projections.watch_list_fold import Changes
from services.supervision import waiting
from services.supervision.carrying import carried_json
from services.supervision.duty_list import Duty, Register, Uncovered
from services.supervision.duty_register import read_register, register_version

SOURCE = "supervision"
NAME = "intake"
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a permit stands: its lead, its co-departments, and the version of the push that put it there."""

    lead: str
    co_departments: tuple[str, ...]
    push_version: int

    @property
    def departments(self) -> Mapping[str, Role]:
        return _roles(self.lead, self.co_departments)


@dataclass(slots=True)
class Push:
    """A push that is decided and not numbered yet."""

    stream: UUID
    version: int
    record: Record
    decided: Decided
    departments: Mapping[str, Role]
    left: tuple[str, ...]
    duty: Duty | None
    reason: str


class Reached(NamedTuple):
    """A department that a push reaches, with its number: ``events.supervision.Receiver`` without the checks."""

    department: str
    role: Role
    push_number: int


@dataclass(slots=True)
class IntakeUnit:
    """The routing of one batch. Nothing is numbered or written before ``write``."""

    register: Register
    now: datetime
    owner: str
    placements: dict[UUID, Placement]
    versions: dict[UUID, int]
    pushes: list[Push] = field(default_factory=list)
    raised: list[waiting.Raised] = field(default_factory=list)
    resolved: set[UUID] = field(default_factory=set)
    reason: str = "decision"

    @property
    def day(self) -> date:
        """The day that the route is decided for: today in China, because it is today that somebody must watch."""
        return self.now.astimezone(CHINA).date()

    def apply(self, record: Record) -> None:
        """Route one decision. Other events of the approval side concern no watch list."""
        if record.type not in DECISIONS:
            if record.type not in CATALOGUE:
                raise UnknownType(record.type)
            return
        decided = decode(record.type, record.schema, record.data)
        assert isinstance(decided, Decided)
        facts = decided.facts
        answer = self.register.route(facts.matter_code, facts.region_code, facts.level.value, self.day)
        before = self.placements.get(record.stream)
        if isinstance(answer, Uncovered):
            self._wait(record, decided, answer)
            if before is not None:
                # While nobody new is named, those who had it stay responsible and must learn of the decision.
                self._push(record, decided, before.departments, (), None, "no_duty_kept")
            return
        departments = _roles(answer.content.lead, answer.content.co_departments)
        left = () if before is None else tuple(sorted(before.departments.keys() - departments.keys()))
        self._push(record, decided, departments, left, answer, self.reason)
        self.resolved.add(record.stream)

    def _next(self, stream: UUID) -> int:
        self.versions[stream] = self.versions.get(stream, 0) + 1
        return self.versions[stream]

    def _push(
        self,
        record: Record,
        decided: Decided,
        departments: Mapping[str, Role],
        left: tuple[str, ...],
        duty: Duty | None,
        reason: str,
    ) -> None:
        version = self._next(record.stream)
        self.pushes.append(Push(record.stream, version, record, decided, departments, left, duty, reason))
        lead, *others = departments
        self.placements[record.stream] = Placement(lead, tuple(others), version)

    def _wait(self, record: Record, decided: Decided, reason: Uncovered) -> None:
        version = self._next(record.stream)
        self.raised.append(waiting.Raised(record, decided, reason, self.owner, version, self.register.version))
        self.resolved.discard(record.stream)

    def write(self, connection: psycopg.Connection) -> None:
        """Number the pushes, record them, and write lists, placements and exception queue."""
        if not self.pushes and not self.raised:
            return
        numbers = _take_push_numbers(connection, self.pushes)
        receivers = [_reached(push, numbers) for push in self.pushes]
        events = [self._event(push, got) for push, got in zip(self.pushes, receivers, strict=True)]
        events += [waiting.event(raised, self.now) for raised in self.raised]
        events.sort(key=lambda event: (event.stream.int, event.version))
        bulk = all(push.decided.batch is not None for push in self.pushes)
        recorded_at = store.append(connection, SOURCE, events, lane=Lane.BULK if bulk else Lane.LIVE)
        changes = Changes()
        for push, got in zip(self.pushes, receivers, strict=True):
            changes.push(push.stream, push.version, push.record, push.decided, got, push.left, recorded_at)
        changes.write(connection)
        moved = {push.stream for push in self.pushes}
        _write_placements(connection, {stream: self.placements[stream] for stream in moved})
        waiting.write(connection, self.raised, self.resolved, recorded_at)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        for push in self.pushes:
            for department in push.departments:
                yield department, push.record.recorded_at

    def _event(self, push: Push, receivers: Sequence[Reached]) -> NewEvent:
        duty = push.duty
        data: dict[str, Any] = {
            "decision": carried_json(push.record),
            "receivers": [receiver._asdict() for receiver in receivers],
            "left": push.left,
            "duty": str(duty.id) if duty else None,
            "duty_version": duty.version if duty else None,
            "register_version": self.register.version,
            "mode": duty.content.mode.value if duty else None,
            "claim_limit_days": duty.content.claim_limit_days if duty else None,
            "opening_stock": push.decided.opening_stock,
            "reason": push.reason,
        }
        return NewEvent(
            stream=push.stream,
            version=push.version,
            type="push_made",
            schema=CATALOGUE["push_made"].version,
            occurred_at=self.now,
            data=canonical(data),
            personal=push.record.personal,
            correlation=push.record.correlation,
            causation=push.record.id,
        )


class Intake:
    """The projection of approval's decisions into pushes and watch lists."""

    name = NAME

    def __init__(self, owner: str, clock: Callable[[], datetime]) -> None:
        self.owner = owner
        self.clock = clock
        self._register = Register(-1)

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> IntakeUnit:
        """Load what routing needs. The register's row is share-locked: a new duty list waits for this batch to end."""
        version = register_version(connection, lock=True)
        if version != self._register.version:
            self._register = read_register(connection)
        return IntakeUnit(
            register=self._register,
            now=self.clock(),
            owner=self.owner,
            placements=_placements(connection, streams),
            versions=_versions(connection, streams),
        )

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        """Route what waits in the exception queue again, once for each version of the duty list.

        Returns how many waiting decisions were looked at. The caller holds the lease's rows.
        """
        version = register_version(connection, lock=True)
        records = waiting.due(connection, version, partitions)
        if not records:
            return 0
        unit = self.open(connection, [record.stream for record in records])
        unit.reason = "duty_found"
        still: list[UUID] = []
        for record in records:
            facts = orjson.loads(record.data)["facts"]
            asked = (facts["matter_code"], facts["region_code"], facts["level"], unit.day)
            if isinstance(unit.register.route(*asked), Uncovered):
                still.append(record.stream)
            else:
                unit.apply(record)
        unit.write(connection)
        waiting.looked_at(connection, still, version)
        return len(records)


@lru_cache(maxsize=10_000)
def _roles(lead: str, co_departments: tuple[str, ...]) -> Mapping[str, Role]:
    """Return what each department is to the permit, the lead first. There are few different answers: they are kept."""
    return MappingProxyType({lead: Role.LEAD} | {code: Role.CO for code in co_departments if code != lead})


def _reached(push: Push, numbers: dict[tuple[str, str], int]) -> list[Reached]:
    body = push.decided.facts.deciding_body
    got = []
    for department, role in push.departments.items():
        numbers[body, department] += 1
        got.append(Reached(department, role, numbers[body, department]))
    return got


def _take_push_numbers(connection: psycopg.Connection, pushes: Sequence[Push]) -> dict[tuple[str, str], int]:
    """Reserve the next numbers of each (deciding body, department) and return the last one before them."""
    wanted = Counter((push.decided.facts.deciding_body, code) for push in pushes for code in push.departments)
    keys = sorted(wanted)
    rows = connection.execute(
        """INSERT INTO push_numbers AS n (body, department, last)
           SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])
           ON CONFLICT (body, department) DO UPDATE SET last = n.last + excluded.last
           RETURNING body, department, last""",
        (
            columns.texts(key[0] for key in keys),
            columns.texts(key[1] for key in keys),
            columns.bigints(wanted[key] for key in keys),
        ),
    )
    return {(body, department): last - wanted[body, department] for body, department, last in rows}


def _placements(connection: psycopg.Connection, streams: Sequence[UUID]) -> dict[UUID, Placement]:
    rows = connection.execute(
        "SELECT permit, lead, co_departments, push_version FROM placements WHERE permit = ANY(%s)",
        (columns.uuids(streams),),
    )
    return {row[0]: Placement(row[1], tuple(row[2]), row[3]) for row in rows}


def _versions(connection: psycopg.Connection, streams: Sequence[UUID]) -> dict[UUID, int]:
    rows = connection.execute("SELECT stream, version FROM streams WHERE stream = ANY(%s)", (columns.uuids(streams),))
    return dict(rows.fetchall())


def _write_placements(connection: psycopg.Connection, placements: Mapping[UUID, Placement]) -> None:
    streams = sorted(placements, key=lambda stream: stream.int)
    connection.execute(
        """INSERT INTO placements (permit, lead, co_departments, push_version)
           SELECT p, l, string_to_array(c, ','), v FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::integer[])
               AS t (p, l, c, v)
           ON CONFLICT (permit) DO UPDATE SET
               lead = excluded.lead, co_departments = excluded.co_departments, push_version = excluded.push_version""",
        (
            columns.uuids(streams),
            columns.texts(placements[s].lead for s in streams),
            columns.texts(",".join(placements[s].co_departments) for s in streams),
            columns.integers(placements[s].push_version for s in streams),
        ),
    )
